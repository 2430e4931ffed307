//! `compare stall`: what a guard costs that is held forever.
//!
//! Readers go on in any case; these are the figures of a writer that has gone past the guard. What others do meanwhile
//! is in [`blocked`], and what crates.io's left-right does in [`peer`].

use std::time::{Duration, Instant};

use evmap_core::{FenceMode, ReadHandle, SharedMap, SwapError};

use super::guard::{LABEL, while_held};
use super::{Workload, blocked, peer};
use crate::contenders::{AUTO, Hasher, SEQ_CST, Write, ours, shared_map};
use crate::keys::{Number, Order, draw, pieces, value_of};
use crate::paired::{CONTROL, Case, Figure, Head, Pace, Plan, count};

/// Of the tables.
pub const NAME: &str = "stall";
/// Of the first of them.
pub const RATE: &str = "rate";
/// The row of writers that meet no guard.
pub const UNHELD: &str = "no guard";
/// The row of writers that have gone past one.
pub const HELD: &str = "guard held";

/// Keys in the map.
const ENTRIES: usize = 100_000;
const REFRESHES: usize = 10_000;
/// This many times as many before the clock starts: a writer that has just cloned a map has all of it in the
/// processor's caches, and would be faster for that than one that meets no guard.
const WARM_UP: usize = 5;
/// How long the first refresh that meets a guard waits for it.
const PATIENCE: Duration = Duration::from_millis(1);
/// Writes within which a `SharedMap` goes past a guard: the second of them meets it.
const FEW: u64 = 5;

/// Takes no arguments.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Args {}

/// Either kind of map, filled.
enum Map {
    /// With one writer, which has to go past the guard itself.
    One(Box<ours::Writer<Number>>),
    /// With any number of them, which goes past it by itself.
    Shared(shared_map::Handle),
}

impl Workload for Args {
    fn measure(&self, plan: &Plan, show: &mut dyn FnMut(Case)) {
        show(rates(plan));
        blocked::measure(NAME, plan, show);
        show(peer::watch(NAME));
    }
}

/// Each kind of map without a guard, once more without, and with one that is held.
///
/// A new guard in each round, which the map then has to go past anew.
fn rates(plan: &Plan) -> Case {
    let keys = draw(ENTRIES, REFRESHES, Order::Uniform);
    let maps = || {
        [
            Map::one(FenceMode::SeqCst),
            Map::one(FenceMode::Auto),
            Map::shared(),
        ]
    };
    let build = || {
        [UNHELD, CONTROL, HELD]
            .map(|name| (name, (name == HELD, maps())))
            .into()
    };
    let samples = plan.run(3, build, |(is_held, maps), step, pace| {
        [maps[step].slice(*is_held, &keys, pace)]
    });
    let head = Head::new(
        format!("{NAME}/{RATE}"),
        format!(
            "{} refreshes of one upsert each, {} keys, past a guard that is held forever",
            count(REFRESHES),
            count(ENTRIES)
        ),
        [UNHELD, HELD],
        [SEQ_CST.name, AUTO.name, "SharedMap"],
    );
    let note = "past: milliseconds to go past the guard, once: a rebuild and a refresh, or one write of a SharedMap, which \
         waits for the stall limit first"
            .to_string();
    Case::new(head, samples).note(note)
}

impl Map {
    fn one(mode: FenceMode) -> Self {
        let (mut writer, _) = ours::pair(&Hasher::default(), mode);
        writer.upsert_to(ENTRIES, ENTRIES);
        Map::One(Box::new(writer))
    }

    fn shared() -> Self {
        Map::Shared(shared_map::of(ENTRIES, &Hasher::default(), FenceMode::Auto))
    }

    fn reader(&self) -> ReadHandle<u64, u64, Hasher> {
        match self {
            Map::One(writer) => writer.0.read_handle(),
            Map::Shared(map) => map.0.read_handle(),
        }
    }

    fn slice(&mut self, is_held: bool, keys: &[u32], pace: Pace) -> Figure {
        if is_held {
            while_held(self.reader(), || {
                let past = self.go_past().as_secs_f64() * 1_000.0;
                let also = vec![("past".to_string(), past)];
                Figure {
                    also,
                    ..self.refreshes(keys, pace)
                }
            })
        } else {
            self.refreshes(keys, pace)
        }
    }

    /// Nanoseconds for each.
    fn refreshes(&mut self, keys: &[u32], pace: Pace) -> Figure {
        let (reader, stamp) = (self.reader(), pace.seed as u64 + 1);
        let mut pieces = pieces(keys.len(), REFRESHES, pace.seed);
        let mut next = || &keys[pieces.next().expect("pieces without end")];
        let writer: &mut dyn Write<Number> = match self {
            Map::One(writer) => &mut **writer,
            Map::Shared(map) => map,
        };
        for _ in 0..WARM_UP {
            writer.upsert(next(), stamp, 1);
        }
        let keys = next();
        let begin = Instant::now();
        writer.upsert(keys, stamp, 1);
        let time = begin.elapsed();
        for key in keys.iter().map(|&key| u64::from(key)) {
            assert_eq!(
                reader.get_cloned(&key),
                Some(value_of(key, stamp)),
                "a write was lost"
            );
        }
        Figure::from(time.as_nanos() as f64 / REFRESHES as f64)
    }

    /// Goes past the one guard that is held, for good. Returns how long that took, by itself.
    ///
    /// # Panics
    /// If the guard is not in the way, or is not named.
    fn go_past(&mut self) -> Duration {
        match self {
            Map::One(writer) => rebuild_past(writer),
            Map::Shared(map) => write_past(&map.0),
        }
    }
}

fn rebuild_past(ours::Writer(writer): &mut ours::Writer<Number>) -> Duration {
    writer.insert(0, 0);
    // Swaps out the copy that the guard is in; the next one meets it.
    writer.refresh();
    writer.insert(0, 1);
    match writer.refresh_timeout(PATIENCE) {
        Err(SwapError::Busy(busy)) => {
            let labels: Vec<_> = busy
                .readers()
                .iter()
                .map(|reader| reader.label.as_deref())
                .collect();
            assert_eq!(labels, [Some(LABEL)], "the reader is not named");
        }
        other => panic!("a refresh did not meet the guard: {other:?}"),
    }
    let begin = Instant::now();
    writer.rebuild().expect("one copy may be set aside");
    writer.refresh();
    begin.elapsed()
}

fn write_past(map: &SharedMap<u64, u64, Hasher>) -> Duration {
    let before = map.stats().rebuilds;
    for value in 0..FEW {
        let begin = Instant::now();
        map.insert(0, value);
        if map.stats().rebuilds > before {
            return begin.elapsed();
        }
    }
    panic!("{FEW} writes did not meet the guard");
}
