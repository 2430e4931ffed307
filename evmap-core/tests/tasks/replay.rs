//! Random writes, beside subscribers that come, go and lag: from the version at which a subscriber starts, its
//! changes make exactly the state of each version.

use std::collections::HashMap;
use std::time::Duration;

use evmap_core::SharedMap;
use evmap_core::shared_map::{Changes, ChangesError, Effect};
use evmap_core::table::{Incremental, RobinHood, SharedEngine, Swiss};
use left_right::Version;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use crate::operations::{Apply, Model};
use crate::random::{Numbers, op};

const KEYS: u32 = 16;

pub fn apply(copy: &mut HashMap<u32, u32>, effects: &[Effect<u32, u32>]) {
    for effect in effects {
        match effect {
            Effect::Insert(key, value) => _ = copy.insert(*key, *value),
            Effect::Remove(key) => _ = copy.remove(key),
            Effect::Clear => copy.clear(),
        }
    }
}

/// A subscriber, and the state that it knows.
struct Follower {
    changes: Changes<u32, u32>,
    copy: Model,
    version: Version,
    /// It reads after each write whose number is a multiple of this.
    reads_each: u32,
}

impl Follower {
    fn new(
        map: &SharedMap<u32, u32, impl Clone, impl SharedEngine<u32, u32>>,
        changes: Changes<u32, u32>,
        reads_each: u32,
    ) -> Self {
        let mut follower = Follower {
            copy: Model::new(),
            version: changes.start(),
            changes,
            reads_each,
        };
        follower.begin_again(map);
        follower
    }

    /// Begins with a view.
    fn begin_again(&mut self, map: &SharedMap<u32, u32, impl Clone, impl SharedEngine<u32, u32>>) {
        let view = map.read();
        // Nobody else writes.
        assert_eq!(view.version(), self.changes.start());
        self.copy = view.iter().map(|(key, value)| (*key, *value)).collect();
        self.version = view.version();
    }

    /// Reads everything, and compares the state of each version on the way. Returns whether it has lagged.
    fn follow(&mut self, states: &HashMap<Version, Model>) -> bool {
        loop {
            match self.changes.try_next() {
                Ok(None) => return false,
                Err(error) => {
                    assert_eq!(error, ChangesError::Lagged);
                    return true;
                }
                Ok(Some(change)) => {
                    assert!(change.version > self.version);
                    apply(&mut self.copy, &change.effects);
                    self.version = change.version;
                    assert_eq!(
                        self.copy, states[&change.version],
                        "version {}",
                        change.version
                    );
                }
            }
        }
    }
}

/// Notes the state of the visible version.
fn note_state(
    map: &SharedMap<u32, u32, impl Clone, impl SharedEngine<u32, u32>>,
    states: &mut HashMap<Version, Model>,
) {
    let view = map.read();
    states
        .entry(view.version())
        .or_insert_with(|| view.iter().map(|(key, value)| (*key, *value)).collect());
}

fn cases() -> u32 {
    if std::env::var_os("LEFT_RIGHT_LONG").is_some() {
        1_000_000
    } else {
        10_000
    }
}

fn follow_random_writes<E: SharedEngine<u32, u32>>(is_deferred: bool, writes: u32) {
    let builder = SharedMap::builder().engine::<E>();
    let map = match is_deferred {
        false => builder.build(),
        true => builder
            .refresh_every(Duration::from_secs(3600))
            .max_pending(7)
            .build(),
    };
    let mut runner = TestRunner::deterministic();
    let ops = op(KEYS);
    let mut model = Model::new();
    let mut states = HashMap::new();
    let mut followers: Vec<Follower> = Vec::new();
    let mut lags = 0;
    for n in 0..writes {
        let op = ops.new_tree(&mut runner).unwrap().current();
        map.apply(&Numbers, &op);
        model.apply(&Numbers, &op);
        note_state(&map, &mut states);
        if is_deferred && n % 13 == 0 {
            map.flush();
            note_state(&map, &mut states);
        } else if !is_deferred {
            assert_eq!(states[&map.read().version()], model);
        }
        for follower in &mut followers {
            if n % follower.reads_each == 0 && follower.follow(&states) {
                lags += 1;
                follower.begin_again(&map);
                // It has published what was pending.
                note_state(&map, &mut states);
            }
        }
        // Some come, some go, and some are forgotten.
        match n % 101 {
            0 => {
                let capacity = [1, 10, 100, 10_000][(n / 101 % 4) as usize];
                let reads_each = [1, 3, 20, 90][(n / 404 % 4) as usize];
                let subscription = map.subscribe(capacity);
                // The subscription may have published.
                note_state(&map, &mut states);
                followers.push(Follower::new(&map, subscription, reads_each));
            }
            50 if followers.len() > 4 => drop(followers.remove(0)),
            70 if followers.len() > 4 => std::mem::forget(followers.remove(1)),
            _ => {}
        }
        if states.len() > 500 {
            // Everybody reads up to here, or lags.
            map.flush();
            note_state(&map, &mut states);
            let oldest = map.read().version();
            for follower in &mut followers {
                if follower.follow(&states) {
                    follower.begin_again(&map);
                    note_state(&map, &mut states);
                }
            }
            states.retain(|version, _| *version >= oldest);
        }
    }
    let versions = map.read().version().as_u64();
    assert!(
        lags > 0 && versions > u64::from(writes / 20),
        "{lags} lags, {versions} versions"
    );
}

#[test]
fn effects_make_the_state_of_each_version() {
    follow_random_writes::<Swiss>(false, cases());
    follow_random_writes::<Incremental>(false, cases() / 10);
    follow_random_writes::<RobinHood>(false, cases() / 10);
}

#[test]
fn deferred_effects_make_the_state_of_each_version() {
    follow_random_writes::<Swiss>(true, cases() / 5);
}
