//! How fast a writer is that has gone past a guard.

use std::time::Instant;

use benches::slice::Pace;
use benches::stamped;
use benches::stats::Quartiles;
use benches::stream::Stream;
use evmap_core::FenceMode;
use serde::Serialize;

use super::guard::HeldGuard;
use super::map::Map;
use super::{ENTRIES, ms};
use crate::case::{Case, Heading};
use crate::name;
use crate::plan::Plan;
use crate::report::count;

/// The name of the table.
pub const CASE: &str = "rate";
/// The row of writers that meet no guard.
pub const UNHELD: &str = "no guard";
/// The row of writers that have gone past one.
pub const HELD: &str = "guard held";

const MAPS: [&str; 3] = [name::OURS_SEQ_CST, name::OURS_AUTO, "SharedMap"];
/// How each goes past a guard.
const HOW: [&str; 3] = [
    "rebuild and refresh",
    "rebuild and refresh",
    "one write, which waits for the stall limit first",
];
const REFRESHES: usize = 10_000;
/// This many times as many before the clock starts: a writer that has just cloned a map has all of it in the
/// processor's caches, and would be faster for that than one that meets no guard.
const WARM_UP: usize = 5;

/// How long it takes to go past a guard, once.
#[derive(Serialize)]
pub struct Past {
    pub map: &'static str,
    /// By what.
    pub how: &'static str,
    /// In milliseconds, of all rounds.
    pub ms: Quartiles,
}

struct Contender {
    name: &'static str,
    has_guard: bool,
    /// By condition.
    maps: [Map; 3],
}

impl Contender {
    fn new(name: &'static str, has_guard: bool) -> Self {
        Contender {
            name,
            has_guard,
            maps: [
                Map::one(FenceMode::SeqCst),
                Map::one(FenceMode::Auto),
                Map::shared(),
            ],
        }
    }

    /// Nanoseconds for each refresh, and milliseconds for going past the guard.
    fn slice(&mut self, condition: usize, pace: Pace, stream: &Stream) -> (f64, Option<f64>) {
        let map = &mut self.maps[condition];
        let reader = map.reader();
        let mut pieces = stream.pieces(REFRESHES, pace.seed);
        let mut next = || pieces.next().expect("the stream has no end");
        let stamp = pace.seed as u64 + 1;

        let guard = self.has_guard.then(|| HeldGuard::take(map.reader()));
        let past = guard.is_some().then(|| ms(map.go_past()));
        for _ in 0..WARM_UP {
            map.write(next(), stamp);
        }
        let keys = next();
        let begin = Instant::now();
        map.write(keys, stamp);
        let time = begin.elapsed();

        for &key in keys {
            let key = u64::from(key);
            let found = reader.get_cloned(&key);
            assert_eq!(
                found,
                Some(stamped(key, stamp)),
                "{} lost a write",
                self.name
            );
        }
        if let Some(guard) = guard {
            guard.release();
        }
        (time.as_nanos() as f64 / REFRESHES as f64, past)
    }
}

/// Each kind of map without a guard, once more without, and with one that is held.
///
/// A new guard in each round, which the map then has to go past anew.
pub fn measure(plan: &Plan) -> (Case, Vec<Past>) {
    let stream = Stream::for_pieces(ENTRIES, REFRESHES);
    let mut times = MAPS.map(|_| Vec::new());
    let names = [UNHELD, name::CONTROL, HELD];
    let samples = plan.run(
        MAPS.len(),
        || names.map(|name| Contender::new(name, name == HELD)).into(),
        |contender, condition, pace| {
            let (ns, past) = contender.slice(condition, pace, &stream);
            times[condition].extend(past);
            ns.into()
        },
    );
    let heading = Heading {
        operation: name::STALL,
        case: CASE.to_string(),
        title: format!(
            "{} refreshes of one upsert each, {} keys, past a guard that is held forever",
            count(REFRESHES),
            count(ENTRIES)
        ),
        base: UNHELD,
        ours: HELD,
        conditions: MAPS.map(String::from).to_vec(),
    };
    let case = Case::new(heading, samples.rows(&names, HELD, false));
    let each = MAPS.into_iter().zip(HOW).zip(&times);
    let past = each.map(|((map, how), times)| Past {
        map,
        how,
        ms: Quartiles::of(times),
    });
    (case, past.collect())
}
