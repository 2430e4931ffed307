//! Keys and values that panic.

use std::any::TypeId;
use std::cell::Cell;
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};

use evmap_core::SwapError;
use evmap_core::table::{Engine, Incremental};

use crate::map;

on_each! {
    a_panic_in_user_code_publishes_nothing_and_poisons,
    a_panic_in_a_rehash_is_recovered_from,
    a_clone_that_panics_in_a_rebuild_changes_nothing,
    a_panic_in_the_hash_of_a_call_logs_nothing,
    a_panic_in_a_removal_of_a_published_or_pending_key_logs_nothing,
    a_rebuild_forgets_where_pending_keys_were,
    a_panic_while_a_computed_change_is_made_poisons_the_writer,
    a_panic_in_a_lookup_ends_the_read,
    a_panic_in_a_writers_closure_logs_nothing,
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

/// After a panic while changes are applied, nothing unpublished is visible, readers and handles still
/// work, and the writer is poisoned.
fn a_panic_in_user_code_publishes_nothing_and_poisons<E: Engine>() {
    for place in ["eq", "clone", "drop"] {
        let (mut writer, reader) = map::<Trap, Trap, E>();
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

        // The change that panicked is returned. All others are kept.
        let returned = writer.rebuild().unwrap();
        assert!(returned.is_some(), "it was not published");
        assert!(!writer.is_poisoned());
        assert_eq!(reader.get(&Trap(1)).unwrap().0, 10);
        writer.refresh();
        assert_eq!(reader.get(&Trap(3)).unwrap().0, 30);
        writer.verify_copies().unwrap();
    }
}

/// Growth hashes keys, and so does filling the gap of a removal. Those keys may have been published
/// long ago.
fn a_panic_in_a_rehash_is_recovered_from<E: Engine>() {
    for present in [14, 28, 112] {
        let (mut writer, reader) = map::<Trap, u32, E>();
        for key in 0..present {
            writer.insert(Trap(key), key);
        }
        writer.refresh();
        writer.refresh();
        writer.remove(&Trap(0));
        for key in present..2 * present {
            writer.insert(Trap(key), key);
        }
        PANIC_IN.set(Some("hash"));
        let outcome = catch_unwind(AssertUnwindSafe(|| writer.refresh()));
        assert_eq!(PANIC_IN.get(), None, "no key was hashed");
        // An incremental growth postpones that key.
        let is_postponed = TypeId::of::<E>() == TypeId::of::<Incremental>();
        assert_eq!(outcome.is_ok(), is_postponed);
        assert_eq!(writer.is_poisoned(), !is_postponed);
        if !is_postponed {
            let view = reader.read();
            assert!((0..present).all(|key| view.get(&Trap(key)) == Some(&key)));
            drop(view);
            assert!(writer.rebuild().unwrap().is_some(), "it was not published");
        }
        writer.insert(Trap(500), 500);
        writer.refresh();
        writer.verify_copies().unwrap();
        // All except the returned change.
        let view = reader.read();
        let is_there = |&key: &u32| view.get(&Trap(key)) == Some(&key);
        assert_eq!((0..2 * present).filter(is_there).count(), view.len() - 1);
        assert!(view.len() >= 2 * present as usize - 1);
    }
}

fn a_clone_that_panics_in_a_rebuild_changes_nothing<E: Engine>() {
    let (mut writer, reader) = map::<u32, Trap, E>();
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

fn a_panic_in_the_hash_of_a_call_logs_nothing<E: Engine>() {
    let (mut writer, reader) = map::<Trap, u32, E>();
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

fn a_panic_in_a_removal_of_a_published_or_pending_key_logs_nothing<E: Engine>() {
    let (mut writer, reader) = map::<Trap, u32, E>();
    writer.insert(Trap(1), 1);
    writer.refresh();
    writer.insert(Trap(2), 2);
    for key in [1, 2] {
        for place in ["hash", "eq", "clone"] {
            PANIC_IN.set(Some(place));
            catch_unwind(AssertUnwindSafe(|| writer.remove(&Trap(key)))).unwrap_err();
        }
    }
    assert_eq!((writer.stats().pending, writer.is_poisoned()), (1, false));
    writer.remove(&Trap(1));
    writer.remove(&Trap(2));
    writer.refresh();
    assert!(reader.is_empty());
}

fn a_rebuild_forgets_where_pending_keys_were<E: Engine>() {
    let (mut writer, reader) = map::<u32, Trap, E>();
    for key in 1..4 {
        writer.insert(key, Trap(key));
    }
    writer.remove(&2);
    PANIC_IN.set(Some("clone"));
    catch_unwind(AssertUnwindSafe(|| writer.refresh())).unwrap_err();
    assert!(writer.rebuild().unwrap().is_some(), "the first insertion");
    writer.remove(&3);
    writer.refresh();
    assert!(reader.is_empty());
}

fn a_panic_while_a_computed_change_is_made_poisons_the_writer<E: Engine>() {
    let (mut writer, reader) = map::<u32, Trap, E>();
    writer.insert(1, Trap(1));
    writer.refresh();
    writer.catch_up();
    PANIC_IN.set(Some("clone"));
    let made = catch_unwind(AssertUnwindSafe(|| {
        writer.insert_if_absent(2, Trap(2)).is_ok()
    }));
    made.unwrap_err();
    assert!(writer.is_poisoned() && writer.view().is_none());
    assert!(writer.rebuild().unwrap().is_some(), "the insertion");
    writer.refresh();
    assert_eq!(reader.len(), 1);
    writer.verify_copies().unwrap();
}

fn a_panic_in_a_lookup_ends_the_read<E: Engine>() {
    let (mut writer, reader) = map::<Trap, u32, E>();
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

fn a_panic_in_a_writers_closure_logs_nothing<E: Engine>() {
    let (mut writer, reader) = map::<_, _, E>();
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
