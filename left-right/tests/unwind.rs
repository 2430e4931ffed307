//! What is left after a panic that a program catches, without any `AssertUnwindSafe`.

use std::panic::{catch_unwind, panic_any};

use left_right::{DelayWriteHandle, OpWriteHandle, Operation, ReadGuard, WriteHandle};

#[test]
fn readers_go_on_after_a_panic_in_a_read() {
    let mut writer = DelayWriteHandle::new(WriteHandle::new(1, 2));
    let (reader, shared, factory) = (
        writer.read_handle(),
        writer.shared_reader(),
        writer.factory(),
    );
    catch_unwind(|| reader.with(|_| panic_any("read"))).unwrap_err();
    catch_unwind(|| shared.with(|_| panic_any("read"))).unwrap_err();
    catch_unwind(|| factory.handle().with(|_| panic_any("read"))).unwrap_err();
    let guard = reader.read();
    catch_unwind(|| ReadGuard::map(shared.read(), |_| -> &u32 { panic_any(*guard) })).unwrap_err();
    drop(guard);
    // No read is still under way.
    writer.start_swap();
    writer.try_finish_swap().unwrap();
    assert_eq!((*reader.read(), *shared.read()), (2, 2));
}

#[test]
fn a_writer_that_unwinds_leaves_readers_the_last_published_state() {
    let mut writer = WriteHandle::cloned(vec![1]);
    let reader = writer.read_handle();
    catch_unwind(move || {
        writer.write_buffer_mut().push(2);
        writer.swap_buffers();
        writer.write_buffer_mut().push(3);
        panic_any("write");
    })
    .unwrap_err();
    assert!(!reader.is_writer_alive());
    assert_eq!(*reader.read(), [1, 2]);
}

#[test]
fn a_log_that_unwinds_leaves_readers_the_last_published_state() {
    struct Push(u32);

    impl Operation<Vec<u32>> for Push {
        fn apply(&mut self, target: &mut Vec<u32>) {
            target.push(self.0);
            assert!(self.0 < 3, "half-way");
        }
    }

    let mut writer = OpWriteHandle::new(DelayWriteHandle::new(WriteHandle::cloned(vec![1])));
    let reader = writer.read_handle();
    catch_unwind(move || {
        writer.push(Push(2));
        writer.swap_buffers();
        writer.extend([Push(2), Push(3)]);
        writer.swap_buffers();
    })
    .unwrap_err();
    assert_eq!(*reader.read(), [1, 2]);
}

#[test]
fn a_snapshot_is_released_by_a_panic_and_survives_one() {
    let mut writer = DelayWriteHandle::new(WriteHandle::new(1, 2));
    let shared = writer.shared_reader();
    let (owned, lent) = (shared.snapshot(), shared.snapshot());
    catch_unwind(move || panic_any(*owned)).unwrap_err();
    catch_unwind(|| panic_any(*lent)).unwrap_err();
    writer.start_swap();
    let busy = writer.try_finish_swap().unwrap_err();
    assert_eq!((busy.readers.len(), *lent), (1, 1));
    drop(lent);
    writer.try_finish_swap().unwrap();
}
