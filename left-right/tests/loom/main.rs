//! Models of the protocol, explored by loom.
//!
//! ```sh
//! LOOM_MAX_PREEMPTIONS=3 RUSTFLAGS="--cfg loom" cargo test --release -p left-right --test loom
//! ```
//!
//! The payload is a cell that loom watches: a read in a guard marks it for the guard's whole life,
//! and every change or freeing of a copy is a write.
//! So a model fails by itself if a writer touches a copy that a reader is in, or one whose reads do
//! not happen before.
//! Each model runs with pointers that readers enter by the light fence, with tagged ones, and with
//! both in turn.
//! That each of them can fail is shown by `.ci/mutants`.
#![cfg(loom)]

mod counts;
mod lent;
mod lock;
mod lock_async;
mod snapshot;
mod untag;

use left_right::{
    Builder, DelayWriteHandle, FenceMode, OpWriteHandle, Operation, ReadHandle, WriteHandle,
    model_light_fence,
};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use loom::thread;

/// The copies hold the number of the version that they are published as.
fn writer(mode: FenceMode) -> WriteHandle<u64> {
    Builder::new().fence(mode).build(0, 0)
}

fn model(body: impl Fn(FenceMode) + Sync + Send + Copy + 'static) {
    explore(loom::model::Builder::new(), body);
}

/// For the largest models: one preemption less than the others get.
fn shallow_model(body: impl Fn(FenceMode) + Sync + Send + Copy + 'static) {
    explore(shallow(), body);
}

fn shallow() -> loom::model::Builder {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = builder.preemption_bound.map(|bound| bound.min(2));
    builder
}

fn explore(builder: loom::model::Builder, body: impl Fn(FenceMode) + Sync + Send + Copy + 'static) {
    // In a model, `Auto` switches with every swap.
    for mode in [FenceMode::Membarrier, FenceMode::SeqCst, FenceMode::Auto] {
        builder.check(move || body(mode));
    }
}

/// Puts the next version's number into the writer's copy and swaps it in.
fn publish_next(writer: &mut DelayWriteHandle<u64>) {
    let next = writer.version().as_u64() + 1;
    *writer.finish_swap().write_buffer_mut() = next;
    writer.start_swap();
}

/// Reads once, and checks that the guard shows what its version says, also after others ran.
fn read(reader: &ReadHandle<u64>) -> u64 {
    let guard = reader.read();
    thread::yield_now();
    assert_eq!(*guard, guard.version().as_u64());
    *guard
}

#[test]
fn enter_against_swap_and_wait() {
    model(|mode| {
        let mut writer = writer(mode);
        let reader = writer.read_handle();
        let thread = thread::spawn(move || {
            read(&reader);
        });
        *writer.write_buffer_mut() = 1;
        writer.swap_buffers();
        // Needs the wait: the copy that the reader may be in.
        *writer.write_buffer_mut() = 2;
        thread.join().unwrap();
    });
}

#[test]
fn two_swaps_in_a_row_against_two_reads() {
    model(|mode| {
        let mut writer = DelayWriteHandle::new(writer(mode));
        let reader = writer.read_handle();
        let thread = thread::spawn(move || {
            let first = read(&reader);
            assert!(read(&reader) >= first, "a version went back");
        });
        publish_next(&mut writer);
        publish_next(&mut writer);
        *writer.finish_swap().write_buffer_mut() = 3;
        thread.join().unwrap();
    });
}

