//! Each cache keeps its bound, and finds what was just inserted.

use super::ALL;
use crate::contenders::Hasher;
use crate::keys::value_of;

/// Enough for a cache in shards to have several.
const CAPACITY: usize = 1_000;

#[test]
fn a_cache_finds_what_was_just_inserted_and_keeps_its_bound() {
    for contender in ALL {
        let (name, cache) = (
            contender.name,
            (contender.open)(CAPACITY, &Hasher::default()),
        );
        for key in 0..CAPACITY as u64 / 2 {
            cache.fill(&mut std::iter::once(key));
            assert_eq!(cache.find(key), Some(value_of(key, 0)), "{name}");
        }
        cache.insert_all(0..10 * CAPACITY as u64);
        cache.fill(&mut std::iter::empty());
        let count = cache.count();
        // Shards round up.
        let right = CAPACITY * 9 / 10..=CAPACITY + CAPACITY / 50;
        assert!(right.contains(&count), "{name}: {count}");
        assert_eq!(cache.find(u64::MAX), None, "{name}");
    }
}

#[test]
fn every_loop_counts_the_same_hits() {
    let keys: Vec<u32> = (0..500).chain(0..500).chain(400..600).collect();
    let requests: Vec<u64> = keys.iter().map(|&key| u64::from(key)).collect();
    for contender in ALL {
        let open = || (contender.open)(2 * CAPACITY, &Hasher::default());
        let mut timed = Vec::new();
        open().time_hits(&keys, &mut timed);
        let hits = [open().replay(&requests), open().serve(&keys), timed.len()];
        assert_eq!(hits, [600; 3], "{}", contender.name);
    }
}

#[test]
fn a_clone_and_the_map_are_the_same_cache() {
    for contender in ALL {
        let cache = (contender.open)(CAPACITY, &Hasher::default());
        cache.another().fill(&mut (1..3));
        let mut map = cache.as_map();
        map.writer.upsert(&[3], 0, 1);
        let found = [1, 2, 3, 4].map(|key| map.reader.find(&key));
        let right = [1, 2, 3].map(|key| Some(value_of(key, 0)));
        assert_eq!(found, [right[0], right[1], right[2], None]);
        assert_eq!(cache.find(3), right[2], "{}", contender.name);
    }
}
