//! Every piece of user code panics at its n-th call, in every kind of write, on every engine.
//!
//! After each panic: nothing hangs, a write is made completely or not at all, nothing is dropped inside a write,
//! everything is dropped once, and the figures are correct.

#[path = "../operations/mod.rs"]
mod operations;

mod world;
mod writes;

use std::any::{Any, TypeId};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use evmap_core::SharedMap;
use evmap_core::table::{Incremental, RobinHood, SharedEngine, Swiss};

use world::{Key, PLACES, Place, Plan, Value, World};
use writes::{Map, OWN, TestWrite, writes};

/// Far longer than any case takes, so that a case fails instead of hanging.
const FAR: Duration = Duration::from_secs(60);

#[test]
fn swiss() {
    try_all::<Swiss>();
}

#[test]
fn incremental() {
    try_all::<Incremental>();
}

#[test]
fn robin_hood() {
    try_all::<RobinHood>();
}

/// The state of the map when a write begins.
#[derive(Clone, Copy, Debug)]
struct Setting {
    /// 128 buckets have a capacity of 112 entries, of which another thread has written two.
    entries: u32,
    is_deferred: bool,
    /// Whether the writing thread has a view that the map has to go past.
    has_view: bool,
}

fn settings() -> impl Iterator<Item = Setting> {
    [110, 113].into_iter().flat_map(|entries| {
        [(false, false), (false, true), (true, false), (true, true)].map(
            |(is_deferred, has_view)| Setting {
                entries,
                is_deferred,
                has_view,
            },
        )
    })
}

/// Plans for each place, with and without a bomb. Each list begins with the panics that come first: once one is not met,
/// those after it are not met either.
fn plans() -> impl Iterator<Item = [Plan; 5]> {
    PLACES.into_iter().flat_map(|place| {
        [false, true].map(|has_bomb| {
            [0, 1, 2, 5, 30].map(|after| Plan {
                place,
                after,
                has_bomb,
            })
        })
    })
}

/// A panic that never comes.
const NONE: Plan = Plan {
    place: Place::Closure,
    after: u32::MAX,
    has_bomb: false,
};

fn try_all<E: SharedEngine<Key, Value>>() {
    let (reports, reported) = mpsc::channel();
    let cases = thread::spawn(move || {
        let mut met = 0;
        for (name, write) in writes::<E>() {
            for setting in settings() {
                let without = case(&write, setting, NONE);
                assert_eq!(without.outcome.is_err(), name == "recovery");
                for plans in plans() {
                    met += plans
                        .into_iter()
                        .take_while(|&plan| {
                            reports
                                .send((name.clone(), setting, plan))
                                .expect("the receiver exists");
                            let with = case(&write, setting, plan);
                            with.check(&without, plan);
                            with.is_met
                        })
                        .count();
                }
            }
        }
        met
    });
    let mut last = None;
    loop {
        match reported.recv_timeout(FAR) {
            Ok(case) => last = Some(case),
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("it hangs: {last:?}"),
        }
    }
    match cases.join() {
        Ok(met) => assert!(met > 8_000, "only {met} panics were met"),
        Err(_) => panic!("{last:?}"),
    }
}

/// The outcome of one write.
struct Case {
    outcome: thread::Result<()>,
    /// Whether the planted panic has occurred.
    is_met: bool,
    /// The entries before and after the write, without those of other writers.
    before: Vec<(u32, u32)>,
    entries: Vec<(u32, u32)>,
    /// How many of the entries that others wrote before and after are present.
    others: [usize; 2],
    stats: evmap_core::shared_map::Stats,
    dropped_inside: u32,
    /// Whether the engine postpones the growth of a key whose hash panics.
    postpones: bool,
}

