//! Swaps with nothing pending, which settle both copies.

use std::rc::Rc;

use left_right::{DelayWriteHandle, OpWriteHandle, Operation, WriteHandle};

use super::{Append, AppendByte, Lines, log_over};

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
    assert!(!writer.settle_with(shrink), "both copies are settled");
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