#[test]
fn two_readers_against_two_swaps() {
    shallow_model(|mode| {
        let mut writer = DelayWriteHandle::new(writer(mode));
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let reader = writer.read_handle();
                thread::spawn(move || {
                    read(&reader);
                })
            })
            .collect();
        publish_next(&mut writer);
        publish_next(&mut writer);
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

#[test]
fn a_read_that_begins_after_the_swap_returned_sees_it() {
    model(|mode| {
        let mut writer = DelayWriteHandle::new(writer(mode));
        let reader = writer.read_handle();
        let published = Arc::new(AtomicU64::new(0));
        let seen = Arc::clone(&published);
        let thread = thread::spawn(move || {
            let floor = seen.load(Ordering::Acquire);
            assert!(read(&reader) >= floor);
        });
        publish_next(&mut writer);
        published.store(1, Ordering::Release);
        publish_next(&mut writer);
        published.store(2, Ordering::Release);
        thread.join().unwrap();
    });
}

#[test]
fn versions_never_go_back_across_readers() {
    model(|mode| {
        let mut writer = DelayWriteHandle::new(writer(mode));
        let (first, second) = (writer.read_handle(), writer.read_handle());
        let handed = Arc::new(AtomicU64::new(0));
        let other = Arc::clone(&handed);
        let giver = thread::spawn(move || handed.store(read(&first), Ordering::Release));
        let taker = thread::spawn(move || {
            let floor = other.load(Ordering::Acquire);
            assert!(read(&second) >= floor);
        });
        publish_next(&mut writer);
        giver.join().unwrap();
        taker.join().unwrap();
    });
}

/// The writer may see that a reader has gone on to the next copy without having seen it outside.
/// A real light fence orders nothing for other threads, so here there is none: what the reader and
/// the writer must know of each other beforehand, they are told.
#[test]
fn arriving_in_the_next_copy_ends_the_reads_of_the_last() {
    loom::model(|| {
        let mut writer = DelayWriteHandle::new(writer(FenceMode::Membarrier));
        model_light_fence(false);
        let reader = writer.read_handle();
        let inside = Arc::new(AtomicBool::new(false));
        let swapped = Arc::new(AtomicBool::new(false));
        let thread = thread::spawn({
            let (inside, swapped) = (Arc::clone(&inside), Arc::clone(&swapped));
            move || {
                let guard = reader.read();
                inside.store(true, Ordering::Release);
                drop(guard);
                if swapped.load(Ordering::Acquire) {
                    assert_eq!(read(&reader), 1);
                }
            }
        });
        while !inside.load(Ordering::Acquire) {
            thread::yield_now();
        }
        *writer.finish_swap().write_buffer_mut() = 1;
        writer.start_swap();
        swapped.store(true, Ordering::Release);
        *writer.finish_swap().write_buffer_mut() = 2;
        thread.join().unwrap();
    });
}

#[test]
fn a_handle_joins_during_a_scan() {
    model(|mode| {
        let mut writer = DelayWriteHandle::new(writer(mode));
        let factory = writer.factory();
        // From here on the writer has a list of its own.
        publish_next(&mut writer);
        let thread = thread::spawn(move || {
            let reader = factory.handle();
            read(&reader);
        });
        publish_next(&mut writer);
        publish_next(&mut writer);
        thread.join().unwrap();
    });
}

#[test]
fn a_handle_quits_during_a_wait() {
    model(|mode| {
        let mut writer = DelayWriteHandle::new(writer(mode));
        let reader = writer.read_handle();
        let bystander = writer.read_handle();
        let thread = thread::spawn(move || {
            read(&reader);
            drop(reader);
        });
        let leaver = thread::spawn(move || drop(bystander));
        publish_next(&mut writer);
        publish_next(&mut writer);
        thread.join().unwrap();
        leaver.join().unwrap();
    });
}

#[test]
fn the_writer_is_dropped_while_readers_read() {
    model(|mode| {
        let mut writer = DelayWriteHandle::new(writer(mode));
        let reader = writer.read_handle();
        let thread = thread::spawn(move || {
            read(&reader);
            let alive = reader.is_writer_alive();
            let version = read(&reader);
            assert!(alive || version == 1, "the last state is not there");
        });
        publish_next(&mut writer);
        // Between swap and wait: the other copy may have a reader, and must not be freed.
        drop(writer);
        thread.join().unwrap();
    });
}

/// Without a light fence, which would order more than it promises: what a reader knows here, it
/// knows from having learned that the writer has ended.
#[test]
fn a_reader_that_learns_of_the_writers_end_sees_its_last_state() {
    loom::model(|| {
        let mut writer = DelayWriteHandle::new(writer(FenceMode::Membarrier));
        model_light_fence(false);
        let reader = writer.read_handle();
        let thread = thread::spawn(move || {
            if !reader.is_writer_alive() {
                assert_eq!(read(&reader), 1);
            }
        });
        publish_next(&mut writer);
        drop(writer);
        thread.join().unwrap();
    });
}

#[test]
fn the_last_reader_is_dropped_after_the_writer() {
    model(|mode| {
        let mut writer = DelayWriteHandle::new(writer(mode));
        let reader = writer.read_handle();
        publish_next(&mut writer);
        let thread = thread::spawn(move || drop(writer));
        assert_eq!(read(&reader), 1);
        drop(reader);
        thread.join().unwrap();
    });
}

/// Counts its applications: a copy that missed one, or had one twice, does not fit its version.
struct Add;

impl Operation<u64> for Add {
    fn apply(&mut self, target: &mut u64) {
        *target += 1;
    }
}

#[test]
fn a_rebuild_goes_past_a_reader_that_stays() {
    model(|mode| {
        let mut writer = OpWriteHandle::new(DelayWriteHandle::new(writer(mode)));
        let reader = writer.read_handle();
        let thread = thread::spawn(move || {
            read(&reader);
            reader
        });
        writer.push(Add);
        writer.swap_buffers();
        writer.rebuild().unwrap();
        writer.push(Add);
        writer.swap_buffers();
        // Looks at the retired copy too, and frees it if it may.
        let _ = writer.try_catch_up();
        let reader = thread.join().unwrap();
        assert_eq!(read(&reader), 2);
        assert_eq!(*writer.catch_up(), 2);
    });
}

/// In a model, a swap with nothing to publish always takes a tag off, in `Auto`.
#[test]
fn a_pointer_loses_its_tag_between_swaps() {
    model(|mode| {
        let mut writer = OpWriteHandle::new(DelayWriteHandle::new(writer(mode)));
        writer.push(Add);
        writer.swap_buffers();
        let reader = writer.read_handle();
        let thread = thread::spawn(move || {
            read(&reader);
        });
        writer.swap_buffers();
        writer.push(Add);
        writer.swap_buffers();
        assert_eq!(*writer.catch_up(), 2);
        thread.join().unwrap();
    });
}

#[test]
fn nested_guards_are_one_critical_section() {
    model(|mode| {
        let mut writer = DelayWriteHandle::new(writer(mode));
        let reader = writer.read_handle();
        let thread = thread::spawn(move || {
            let outer = reader.read();
            let inner = reader.read();
            assert_eq!(outer.version(), inner.version());
            // Out of order: the inner one goes on.
            drop(outer);
            thread::yield_now();
            assert_eq!(*inner, inner.version().as_u64());
        });
        publish_next(&mut writer);
        publish_next(&mut writer);
        thread.join().unwrap();
    });
}

#[test]
fn a_try_that_says_free_is_right() {
    model(|mode| {
        let mut writer = DelayWriteHandle::new(writer(mode));
        let reader = writer.read_handle();
        let thread = thread::spawn(move || {
            read(&reader);
        });
        publish_next(&mut writer);
        if let Ok(free) = writer.try_finish_swap() {
            *free.write_buffer_mut() = 2;
        }
        thread.join().unwrap();
    });
}
