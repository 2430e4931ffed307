//! Inserts that readers may see a little later: within a millisecond.
//!
//! Half of the keys are new, so a table would grow from slice to slice.
//! Instead each slice begins with the same map, which is emptied and filled before the clock starts,
//! and has had capacity for all keys since it was built; each key is inserted once.
//! What is deferred is part of the bill: the clock stops when all of it is visible.
//! Processor time is counted until the other copy has everything, too, where there are two.

use std::sync::Arc;
use std::time::Duration;

use benches::contender::{
    Hasher, dashmap, evmap_mutex, papaya, rwlock, scc as scc_map, shared_map,
};
use benches::cpu::Spent;
use benches::shared_slice::{Starts, Work, together};
use benches::slice::Pace;
use benches::stream::SplitMix;

use super::{Contender, ENTRIES, Many, figure};
use crate::case::{Case, Figure, Heading};
use crate::name;
use crate::report::count;

/// The name of the table.
pub const CASE: &str = "deferred";
/// What the ratios are to.
const BASE: &str = name::DASHMAP;
/// The contender that the others are compared with.
pub const OURS: &str = "ours, 1 ms";

/// Within which ours publishes, and evmap's writer.
const TIME: Duration = Duration::from_millis(1);
/// Keys inserted in each slice: those that are there, and as many new ones.
const INSERTS: usize = 2 * ENTRIES;

impl Many {
    /// Inserts of new and old keys, published together.
    pub fn deferred(&self) -> Case {
        let mut keys: Vec<_> = (0..INSERTS as u32).collect();
        SplitMix(1).shuffle(&mut keys);
        let keys: Arc<[u32]> = keys.into();
        let mut names = Vec::new();
        let samples = self.plan.run(
            self.threads.len(),
            || {
                let built = self.deferred_contenders();
                names = built.iter().map(|contender| contender.name).collect();
                built
            },
            |contender, condition, pace| {
                self.deferred_slice(contender, self.threads[condition], pace, &keys)
            },
        );
        Case::new(
            Heading {
                operation: name::MANY,
                case: CASE.to_string(),
                title: format!(
                    "{} inserts into {} keys, half of them new, visible within {TIME:?}",
                    count(INSERTS),
                    count(ENTRIES)
                ),
                base: BASE,
                ours: "ours",
                conditions: self.conditions(),
            },
            samples.rows(&names, OURS, false),
        )
    }

    /// All are built with capacity for all keys.
    fn deferred_contenders(&self) -> Vec<Contender> {
        let hasher = &Hasher::default();
        let parking_lot = rwlock::parking_lot_pair(INSERTS, hasher).0;
        let evmap = evmap_mutex::every(TIME, INSERTS, hasher);
        vec![
            self.contender(BASE, dashmap::pair(INSERTS, hasher).0),
            self.contender(name::CONTROL, dashmap::pair(INSERTS, hasher).0),
            self.contender(OURS, shared_map::within(TIME, INSERTS, hasher)),
            self.contender("Mutex<evmap>, 1 ms", evmap),
            self.contender(name::PAPAYA, papaya::pair(INSERTS, hasher).0),
            self.contender(name::SCC, scc_map::pair(INSERTS, hasher).0),
            self.contender(name::PARKING_LOT, parking_lot),
        ]
    }

    fn deferred_slice(
        &self,
        contender: &mut Contender,
        threads: usize,
        pace: Pace,
        keys: &Arc<[u32]>,
    ) -> Figure {
        contender.own.refill(ENTRIES, self.next_stamp());
        let (stamp, before) = (self.next_stamp(), contender.own.tally());
        let (shared, starts) = (Arc::clone(keys), Starts::of(threads));
        let works = self
            .pool
            .run(&mut contender.writers[..threads], move |number, writer| {
                // Not always the same keys for the same thread.
                let part = (number + pace.seed) % threads;
                let parts = shared.chunks(INSERTS.div_ceil(threads));
                writer.insert(parts.into_iter().nth(part).unwrap_or(&[]), stamp, &starts)
            });
        let (work, after) = (together(works), contender.own.tally());
        contender.own.settle();
        let spent = work.spent.and_then(Spent::until_now);
        let missing = contender.own.missing(keys, stamp);
        assert_eq!(missing, None, "{} lost a write", contender.name);
        figure(Work { spent, ..work }, before, after)
    }
}
