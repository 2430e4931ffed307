//! A global allocator that reads: a thread's first read may come during any allocation or release.
//!
//! Each case runs again and again, on a new thread each time. The read comes during the first allocator call of the
//! case, then during the second, and so on, until the case makes no more calls.
#![cfg(not(loom))]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io::{self, Write};
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use std::{process, ptr};

use left_right::{DelayWriteHandle, ReadGuard, ReadHandle, SharedReader, WriteHandle};

mod readers;
mod swaps;
mod threads;

/// Far longer than any case takes, so that a case that would hang aborts instead.
const FAR: Duration = Duration::from_secs(60);

struct Reading;

#[derive(Clone, Copy)]
struct Armed {
    reader: &'static SharedReader<u64>,
    /// How many further calls pass before the action.
    calls_before: u32,
    action: Action,
    is_done: &'static AtomicBool,
}

#[derive(Clone, Copy)]
enum Action {
    Read,
    ReadAndKeep,
    /// Drops the guard that was kept.
    EndKept,
    /// Makes a shared reader, which is the first one of its structure if another one is still being made.
    MakeReader,
}

thread_local! {
    // None has a destructor, so the allocator may use them as long as the thread lives.
    static HANDLE: Cell<Option<&'static ReadHandle<u64>>> = const { Cell::new(None) };
    static ARMED: Cell<Option<Armed>> = const { Cell::new(None) };
    static KEPT: Cell<Option<ManuallyDrop<ReadGuard<'static, u64>>>> = const { Cell::new(None) };
}

/// Runs at each call of the allocator.
fn call() {
    // Taken, so that an allocation by the read itself is not counted.
    let Some(mut armed) = ARMED.take() else {
        return;
    };
    if armed.calls_before > 0 {
        armed.calls_before -= 1;
        ARMED.set(Some(armed));
        return;
    }
    match armed.action {
        Action::Read => drop(armed.reader.read()),
        Action::ReadAndKeep => KEPT.set(Some(ManuallyDrop::new(armed.reader.read()))),
        Action::EndKept => end_kept(),
        Action::MakeReader => drop(HANDLE.get().map(ReadHandle::shared_reader)),
    }
    armed.is_done.store(true, Ordering::SeqCst);
}

fn end_kept() {
    drop(KEPT.take().map(ManuallyDrop::into_inner));
}

// SAFETY: each call is passed on unchanged to the system's allocator.
unsafe impl GlobalAlloc for Reading {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        call();
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        call();
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        call();
        // SAFETY: as the caller promises.
        unsafe { System.realloc(block, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Reading = Reading;

/// Aborts the process unless it is dropped in time.
struct Watchdog(Arc<AtomicBool>, JoinHandle<()>);

impl Watchdog {
    fn new() -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let watched = Arc::clone(&is_over);
        let thread = thread::spawn(move || {
            let begin = Instant::now();
            while !watched.load(Ordering::SeqCst) {
                if begin.elapsed() > FAR {
                    // Not by a macro, whose output the harness captures.
                    let _ = writeln!(io::stderr(), "a case hangs");
                    process::abort();
                }
                thread::park_timeout(FAR);
            }
        });
        Watchdog(is_over, thread)
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
        self.1.thread().unpark();
    }
}

/// Lends a value for `'static`, for an allocator that may use it at any time. The list keeps the value reachable for
/// a leak detector.
fn leak<T>(value: T) -> &'static T {
    static LENT: Mutex<Vec<usize>> = Mutex::new(Vec::new());
    let lent: &'static T = Box::leak(Box::new(value));
    LENT.lock()
        .unwrap()
        .push(ptr::from_ref(lent).expose_provenance());
    lent
}

/// The structure of a case, and the reader that the allocator uses.
struct Subject {
    writer: DelayWriteHandle<u64>,
    reader: &'static SharedReader<u64>,
}

impl Subject {
    fn new() -> Self {
        let writer = DelayWriteHandle::new(WriteHandle::cloned(7));
        // Leaked: a kept guard borrows it.
        let reader = leak(writer.shared_reader());
        Subject { writer, reader }
    }

    fn handles(&self, count: usize) -> Vec<ReadHandle<u64>> {
        (0..count).map(|_| self.writer.read_handle()).collect()
    }
}

/// Runs `case` with a read during each allocator call in turn, from the call of `arm` until the drop of what `case`
/// returns.
fn at_every_call<R>(case: impl Fn(Subject, &dyn Fn()) -> R + Copy + Send + Sync + 'static) {
    for action in [Action::Read, Action::ReadAndKeep] {
        let mut calls = 0;
        while has_read_at(calls, action, case) {
            calls += 1;
            assert!(calls < 10_000, "a case has no end");
        }
        assert!(calls > 0, "no allocator call in the case");
    }
}

fn has_read_at<R>(
    calls_before: u32,
    action: Action,
    case: impl Fn(Subject, &dyn Fn()) -> R + Send + 'static,
) -> bool {
    let _watchdog = Watchdog::new();
    let is_done = leak(AtomicBool::new(false));
    thread::spawn(move || {
        let subject = Subject::new();
        let reader = subject.reader;
        let result = case(subject, &|| {
            ARMED.set(Some(Armed {
                reader,
                calls_before,
                action,
                is_done,
            }));
        });
        drop(result);
        ARMED.set(None);
        if let Some(kept) = KEPT.take() {
            assert!(**kept >= 7);
            KEPT.set(Some(kept));
            end_kept();
        }
    })
    .join()
    .expect("the case passes");
    is_done.load(Ordering::SeqCst)
}
