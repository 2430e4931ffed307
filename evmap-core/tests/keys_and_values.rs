//! Keys and values that panic, lie, are large, are nothing, or count their lives.

use std::cell::Cell;
use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use evmap_core::SwapError;

/// Every life of a value has a number; each must end exactly once.
#[derive(Clone, Default)]
struct Census(Arc<Mutex<HashSet<u64>>>, Arc<AtomicU64>);

struct Counted {
    number: u64,
    census: Census,
}

impl Census {
    fn born(&self) -> Counted {
        let number = self.1.fetch_add(1, Ordering::Relaxed);
        self.0.lock().unwrap().insert(number);
        Counted {
            number,
            census: self.clone(),
        }
    }

    fn alive(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

impl Clone for Counted {
    fn clone(&self) -> Self {
        self.census.born()
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let was_alive = self.census.0.lock().unwrap().remove(&self.number);
        assert!(was_alive, "dropped twice");
    }
}

/// Equal by name, whatever its life's number.
#[derive(Clone)]
struct Name(
    u32,
    #[expect(dead_code, reason = "held for its drop")] Counted,
);

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

#[test]
fn every_key_and_value_is_dropped_exactly_once() {
    let census = Census::default();
    let (mut writer, reader) = evmap_core::new();
    for round in 0..3 {
        for n in 0..200 {
            writer.insert(Name(n, census.born()), census.born());
        }
        for n in 0..50 {
            writer.remove(&Name(n * 3 + round, census.born()));
        }
        writer.refresh();
        let _view = reader.read();
        writer.retain(|name, _| name.0 % 7 != 0);
        writer.refresh();
    }
    // Two empty refreshes: nothing is owed, and what was removed is gone.
    writer.refresh();
    writer.refresh();
    assert_eq!(
        census.alive(),
        4 * reader.len(),
        "a key and a value in each copy"
    );
    writer.clear();
    writer.refresh();
    writer.refresh();
    assert_eq!(census.alive(), 0);
    writer.insert(Name(1, census.born()), census.born());
    writer.refresh();
    writer.insert(Name(2, census.born()), census.born());
    drop(writer);
    assert_eq!(reader.len(), 1);
    drop(reader);
    assert_eq!(census.alive(), 0);
}

#[test]
fn every_value_of_a_bag_is_dropped_exactly_once() {
    #[derive(Clone)]
    struct Value(
        u32,
        #[expect(dead_code, reason = "held for its drop")] Counted,
    );
    impl PartialEq for Value {
        fn eq(&self, other: &Self) -> bool {
            self.0 == other.0
        }
    }
    let census = Census::default();
    let (mut writer, reader) = evmap_core::multimap::new();
    for n in 0..100 {
        writer.insert(n % 10, Value(n, census.born()));
        writer.remove_value(n % 5, Value(n / 2, census.born()));
        writer.update(n % 3, Value(n, census.born()));
        if n % 10 == 0 {
            writer.retain(n % 7, |value| value.0 % 2 == 0);
            writer.refresh();
        }
    }
    writer.refresh();
    writer.refresh();
    let values: usize = reader.read().values().map(|bag| bag.len()).sum();
    assert_eq!(census.alive(), 2 * values);
    drop((writer, reader));
    assert_eq!(census.alive(), 0);
}

thread_local! {
    static PANIC_IN: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// Panics once, where `PANIC_IN` says.
fn may_panic(place: &'static str) {
    PANIC_IN.with(|planted| {
        if planted.get() == Some(place) {
            planted.set(None);
            panic!("planted in {place}");
        }
    });
}

#[derive(Debug)]
struct Trap(u32);

impl Hash for Trap {
    fn hash<H: Hasher>(&self, state: &mut H) {
        may_panic("hash");
        self.0.hash(state);
    }
}

impl PartialEq for Trap {
    fn eq(&self, other: &Self) -> bool {
        may_panic("eq");
        self.0 == other.0
    }
}

impl Eq for Trap {}

impl Clone for Trap {
    fn clone(&self) -> Self {
        may_panic("clone");
        Trap(self.0)
    }
}

impl Drop for Trap {
    fn drop(&mut self) {
        may_panic("drop");
    }
}

/// Whatever panics while changes are applied: nothing unpublished is seen, readers and handles go
/// on, and the writer says that it is poisoned.
#[test]
fn a_panic_in_user_code_publishes_nothing_and_poisons() {
    for place in ["eq", "clone", "drop"] {
        let (mut writer, reader) = evmap_core::new::<Trap, Trap>();
        writer.insert(Trap(1), Trap(10));
        writer.refresh();
        writer.refresh();
        writer.insert(Trap(2), Trap(20));
        writer.insert(Trap(1), Trap(11));
        writer.remove(&Trap(2));
        PANIC_IN.set(Some(place));
        catch_unwind(AssertUnwindSafe(|| writer.refresh())).unwrap_err();
        assert_eq!(PANIC_IN.get(), None, "{place} was not reached");

        assert!(writer.is_poisoned());
        assert!(matches!(writer.try_refresh(), Err(SwapError::Poisoned(_))));
        assert_eq!(reader.len(), 1);
        assert_eq!(reader.get(&Trap(1)).unwrap().0, 10);
        assert_eq!(reader.clone().len(), 1);
        // Pushing still logs.
        writer.insert(Trap(3), Trap(30));
        assert!(writer.has_pending());

        // What panicked is handed back; all else is kept.
        let returned = writer.rebuild().unwrap();
        assert!(returned.is_some(), "it was not published");
        assert!(!writer.is_poisoned());
        assert_eq!(reader.get(&Trap(1)).unwrap().0, 10);
        writer.refresh();
        assert_eq!(reader.get(&Trap(3)).unwrap().0, 30);
        writer.verify_copies().unwrap();
    }
}

#[test]
fn a_clone_that_panics_in_a_rebuild_changes_nothing() {
    let (mut writer, reader) = evmap_core::new::<u32, Trap>();
    writer.extend([(1, Trap(10)), (2, Trap(20))]);
    writer.refresh();
    writer.insert(3, Trap(30));
    PANIC_IN.set(Some("clone"));
    catch_unwind(AssertUnwindSafe(|| writer.rebuild())).unwrap_err();
    assert!(!writer.is_poisoned() && writer.has_pending());
    writer.rebuild().unwrap();
    writer.refresh();
    assert_eq!(reader.len(), 3);
    writer.verify_copies().unwrap();
}

#[test]
fn a_panic_in_the_hash_of_a_call_logs_nothing() {
    let (mut writer, reader) = evmap_core::new::<Trap, u32>();
    writer.insert(Trap(1), 1);
    writer.refresh();
    PANIC_IN.set(Some("hash"));
    catch_unwind(AssertUnwindSafe(|| writer.insert(Trap(2), 2))).unwrap_err();
    PANIC_IN.set(Some("hash"));
    catch_unwind(AssertUnwindSafe(|| writer.remove(&Trap(1)))).unwrap_err();
    assert!(!writer.has_pending() && !writer.is_poisoned());
    writer.refresh();
    assert_eq!(reader.len(), 1);
}

#[test]
fn a_panic_in_a_lookup_ends_the_read() {
    let (mut writer, reader) = evmap_core::new::<Trap, u32>();
    writer.insert(Trap(1), 1);
    writer.refresh();
    for place in ["hash", "eq"] {
        PANIC_IN.set(Some(place));
        catch_unwind(AssertUnwindSafe(|| {
            reader.get(&Trap(1));
        }))
        .unwrap_err();
        PANIC_IN.set(Some(place));
        catch_unwind(AssertUnwindSafe(|| {
            reader.with(|view| view.contains_key(&Trap(1)))
        }))
        .unwrap_err();
    }
    for value in 2..5 {
        writer.insert(Trap(1), value);
        assert!(writer.try_refresh().is_ok(), "no guard was left behind");
    }
}

#[test]
fn a_panic_in_a_writers_closure_logs_nothing() {
    let (mut writer, reader) = evmap_core::new();
    writer.extend((0..10).map(|n| (n, n)));
    writer.refresh();
    let retained = catch_unwind(AssertUnwindSafe(|| {
        writer.retain(|&key, _| if key == 5 { panic!("planted") } else { false });
    }));
    retained.unwrap_err();
    assert!(!writer.has_pending() && !writer.is_poisoned());
    writer.refresh();
    assert_eq!(reader.len(), 10);
}

/// A key that is never equal to anything, and one whose hash changes: wrong answers at worst, and
/// the check of the copies says so where they differ.
#[test]
fn lying_keys_give_wrong_answers_at_worst() {
    #[derive(Clone, Debug)]
    struct Liar(u32);
    impl PartialEq for Liar {
        fn eq(&self, _: &Self) -> bool {
            false
        }
    }
    impl Eq for Liar {}
    impl Hash for Liar {
        fn hash<H: Hasher>(&self, state: &mut H) {
            thread_local!(static CALLS: Cell<u32> = const { Cell::new(0) });
            CALLS.set(CALLS.get() + 1);
            (self.0, CALLS.get() / 3).hash(state);
        }
    }
    let (mut writer, reader) = evmap_core::new();
    for n in 0..1000 {
        writer.insert(Liar(n % 10), n);
        writer.remove(&Liar(n % 7));
        if n % 100 == 0 {
            writer.refresh();
        }
    }
    writer.refresh();
    assert!(reader.get(&Liar(1)).is_none(), "never equal, never found");
    assert_eq!(reader.len(), 1000);
    let differing = writer.verify_copies().unwrap_err();
    assert!(differing.to_string().contains("Liar"), "{differing}");
    writer.clear();
    writer.refresh();
    assert!(reader.is_empty());
}

#[test]
fn values_of_any_size_and_alignment_are_kept() {
    #[derive(Clone, Debug, PartialEq)]
    #[repr(align(128))]
    struct Aligned(u8);

    let (mut writer, reader) = evmap_core::new::<u32, ()>();
    writer.extend((0..100).map(|n| (n, ())));
    writer.refresh();
    assert_eq!(reader.len(), 100);
    assert_eq!(reader.get_cloned(&7), Some(()));

    let (mut writer, reader) = evmap_core::new::<(), u32>();
    writer.extend([((), 1), ((), 2)]);
    writer.refresh();
    assert_eq!((reader.len(), reader.get_cloned(&())), (1, Some(2)));

    let (mut writer, reader) = evmap_core::new::<u32, [u8; 65_536]>();
    for n in 0..20 {
        writer.insert(n, [n as u8; 65_536]);
        writer.refresh();
    }
    assert!((0..20).all(|n| reader.get(&n).unwrap().iter().all(|&byte| byte == n as u8)));

    let (mut writer, reader) = evmap_core::new::<u8, Aligned>();
    writer.extend((0..100).map(|n| (n, Aligned(n))));
    writer.refresh();
    for n in 0..100 {
        let value = reader.get(&n).unwrap();
        assert_eq!(*value, Aligned(n));
        assert_eq!(std::ptr::from_ref(&*value).addr() % 128, 0);
    }
    assert_eq!(writer.verify_copies(), Ok(()));
}
