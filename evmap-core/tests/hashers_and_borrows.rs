//! Hashers and `Borrow` implementations that panic, in every kind of call.

use std::borrow::Borrow;
use std::cell::Cell;
use std::hash::{BuildHasher, DefaultHasher, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};

use evmap_core::{Builder, SharedMap};

thread_local! {
    static PANIC_IN: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// Panics once, where `PANIC_IN` says.
fn may_panic(place: &'static str) {
    if PANIC_IN.get() == Some(place) {
        PANIC_IN.set(None);
        panic!("planted in {place}");
    }
}

/// Returns whether the call panicked, with the fault planted.
fn panics_with(place: &'static str, call: impl FnOnce()) -> bool {
    PANIC_IN.set(Some(place));
    let has_panicked = catch_unwind(AssertUnwindSafe(call)).is_err();
    assert_eq!(has_panicked, PANIC_IN.take().is_none(), "{place}");
    has_panicked
}

#[derive(Clone, Default)]
struct Build;

struct Hash(DefaultHasher);

impl BuildHasher for Build {
    type Hasher = Hash;

    fn build_hasher(&self) -> Hash {
        may_panic("build_hasher");
        Hash(DefaultHasher::new())
    }
}

impl Hasher for Hash {
    fn write(&mut self, bytes: &[u8]) {
        may_panic("write");
        self.0.write(bytes);
    }

    fn finish(&self) -> u64 {
        may_panic("finish");
        self.0.finish()
    }
}

/// A key that is looked up by its text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key(String);

impl Borrow<str> for Key {
    fn borrow(&self) -> &str {
        may_panic("borrow");
        &self.0
    }
}

fn key(text: &str) -> Key {
    Key(text.to_string())
}

const PLACES: [&str; 4] = ["build_hasher", "write", "finish", "borrow"];

#[test]
fn in_a_lookup_they_end_the_read_and_the_writer_still_works() {
    let (mut writer, reader) = Builder::new().hasher(Build).build();
    writer.insert(key("a"), 1);
    writer.refresh();
    for place in PLACES {
        assert!(panics_with(place, || drop(reader.get("a"))));
        assert!(panics_with(place, || {
            reader.contains_key("a");
        }));
        assert!(panics_with(place, || {
            reader.with(|view| view.get("a").copied());
        }));
        assert!(panics_with(place, || {
            writer.get("a");
        }));
        writer.insert(key("b"), 2);
        writer.try_refresh().unwrap();
        writer.insert(key("b"), 3);
        writer.try_refresh().expect("a reader is left inside");
    }
}

#[test]
fn in_a_change_they_change_nothing() {
    let (mut writer, reader) = Builder::new().hasher(Build).build();
    writer.insert(key("a"), 1);
    writer.refresh();
    for place in PLACES {
        panics_with(place, || writer.insert(key("b"), 2));
        panics_with(place, || {
            writer.merge(key("c"), 2, |old, new| Some(old + new));
        });
        assert!(panics_with(place, || {
            writer.remove_if("a", |_| true);
        }));
        // Only lookups call `borrow`.
        assert_eq!(writer.stats().pending, usize::from(place == "borrow") * 2);
        writer.retain(|key, _| key.0 == "a");
        writer.refresh();
        assert_eq!((reader.len(), writer.is_poisoned()), (1, false));
    }
}

#[test]
fn in_growth_they_poison_the_writer_and_a_rebuild_recovers_it() {
    for place in ["build_hasher", "write", "finish"] {
        let (mut writer, reader) = Builder::new().hasher(Build).build();
        for n in 0..3 {
            writer.insert(key(&n.to_string()), n);
        }
        writer.refresh();
        writer.catch_up();
        // From here on only the growing table hashes keys.
        for n in 3..100 {
            writer.insert(key(&n.to_string()), n);
        }
        assert!(panics_with(place, || {
            writer.refresh();
        }));
        assert!(writer.is_poisoned());
        assert_eq!(reader.len(), 3);
        let rejected = writer.rebuild().unwrap();
        assert!(rejected.is_some(), "the change that grew the table");
        writer.refresh();
        assert_eq!(reader.len(), 99);
        writer.verify_copies().unwrap();
    }
}

#[test]
fn a_shared_map_still_works_after_each() {
    let map = SharedMap::<Key, u32>::builder().hasher(Build).build();
    map.insert(key("a"), 1);
    for place in PLACES {
        panics_with(place, || {
            map.insert(key("a"), 1);
        });
        assert!(panics_with(place, || {
            map.remove("a");
        }));
        assert!(panics_with(place, || drop(map.get("a"))));
        assert!(panics_with(place, || {
            map.write(|w| {
                w.clear();
                w.extend((0..100).map(|n| (key(&n.to_string()), n)));
                w.contains_key("a");
            });
        }));
        assert_eq!((map.len(), map.get_cloned("a")), (1, Some(1)), "{place}");
    }
    assert_eq!(map.stats().pending, 0);
}
