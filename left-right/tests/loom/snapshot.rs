//! Snapshots that one thread takes and another one reads and drops.
//!
//! As with guards that are lent, the payload is a cell that loom watches for itself: the reads of both threads must
//! happen before the writer's next change of that copy.

use left_right::{Builder, DelayWriteHandle, FenceMode, Snapshot};
use loom::thread;

use super::lent::Watched;
use super::model;

fn writer(mode: FenceMode) -> DelayWriteHandle<Watched> {
    let builder = Builder::new().fence(mode);
    DelayWriteHandle::new(builder.build(Watched::new(), Watched::new()))
}

/// Puts the next version's number into the writer's copy and swaps it in.
fn publish_next(writer: &mut DelayWriteHandle<Watched>) {
    let next = writer.version().as_u64() + 1;
    writer.finish_swap().write_buffer_mut().set(next);
    writer.start_swap();
}

fn check(snapshot: &Snapshot<Watched>) {
    assert_eq!(snapshot.get(), snapshot.version().as_u64());
}

#[test]
fn a_snapshot_is_read_and_dropped_by_another_thread_than_took_it() {
    model(|mode| {
        let mut writer = writer(mode);
        let reader = writer.read_handle();
        let taker = thread::spawn(move || {
            let snapshot = reader.into_snapshot();
            check(&snapshot);
            let other = thread::spawn(move || check(&snapshot));
            other.join().unwrap();
        });
        publish_next(&mut writer);
        publish_next(&mut writer);
        // The copy that both threads may have been reading.
        writer.finish_swap().write_buffer_mut().set(3);
        taker.join().unwrap();
    });
}

/// The last one to have the structure is a thread that has not taken the snapshot.
#[test]
fn a_snapshot_outlives_the_writer_on_another_thread() {
    model(|mode| {
        let mut writer = writer(mode);
        let snapshot = writer.read_handle().into_snapshot();
        let thread = thread::spawn(move || check(&snapshot));
        publish_next(&mut writer);
        // Between swap and wait: the snapshot's copy must not be freed.
        drop(writer);
        thread.join().unwrap();
    });
}