fn case<E: SharedEngine<Key, Value>>(write: &TestWrite<E>, setting: Setting, plan: Plan) -> Case {
    let world = World::new();
    let builder = SharedMap::<Key, Value>::builder().engine::<E>();
    let map: Map<E> = if setting.is_deferred {
        builder.refresh_every(Duration::MAX).build()
    } else {
        builder.build()
    };
    map.extend((0..setting.entries).map(|n| (world.stored(n), world.value(n))));
    map.flush();
    let before = entries(&map);
    world.ask(&map);

    let view = setting.has_view.then(|| map.read());
    let write_another = |names: [u32; 2]| {
        let things = names.map(|name| (world.stored(name), world.value(0)));
        let (replaced, _) = map.write(|w| things.map(|(key, value)| w.insert(key, value)));
        drop(replaced);
    };
    // Another thread's write, which is still pending in a deferred map.
    write_another([1_000, 1_001]);
    world.plant(plan);
    let outcome = catch_unwind(AssertUnwindSafe(|| write(&map, &world, plan)));
    let is_met = !world.unplant();
    drop(view);
    write_another([2_000, 2_001]);
    for _ in 0..3 {
        map.flush();
    }

    let all = entries(&map);
    let count = |from| {
        all.iter()
            .filter(|(name, _)| (from..from + 2).contains(name))
            .count()
    };
    let case = Case {
        outcome,
        is_met,
        before,
        others: [count(1_000), count(2_000)],
        entries: all
            .iter()
            .copied()
            .filter(|(name, _)| *name < 1_000)
            .collect(),
        stats: map.stats(),
        dropped_inside: world.dropped_inside(),
        postpones: TypeId::of::<E>() == TypeId::of::<Incremental>(),
    };
    assert_eq!(case.stats.version, map.version());
    world.ask_nobody();
    drop(map);
    let begin = Instant::now();
    while world.alive() > 0 {
        assert!(begin.elapsed() < FAR, "{} are not dropped", world.alive());
        thread::yield_now();
    }
    case
}

fn entries<E: SharedEngine<Key, Value>>(map: &Map<E>) -> Vec<(u32, u32)> {
    let view = map.read();
    let mut entries: Vec<_> = view.iter().map(|(k, v)| (k.name, v.number)).collect();
    entries.sort_unstable();
    entries
}

impl Case {
    fn check(&self, without: &Case, plan: Plan) {
        let stats = &self.stats;
        assert_eq!(self.dropped_inside, 0, "dropped inside a write");
        assert_eq!((stats.pending, stats.retired), (0, 0), "{stats:?}");
        assert_eq!(self.others[1], 2, "the next write");
        let is_drop = matches!(plan.place, Place::DropKey | Place::DropValue);
        let is_before = self.entries == self.before;
        let is_after = self.entries == without.entries;
        match &self.outcome {
            Ok(()) => assert!(
                is_after || is_before && stats.rolled_back > 0,
                "half of the write"
            ),
            // The caller drops the results after the write.
            Err(_) => assert!(is_before || is_after && is_drop, "half of an undone write"),
        }
        // A write that could not be applied once more is undone completely and counted. The write itself may remove
        // the entry.
        let is_rolled_back = self.others[0] == 0 && stats.rolled_back > 0;
        let is_removed = is_after && self.others == without.others;
        assert!(
            self.others[0] == 2 || is_rolled_back || is_removed,
            "the write before"
        );
        // A panic reaches the caller, or it is counted.
        let is_told = self.outcome.as_ref().is_err_and(|panic| !is_own(panic));
        let counted = stats.panics + stats.rolled_back;
        let is_postponed = self.postpones && plan.place == Place::HashStored && counted == 0;
        let expected = u64::from(self.is_met && !is_told);
        assert!(
            counted == expected || is_postponed,
            "{stats:?}, {expected} panics to be counted"
        );
        assert!(stats.postponed == 0 || plan.place == Place::HashStored);
    }
}

/// Whether this is the payload of the closure of the recovery.
fn is_own(panic: &Box<dyn Any + Send>) -> bool {
    panic
        .downcast_ref::<String>()
        .is_some_and(|text| text == OWN)
}

impl Drop for Case {
    /// The `Drop` of a payload may panic, and so may that of the payload of this panic.
    fn drop(&mut self) {
        let mut outcome = std::mem::replace(&mut self.outcome, Ok(()));
        while let Err(payload) = outcome {
            outcome = catch_unwind(AssertUnwindSafe(|| drop(payload)));
        }
    }
}
