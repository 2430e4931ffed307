//! The operation log: which operations each copy gets, when, and in which order.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use left_right::{CopiesDiffer, DelayWriteHandle, OpWriteHandle, Operation, Version, WriteHandle};

mod panics;
mod settled;
mod steps;

type Lines = Vec<String>;

/// Appends a line.
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

/// For a thread that publishes and must run no user code.
#[test]
fn swap_applied_publishes_only_what_is_completely_applied() {
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
