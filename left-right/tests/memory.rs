//! Memory that handles, logs and copies give back, counted by the allocator.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicIsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use left_right::{DelayWriteHandle, OpWriteHandle, Operation, WriteHandle};

/// The system's allocator, with a count of the bytes in use.
struct Counting;

static IN_USE: AtomicIsize = AtomicIsize::new(0);

// SAFETY: each call is passed on unchanged to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        IN_USE.fetch_add(layout.size() as isize, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size() as isize, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Signed, since the test harness allocates and frees a little meanwhile. Hence the generous limits.
fn in_use() -> isize {
    IN_USE.load(Ordering::Relaxed)
}

/// Lets one test run at a time, since the tests share the count.
fn exclusively() -> MutexGuard<'static, ()> {
    static TEST: Mutex<()> = Mutex::new(());
    TEST.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Add(#[expect(dead_code, reason = "only its size matters")] u64);

impl Operation<u64> for Add {
    fn apply(&mut self, target: &mut u64) {
        *target += 1;
    }
}

#[test]
fn a_hundred_thousand_handles_give_their_memory_back() {
    let _exclusive = exclusively();
    let mut writer = WriteHandle::cloned(0);
    let factory = writer.factory();
    let before = in_use();
    let mut handles: Vec<_> = (0..100_000).map(|_| factory.handle()).collect();
    assert_eq!(writer.stats().readers, 100_000);
    let peak = in_use() - before;
    // From the end and from the middle, so that the registry moves its entries.
    while handles.len() > 1 {
        handles.swap_remove(handles.len() / 2);
        handles.truncate(handles.len().saturating_sub(1).max(1));
    }
    assert_eq!(writer.stats().readers, 1);
    *writer.write_buffer_mut() = 1;
    writer.swap_buffers();
    assert_eq!(*handles[0].read(), 1);
    drop(handles);
    let left = in_use() - before;
    assert!(left < peak / 100, "{left} of {peak} bytes are still in use");
}

/// One batch of ten million must not cost its memory forever.
#[test]
fn ten_million_operations_in_one_log_give_their_memory_back() {
    let _exclusive = exclusively();
    let mut writer: OpWriteHandle<u64, Add> =
        OpWriteHandle::new(DelayWriteHandle::new(WriteHandle::cloned(0)));
    let before = in_use();
    writer.extend((0..10_000_000).map(Add));
    writer.swap_buffers();
    assert!(in_use() - before >= 79_000_000, "the batch is owed");
    writer.swap_buffers();
    assert_eq!(*writer.read_handle().read(), 10_000_000);
    let left = in_use() - before;
    assert!(left < 64 * 1024, "{left} bytes are still in use");
}

#[test]
fn a_large_batch_among_small_ones_gives_its_memory_back_too() {
    let _exclusive = exclusively();
    let mut writer: OpWriteHandle<u64, Add> =
        OpWriteHandle::new(DelayWriteHandle::new(WriteHandle::cloned(0)));
    let before = in_use();
    writer.extend((0..1_000_000).map(Add));
    writer.swap_buffers();
    for n in 0..4 {
        writer.push(Add(n));
        writer.swap_buffers();
    }
    let left = in_use() - before;
    assert!(left < 64 * 1024, "{left} bytes are still in use");
}

/// A list whose replay had ended kept its capacity once.
#[test]
fn a_batch_that_is_replayed_in_steps_gives_its_memory_back() {
    let _exclusive = exclusively();
    let mut writer = OpWriteHandle::new(DelayWriteHandle::new(WriteHandle::cloned(0)));
    let before = in_use();
    writer.extend((0..1_000_000).map(Add));
    writer.swap_buffers();
    while !writer.try_replay(1_000).unwrap() {}
    writer.swap_buffers();
    assert!(writer.is_settled());
    let kept = in_use() - before;
    assert!(kept < 100_000, "{kept} bytes are kept by an idle writer");
}

#[test]
fn threads_that_have_read_leave_nothing_behind() {
    let _exclusive = exclusively();
    let round = || {
        let writer = WriteHandle::cloned(vec![0u8; 1000]);
        let reader = writer.shared_reader();
        for _ in 0..10 {
            let reader = reader.clone();
            std::thread::spawn(move || assert_eq!(reader.read().len(), 1000))
                .join()
                .unwrap();
        }
    };
    round();
    let before = in_use();
    for _ in 0..100 {
        round();
    }
    let left = in_use() - before;
    // A thousand threads have read; a slot of each alone would be 256 KiB.
    assert!(left < 64 * 1024, "{left} bytes are still in use");
}
