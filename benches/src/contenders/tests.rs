//! All contenders give the same answers, in each way that they can.

use super::*;
use crate::keys::{Asking, Kind, Number, Text, value_of};

const ENTRIES: usize = 500;

/// Keys that are there, and some that are not: the sum of their values is the same in every way of looking up.
fn all_ways_agree<K: Kind>(name: &str, map: &mut Map<K>) {
    let keys: Vec<_> = (0..1024).map(|key| key * 2).collect();
    let asking = K::asking(&keys);
    let there = keys
        .iter()
        .map(|&key| u64::from(key))
        .filter(|&key| key < ENTRIES as u64);
    let right: u64 = there.map(|key| value_of(key, 0)).sum();
    let mut ways = vec![Way::Single, Way::Dependent];
    if map.reader.has_view() {
        ways.extend([1, 16, 1_000].map(Way::Together));
    }
    for way in ways {
        let mut another = map.reader.another();
        for reader in [&mut map.reader, &mut another] {
            let found = reader.look_up(&asking, 0..asking.count(), way);
            assert_eq!(found, right, "{name}, {way:?}");
        }
    }
}

#[test]
fn all_ways_of_looking_up_find_the_same_values() {
    let hasher = &Hasher::default();
    for contender in ALL {
        if let Some((numbers, texts)) = contender.reads {
            all_ways_agree::<Number>(contender.name, &mut numbers(ENTRIES, hasher));
            all_ways_agree::<Text>(contender.name, &mut texts(ENTRIES, hasher));
        }
        for build in [contender.shares, contender.writes, contender.copies]
            .into_iter()
            .flatten()
        {
            all_ways_agree::<Number>(contender.name, &mut build(ENTRIES, hasher));
        }
    }
}

#[test]
fn a_computed_value_is_made_of_the_old_one_and_seen_by_other_threads() {
    for contender in ALL {
        for build in [contender.at_once, contender.soon].into_iter().flatten() {
            let (name, mut map) = (contender.name, build(ENTRIES, &Hasher::default()));
            let mut other = map.another_writer();
            let writes = move || {
                other.add(7, 1);
                other.add(1_000_000, 4);
                other.publish();
                other.counts()
            };
            let counts = std::thread::spawn(writes).join().expect("a thread");
            assert_eq!(map.find(&7), Some(value_of(7, 0) + 1), "{name}");
            assert_eq!(map.find(&1_000_000), Some(4), "{name}");
            assert!(counts.is_none_or(|[writes, publications]| writes >= 2 && publications >= 1));
            map.remove_all();
            map.publish();
            assert_eq!([7, 8].map(|key| map.find(&key)), [None; 2], "{name}");
        }
    }
}
