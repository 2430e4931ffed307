//! The operation log: what each copy gets, when, and in which order.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use left_right::{
    CopiesDiffer, DelayWriteHandle, OpWriteHandle, Operation, SwapError, Version, WriteHandle,
};

type Lines = Vec<String>;

/// Appends a line, and says by which of the two calls.
struct Append(&'static str);

impl Operation<Lines> for Append {
    fn apply(&mut self, target: &mut Lines) {
        target.push(self.0.to_owned());
    }

    fn apply_once(self, target: &mut Lines) {
        target.push(self.0.to_owned());
    }
}

fn log_over<T: Clone, O>(value: T) -> OpWriteHandle<T, O> {
    OpWriteHandle::new(DelayWriteHandle::new(WriteHandle::cloned(value)))
}

#[test]
fn each_operation_is_applied_twice_in_order_first_by_reference_then_by_value() {
    struct Traced(u32, Rc<std::cell::RefCell<Vec<(u32, &'static str)>>>);
    impl Operation<u32> for Traced {
        fn apply(&mut self, _: &mut u32) {
            self.1.borrow_mut().push((self.0, "apply"));
        }
        fn apply_once(self, _: &mut u32) {
            self.1.borrow_mut().push((self.0, "apply_once"));
        }
    }
    let trace = Rc::default();
    let mut writer = log_over(0);
    writer.extend((1..=2).map(|n| Traced(n, Rc::clone(&trace))));
    writer.swap_buffers();
    writer.push(Traced(3, Rc::clone(&trace)));
    writer.swap_buffers();
    writer.swap_buffers();
    writer.swap_buffers();
    assert_eq!(
        *trace.borrow(),
        [
            (1, "apply"),
            (2, "apply"),
            (1, "apply_once"),
            (2, "apply_once"),
            (3, "apply"),
            (3, "apply_once"),
        ]
    );
}

#[test]
fn readers_see_every_swap_and_nothing_before_it() {
    let mut writer = log_over(Lines::new());
    let reader = writer.read_handle();
    let mut expected = Lines::new();
    for line in ["a", "b", "c", "d", "e"] {
        writer.push(Append(line));
        assert_eq!(*reader.read(), expected);
        assert_eq!(writer.pending().len(), 1);
        writer.swap_buffers();
        expected.push(line.to_owned());
        assert_eq!(*reader.read(), expected);
        assert!(writer.pending().is_empty());
    }
    assert_eq!(writer.verify_copies(), Ok(()));
}

#[test]
fn catch_up_lends_the_writers_own_writes_and_publishes_nothing() {
    let mut writer = log_over(Lines::new());
    let reader = writer.read_handle();
    writer.push(Append("a"));
    assert_eq!(*writer.catch_up(), ["a"]);
    writer.push(Append("b"));
    assert_eq!(*writer.catch_up(), ["a", "b"]);
    assert_eq!(*writer.catch_up(), ["a", "b"]);
    assert_eq!(writer.pending().len(), 2);
    assert!(reader.read().is_empty());
    assert_eq!(writer.swap_buffers(), Version::from_u64(1));
    assert_eq!(*reader.read(), ["a", "b"]);
    assert_eq!(*writer.catch_up(), ["a", "b"]);
    assert_eq!(writer.verify_copies(), Ok(()));
}

#[test]
fn an_empty_swap_keeps_the_version_and_drops_what_was_removed() {
    struct Clear;
    impl Operation<Vec<Rc<()>>> for Clear {
        fn apply(&mut self, target: &mut Vec<Rc<()>>) {
            target.clear();
        }
    }
    let value = Rc::new(());
    let mut writer = log_over(vec![Rc::clone(&value)]);
    writer.push(Clear);
    let version = writer.swap_buffers();
    assert_eq!(
        Rc::strong_count(&value),
        2,
        "the copy swapped out still has it"
    );
    assert_eq!(writer.swap_buffers(), version);
    assert_eq!(Rc::strong_count(&value), 1);
    assert_eq!(writer.swap_buffers(), version);
}

#[test]
fn an_empty_swap_on_a_pinned_copy_does_nothing_and_is_ok() {
    let mut writer = log_over(Lines::new());
    let reader = writer.read_handle();
    let guard = reader.read();
    writer.push(Append("a"));
    let version = writer.swap_buffers();
    assert_eq!(writer.swap_buffers(), version);
    assert_eq!(writer.try_swap_buffers().unwrap(), version);
    assert!(!writer.settle_with(|_| ()));
    assert!(guard.is_empty());
    drop(guard);
    assert_eq!(writer.verify_copies(), Ok(()));
}

#[test]
fn settling_reaches_both_copies_under_one_version() {
    let mut writer: OpWriteHandle<Vec<u8>, AppendByte> = OpWriteHandle::new(DelayWriteHandle::new(
        WriteHandle::new(Vec::with_capacity(100), Vec::with_capacity(100)),
    ));
    writer.push(AppendByte);
    let version = writer.swap_buffers();
    let shrink = |bytes: &mut Vec<u8>| {
        let needed_it = bytes.capacity() > bytes.len();
        bytes.shrink_to_fit();
        needed_it
    };
    assert!(writer.settle_with(shrink));
    assert!(writer.settle_with(shrink));
    assert!(!writer.settle_with(shrink), "both are settled");
    assert_eq!(writer.version(), version);
    assert_eq!(writer.get().read_buffer().capacity(), 1);
    assert_eq!(writer.get().write_buffer().capacity(), 1);
    writer.push(AppendByte);
    assert!(
        !writer.settle_with(shrink),
        "a pending operation comes first"
    );
    assert_eq!(writer.pending().len(), 1);
}

struct AppendByte;

impl Operation<Vec<u8>> for AppendByte {
    fn apply(&mut self, target: &mut Vec<u8>) {
        target.push(7);
    }
}

#[test]
fn an_operation_that_differs_on_the_two_copies_is_found() {
    struct Counted(Rc<Cell<u32>>);
    impl Operation<u32> for Counted {
        fn apply(&mut self, target: &mut u32) {
            self.0.set(self.0.get() + 1);
            *target = self.0.get();
        }
    }
    let mut writer = log_over(0);
    writer.push(Counted(Rc::default()));
    let differ: CopiesDiffer = writer.verify_copies().unwrap_err();
    assert!(differ.to_string().contains("differ"));
}

#[test]
fn zero_sized_operations_are_counted() {
    let mut writer = log_over(Vec::new());
    writer.extend((0..1000).map(|_| AppendByte));
    assert_eq!(writer.pending().len(), 1000);
    writer.swap_buffers();
    assert_eq!(writer.read_handle().read().len(), 1000);
    assert_eq!(writer.verify_copies(), Ok(()));
}

#[test]
fn dropping_the_writer_discards_what_was_not_published() {
    let mut writer = log_over(Lines::new());
    let reader = writer.read_handle();
    writer.push(Append("a"));
    writer.swap_buffers();
    writer.push(Append("b"));
    writer.catch_up();
    drop(writer);
    assert_eq!(*reader.read(), ["a"]);
    assert!(!reader.is_writer_alive());
}

/// Panics when it is applied for the `nth` time, over all its applications.
struct PanicOn {
    nth: usize,
    applied: Arc<AtomicUsize>,
}

impl Operation<Lines> for PanicOn {
    fn apply(&mut self, target: &mut Lines) {
        target.push("half".to_owned());
        if self.applied.fetch_add(1, Ordering::Relaxed) + 1 == self.nth {
            panic!("planted");
        }
    }
}

#[test]
fn a_panic_on_the_first_copy_publishes_nothing_and_poisons() {
    for position in 0..3 {
        let mut writer = log_over(Lines::new());
        let reader = writer.read_handle();
        let applied = Arc::new(AtomicUsize::new(0));
        for i in 0..3 {
            writer.push(PanicOn {
                nth: if i == position { i + 1 } else { usize::MAX },
                applied: Arc::clone(&applied),
            });
        }
        let panic = catch_unwind(AssertUnwindSafe(|| writer.swap_buffers())).unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"planted"));
        assert!(reader.read().is_empty());
        assert_poisoned(&mut writer);
        assert_eq!(writer.pending().len(), 3, "what was pushed is kept");
    }
}

#[test]
fn a_panic_on_the_second_copy_leaves_the_published_one_whole() {
    for position in 0..3 {
        let mut writer = log_over(Lines::new());
        let reader = writer.read_handle();
        let applied = Arc::new(AtomicUsize::new(0));
        for i in 0..3 {
            writer.push(PanicOn {
                nth: if i == position { 3 + i + 1 } else { usize::MAX },
                applied: Arc::clone(&applied),
            });
        }
        let version = writer.swap_buffers();
        assert_eq!(reader.read().len(), 3);
        catch_unwind(AssertUnwindSafe(|| {
            writer.catch_up();
        }))
        .unwrap_err();
        assert_eq!(reader.read().len(), 3);
        assert_eq!(reader.version(), version);
        assert_poisoned(&mut writer);
    }
}

fn assert_poisoned(writer: &mut OpWriteHandle<Lines, PanicOn>) {
    assert!(writer.is_poisoned());
    assert!(matches!(
        writer.try_swap_buffers(),
        Err(SwapError::Poisoned(_))
    ));
    assert!(matches!(writer.try_catch_up(), Err(SwapError::Poisoned(_))));
    let timeout = std::time::Duration::MAX;
    assert!(matches!(
        writer.swap_buffers_timeout(timeout),
        Err(SwapError::Poisoned(_))
    ));
    catch_unwind(AssertUnwindSafe(|| writer.swap_buffers())).unwrap_err();
    catch_unwind(AssertUnwindSafe(|| writer.settle_with(|_| ()))).unwrap_err();
    // Readers may still be made, cloned and dropped.
    drop(writer.read_handle().clone());
}

#[test]
fn what_is_owed_is_replayed_in_steps_and_a_swap_does_the_rest() {
    for steps in [0, 1, 3, 4] {
        let mut writer = log_over::<Lines, _>(Vec::new());
        writer.extend(["a", "b", "c", "d", "e"].map(Append));
        writer.swap_buffers();
        writer.push(Append("pending"));
        for step in 1..=steps {
            // The fourth step finds one operation that is left.
            let is_done = writer.try_replay(if step < 4 { 1 } else { 2 }).unwrap();
            assert_eq!(is_done, step == 4);
        }
        if steps == 4 {
            assert_eq!(writer.get().write_buffer().len(), 5);
        } else {
            assert_eq!(writer.get().write_buffer().len(), steps);
        }
        assert_eq!(writer.pending().len(), 1);
        assert!(!writer.is_caught_up() && !writer.is_settled());
        writer.swap_buffers();
        writer.verify_copies().unwrap();
        let reader = writer.read_handle();
        assert_eq!(*reader.read(), ["a", "b", "c", "d", "e", "pending"]);
    }
}

/// Counts its drops, and panics if it is told to.
struct Frail(bool, Arc<AtomicUsize>);

impl Operation<u32> for Frail {
    fn apply(&mut self, target: &mut u32) {
        *target += 1;
    }

    fn apply_once(self, target: &mut u32) {
        assert!(!self.0, "planted");
        *target += 1;
    }
}

impl Drop for Frail {
    fn drop(&mut self) {
        self.1.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn a_step_that_panics_poisons_and_drops_what_is_owed_once() {
    for fails_at in 0..5 {
        let dropped = Arc::new(AtomicUsize::new(0));
        let mut writer = log_over(0);
        writer.extend((0..5).map(|n| Frail(n == fails_at, Arc::clone(&dropped))));
        writer.swap_buffers();
        let panicked =
            (0..5).find(|_| catch_unwind(AssertUnwindSafe(|| writer.try_replay(1))).is_err());
        assert_eq!(panicked, Some(fails_at));
        assert_eq!(dropped.load(Ordering::SeqCst), 5);
        assert!(writer.is_poisoned());
        assert!(matches!(writer.try_replay(1), Err(SwapError::Poisoned(_))));
        assert!(!writer.catch_up_if_ready());
        writer.rebuild().unwrap();
        assert_eq!(*writer.catch_up(), 5);
    }
}

#[test]
fn a_writer_that_ends_between_two_steps_drops_what_is_owed_once() {
    let dropped = Arc::new(AtomicUsize::new(0));
    let mut writer = log_over(0);
    writer.extend((0..5).map(|_| Frail(false, Arc::clone(&dropped))));
    writer.swap_buffers();
    writer.try_replay(2).unwrap();
    assert_eq!(dropped.load(Ordering::SeqCst), 2);
    drop(writer);
    assert_eq!(dropped.load(Ordering::SeqCst), 5);
}

/// Nothing else may happen where a thread publishes that must run nobody's code.
#[test]
fn only_what_is_applied_whole_is_published_by_a_swap_and_nothing_else() {
    let mut writer = log_over::<Lines, _>(Vec::new());
    assert_eq!(writer.swap_applied(|_| ()), None, "nothing is pending");
    writer.push(Append("a"));
    assert_eq!(writer.swap_applied(|_| ()), None, "it is not applied");
    writer.catch_up();
    assert_eq!(
        writer
            .swap_applied(|_| ())
            .map(|(version, ())| version.as_u64()),
        Some(1)
    );
    writer.push(Append("b"));
    assert_eq!(
        writer.swap_applied(|_| ()),
        None,
        "the other copy lacks one"
    );
    writer.catch_up();

    let reader = writer.read_handle();
    let guard = reader.read();
    assert!(writer.swap_applied(|_| ()).is_some());
    writer.push(Append("c"));
    assert!(
        !writer.catch_up_if_ready(),
        "a reader is in the writer's copy"
    );
    assert_eq!(
        writer.swap_applied(|_| ()),
        None,
        "a reader is in the writer's copy"
    );
    drop(guard);
    assert!(!writer.catch_up_if_ready(), "it looks at no reader");
    writer.catch_up();
    assert!(writer.catch_up_if_ready());
    let panic = catch_unwind(AssertUnwindSafe(|| {
        writer.swap_applied(|_| panic!("planted"))
    }));
    assert!(panic.is_err());
    assert_eq!(reader.read().len(), 2, "nothing is published");
    assert!(writer.is_poisoned());
    writer.rebuild().unwrap();
    writer.swap_buffers();
    assert_eq!(*reader.read(), ["a", "b", "c"]);
    writer.verify_copies().unwrap();
}
