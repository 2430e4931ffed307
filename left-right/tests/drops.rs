//! Copies and operations that panic when they are dropped, several at once, with payloads that panic, too.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use left_right::{DelayWriteHandle, OpWriteHandle, Operation, WriteHandle};

/// Counts drops, and decides whether they panic.
#[derive(Clone, Default)]
struct Census {
    dropped: Arc<AtomicUsize>,
    is_loud: Arc<AtomicBool>,
}

/// A copy.
#[derive(Clone)]
struct Copy(Census);

/// An operation.
struct Op {
    census: Census,
    panics_in: PanicsIn,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum PanicsIn {
    Nothing,
    FirstCopy,
    SecondCopy,
}

/// A payload that panics when it is dropped.
struct Payload(&'static str);

impl Census {
    fn dropped(&self) -> usize {
        self.dropped.load(Ordering::SeqCst)
    }

    fn be_loud(&self, is_loud: bool) {
        self.is_loud.store(is_loud, Ordering::SeqCst);
    }

    fn count(&self, what: &'static str) {
        self.dropped.fetch_add(1, Ordering::SeqCst);
        if self.is_loud.load(Ordering::SeqCst) {
            panic_any(Payload(what));
        }
    }

    fn op(&self, panics_in: PanicsIn) -> Op {
        Op {
            census: self.clone(),
            panics_in,
        }
    }

    fn writer(&self) -> OpWriteHandle<Copy, Op> {
        OpWriteHandle::new(DelayWriteHandle::new(WriteHandle::cloned(Copy(
            self.clone(),
        ))))
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        self.0.count("a copy");
    }
}

impl Drop for Op {
    fn drop(&mut self) {
        // An operation that panics is dropped by the same panic, and Rust aborts at a second one there.
        if self.panics_in == PanicsIn::Nothing {
            self.census.count("an operation");
        }
    }
}

impl Operation<Copy> for Op {
    fn apply(&mut self, _: &mut Copy) {
        if self.panics_in == PanicsIn::FirstCopy {
            panic_any("planted");
        }
    }

    fn apply_once(self, _: &mut Copy) {
        if self.panics_in == PanicsIn::SecondCopy {
            panic_any("planted");
        }
    }
}

impl Drop for Payload {
    fn drop(&mut self) {
        panic_any("planted in a payload");
    }
}

/// Returns the message of the one panic of `body`.
fn panic_of(body: impl FnOnce()) -> &'static str {
    let payload = catch_unwind(AssertUnwindSafe(body)).expect_err("no panic");
    let payload: Box<dyn Any> = payload;
    if let Some(said) = payload.downcast_ref::<&str>() {
        return said;
    }
    let payload = payload.downcast::<Payload>().expect("a planted panic");
    let said = payload.0;
    catch_unwind(AssertUnwindSafe(|| drop(payload))).unwrap_err();
    said
}

fn push(writer: &mut OpWriteHandle<Copy, Op>, census: &Census, count: usize) {
    writer.extend((0..count).map(|_| census.op(PanicsIn::Nothing)));
}

#[test]
fn two_retired_copies_whose_drop_panics_end_in_one_panic_that_changes_nothing() {
    let census = Census::default();
    let mut writer = census.writer();
    let readers = [writer.read_handle(), writer.read_handle()];
    let mut guards = Vec::new();
    for reader in &readers {
        guards.push(reader.read());
        push(&mut writer, &census, 1);
        writer.swap_buffers();
        writer.rebuild().unwrap();
    }
    assert_eq!(writer.stats().retired, 2);
    drop(guards);
    push(&mut writer, &census, 1);
    let before = (writer.version(), census.dropped());
    census.be_loud(true);
    let said = panic_of(|| {
        writer.swap_buffers();
    });
    census.be_loud(false);
    assert_eq!(said, "a copy");
    assert_eq!((writer.version(), census.dropped() - 2), before);
    assert!(!writer.is_poisoned());
    assert_eq!((writer.stats().retired, writer.pending().len()), (0, 1));
    assert_eq!(writer.swap_buffers().as_u64(), before.0.as_u64() + 1);
}

#[test]
fn owed_operations_after_one_that_panics_are_dropped_even_if_they_panic_too() {
    let census = Census::default();
    let mut writer = census.writer();
    writer.push(census.op(PanicsIn::SecondCopy));
    push(&mut writer, &census, 3);
    writer.swap_buffers();
    let before = census.dropped();
    census.be_loud(true);
    let said = panic_of(|| {
        writer.catch_up();
    });
    census.be_loud(false);
    assert_eq!((said, census.dropped() - before), ("planted", 3));
    assert!(writer.is_poisoned());
    assert!(writer.rebuild().unwrap().is_none());
    writer.catch_up();
}

#[test]
fn a_rebuild_whose_drops_all_panic_recovers_the_writer_and_ends_in_one_panic() {
    for has_rejected in [false, true] {
        let census = Census::default();
        let mut writer = census.writer();
        push(&mut writer, &census, 3);
        writer.swap_buffers();
        if has_rejected {
            writer.swap_buffers();
            writer.push(census.op(PanicsIn::FirstCopy));
            assert_eq!(panic_of(|| drop(writer.try_catch_up())), "planted");
        }
        let before = census.dropped();
        census.be_loud(true);
        let said = panic_of(|| drop(writer.rebuild()));
        census.be_loud(false);
        // Only the copy if an operation panicked there, since the three operations are replayed by then. Otherwise
        // the three operations, too.
        let dropped = if has_rejected { 1 } else { 4 };
        assert_eq!(census.dropped() - before, dropped);
        assert_eq!(
            said,
            if has_rejected {
                "a copy"
            } else {
                "an operation"
            }
        );
        assert!(!writer.is_poisoned());
        assert_eq!(writer.rebuild().unwrap().is_some(), has_rejected);
        push(&mut writer, &census, 1);
        writer.swap_buffers();
    }
}

/// Makes a writer with a retired copy that is free, two other copies, and one operation rejected, three owed and
/// three pending.
fn full_writer(census: &Census) -> OpWriteHandle<Copy, Op> {
    let mut writer = census.writer();
    writer.push(census.op(PanicsIn::FirstCopy));
    assert_eq!(panic_of(|| drop(writer.try_catch_up())), "planted");
    census.be_loud(true);
    assert_eq!(panic_of(|| drop(writer.rebuild())), "a copy");
    census.be_loud(false);
    let reader = writer.read_handle();
    let guard = reader.read();
    push(&mut writer, census, 1);
    writer.swap_buffers();
    writer.rebuild().unwrap();
    push(&mut writer, census, 3);
    writer.swap_buffers();
    push(&mut writer, census, 3);
    drop(guard);
    assert_eq!(writer.stats().retired, 1);
    writer
}

#[test]
fn a_writer_whose_copies_and_operations_all_panic_in_drop_ends_in_one_panic() {
    for has_reader in [false, true] {
        let census = Census::default();
        let writer = full_writer(&census);
        let reader = has_reader.then(|| writer.read_handle());
        let before = census.dropped();
        census.be_loud(true);
        assert_eq!(panic_of(|| drop(writer)), "a copy");
        let left = usize::from(has_reader);
        assert_eq!(census.dropped() - before, 9 - left);
        if let Some(reader) = reader {
            assert_eq!(panic_of(|| drop(reader)), "a copy");
        }
        assert_eq!(census.dropped() - before, 9);
    }
}

#[test]
fn a_writer_dropped_by_a_panic_adds_none_to_it() {
    for has_reader in [false, true] {
        let census = Census::default();
        let writer = full_writer(&census);
        let reader = has_reader.then(|| writer.read_handle());
        let before = census.dropped();
        census.be_loud(true);
        let said = panic_of(move || {
            let _dropped_by_unwinding = (writer, reader);
            panic_any("the first");
        });
        assert_eq!((said, census.dropped() - before), ("the first", 9));
    }
}
