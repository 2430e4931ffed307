//! Writes that every later read shows as soon as they return.
//!
//! Half of them are inserts, and half compute the new value in a closure that is shown the old one.
//!
//! The base is evmap behind a mutex, published with each write: what SharedMap would be without
//! groups. `Mutex<ours>` is the plain writer behind a mutex: what SharedMap has to be worth.

use std::sync::Arc;

use benches::contender::{
    Hasher, dashmap, evmap_mutex, ours_mutex, papaya, rwlock, scc as scc_map, shared_map,
};
use benches::shared_slice::{Starts, Written, together};
use benches::slice::Pace;
use evmap_core::FenceMode;

use super::{Contender, ENTRIES, Many, figure};
use crate::case::{Case, Figure, Heading};
use crate::name;
use crate::report::count;

/// The name of the table.
pub const CASE: &str = "visible";
/// What the ratios are to.
pub const BASE: &str = "Mutex<evmap>";
/// The plain writer behind a mutex.
pub const MUTEX: &str = "Mutex<ours>";
/// The contender that the others are compared with.
pub const OURS: &str = name::OURS_AUTO;

impl Many {
    /// Inserts and computes, each visible on return.
    pub fn visible(&self) -> Case {
        let mut names = Vec::new();
        let samples = self.plan.run(
            self.threads.len(),
            || {
                let built = self.visible_contenders();
                names = built.iter().map(|contender| contender.name).collect();
                built
            },
            |contender, condition, pace| {
                self.visible_slice(contender, self.threads[condition], pace)
            },
        );
        Case::new(
            Heading {
                operation: name::MANY,
                case: CASE.to_string(),
                title: format!(
                    "inserts and computes by turns, {} keys, each visible on return; slices of {:?}",
                    count(ENTRIES),
                    self.plan.slice
                ),
                base: BASE,
                ours: "ours",
                conditions: self.conditions(),
            },
            samples.rows(&names, OURS, false),
        )
    }

    fn visible_contenders(&self) -> Vec<Contender> {
        let hasher = &Hasher::default();
        let ours = |mode| shared_map::at_once(ENTRIES, hasher, mode);
        let behind_mutex = ours_mutex::at_once(ENTRIES, hasher, FenceMode::Auto);
        let parking_lot = rwlock::parking_lot_pair(ENTRIES, hasher).0;
        vec![
            self.contender(BASE, evmap_mutex::at_once(ENTRIES, hasher)),
            self.contender(name::CONTROL, evmap_mutex::at_once(ENTRIES, hasher)),
            self.contender(OURS, ours(FenceMode::Auto)),
            self.contender(MUTEX, behind_mutex),
            self.contender(name::OURS_MEMBARRIER, ours(FenceMode::Membarrier)),
            self.contender(name::OURS_SEQ_CST, ours(FenceMode::SeqCst)),
            self.contender(name::DASHMAP, dashmap::pair(ENTRIES, hasher).0),
            self.contender(name::PAPAYA, papaya::pair(ENTRIES, hasher).0),
            self.contender(name::SCC, scc_map::pair(ENTRIES, hasher).0),
            self.contender(name::PARKING_LOT, parking_lot),
        ]
    }

    fn visible_slice(&self, contender: &mut Contender, threads: usize, pace: Pace) -> Figure {
        let (stamp, before) = (self.next_stamp(), contender.own.tally());
        let (stream, starts) = (Arc::clone(&self.stream), Starts::of(threads));
        let written = self.pool.run(
            &mut contender.writers[..threads],
            move |number, writer| -> Written {
                // Each thread has another part of the stream.
                let seed = pace.seed + 1_000 * number;
                writer.write(&stream, Pace { seed, ..pace }, stamp, &starts)
            },
        );
        for one in &written {
            // Each thread has looked itself; this is another one.
            let missing = contender.own.missing(&one.last, stamp);
            assert_eq!(missing, None, "{} lost a write", contender.name);
        }
        let work = together(written.into_iter().map(|one| one.work));
        figure(work, before, contender.own.tally())
    }
}
