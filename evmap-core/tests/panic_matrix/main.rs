//! Every piece of user code panics at its n-th call, in every kind of write, on every engine.
//!
//! Whatever panics, and wherever: nothing hangs, a write is made as a whole or not at all, nothing is dropped
//! inside a write, everything is dropped once, and the figures are true.

mod acts;
mod world;

use std::any::{Any, TypeId};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use evmap_core::SharedMap;
use evmap_core::table::{Engine, Incremental, RobinHood, Swiss};

use acts::{Act, Map, OWN, acts};
use world::{Key, PLACES, Place, Plan, Value, World};

/// Far more than any case takes: one that hangs fails instead.
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

/// Where a write meets the map.
#[derive(Clone, Copy, Debug)]
struct Setting {
    /// 128 buckets have room for 112 entries, of which two are somebody else's.
    entries: u32,
    is_deferred: bool,
    /// Whether the writing thread has a view, past which the map has to go.
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

fn plans() -> impl Iterator<Item = Plan> {
    PLACES.into_iter().flat_map(|place| {
        [0, 1, 2, 5, 30].into_iter().flat_map(move |after| {
            [false, true].map(|has_bomb| Plan {
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

fn try_all<E: Engine>()
where
    E::Table<Key, Value>: Send + Sync + 'static,
{
    let (tell, told) = mpsc::channel();
    let cases = thread::spawn(move || {
        let mut met = 0;
        for (name, act) in acts::<E>() {
            for setting in settings() {
                let without = case(act, setting, NONE);
                assert_eq!(without.outcome.is_err(), name == "recovery");
                for plan in plans() {
                    tell.send((name, setting, plan)).expect("it is listened to");
                    let with = case(act, setting, plan);
                    with.check(&without, plan);
                    met += u32::from(with.is_met);
                }
            }
        }
        met
    });
    let mut last = None;
    loop {
        match told.recv_timeout(FAR) {
            Ok(case) => last = Some(case),
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("it hangs: {last:?}"),
        }
    }
    match cases.join() {
        Ok(met) => assert!(met > 3_000, "only {met} panics were met"),
        Err(_) => panic!("{last:?}"),
    }
}

/// What has become of one write.
struct Case {
    outcome: thread::Result<()>,
    /// Whether the panic that was planted has come.
    is_met: bool,
    /// What the map had before the write, and has after it, without what others wrote.
    before: Vec<(u32, u32)>,
    entries: Vec<(u32, u32)>,
    /// How much of what others wrote before and after is there.
    others: [usize; 2],
    stats: evmap_core::shared_map::Stats,
    dropped_inside: u32,
    /// Whether the engine postpones the growth of a key whose hash panics.
    postpones: bool,
}

fn case<E: Engine>(act: Act<E>, setting: Setting, plan: Plan) -> Case
where
    E::Table<Key, Value>: Send + Sync + 'static,
{
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
    // Somebody else's, which stays pending in a deferred map.
    write_another([1_000, 1_001]);
    world.plant(plan);
    let outcome = catch_unwind(AssertUnwindSafe(|| act(&map, &world, plan)));
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

fn entries<E: Engine>(map: &Map<E>) -> Vec<(u32, u32)>
where
    E::Table<Key, Value>: Send + Sync + 'static,
{
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
            // What the caller drops itself, it drops after the write.
            Err(_) => assert!(is_before || is_after && is_drop, "half of an undone write"),
        }
        // One that could not be applied once more is undone whole, and counted. The write itself may remove it.
        let is_lost = self.others[0] == 0 && stats.rolled_back > 0;
        let is_removed = is_after && self.others == without.others;
        assert!(
            self.others[0] == 2 || is_lost || is_removed,
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

/// Whether it is what the closure of the recovery panics with.
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
