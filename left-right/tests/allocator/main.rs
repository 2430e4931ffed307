//! A global allocator that reads: a thread's first read may come in the midst of any allocation or release.
//!
//! Each case runs again and again, on a new thread each time: the read comes in the midst of the first
//! allocator call of the case, then of the second, and so on, until there are no more of them.
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

/// Far more than any case takes: one that would hang aborts instead.
const FAR: Duration = Duration::from_secs(60);

struct Reading;

#[derive(Clone, Copy)]
struct Armed {
    reader: &'static SharedReader<u64>,
    /// So many calls more go by before something is done.
    calls_before: u32,
    action: Action,
    is_done: &'static AtomicBool,
}

#[derive(Clone, Copy)]
enum Action {
    Read,
    ReadAndKeep,
    /// Ends the guard that was kept.
    EndKept,
    /// Makes a shared reader, the first one of its structure if that is only being made.
    MakeReader,
}

thread_local! {
    // None has a destructor, so that the allocator may use them as long as the thread lives.
    static HANDLE: Cell<Option<&'static ReadHandle<u64>>> = const { Cell::new(None) };
    static ARMED: Cell<Option<Armed>> = const { Cell::new(None) };
    static KEPT: Cell<Option<ManuallyDrop<ReadGuard<'static, u64>>>> = const { Cell::new(None) };
}

/// One call of the allocator.
fn call() {
    // Taken, so that what the read itself allocates is no call.
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

// SAFETY: every call is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Reading {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        call();
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        call();
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        call();
        // SAFETY: the caller's promise.
        unsafe { System.realloc(block, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Reading = Reading;

/// Ends the process unless it is dropped in time.
struct Watchdog(Arc<AtomicBool>, JoinHandle<()>);

impl Watchdog {
    fn new() -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let watched = Arc::clone(&is_over);
        let thread = thread::spawn(move || {
            let begin = Instant::now();
            while !watched.load(Ordering::SeqCst) {
                if begin.elapsed() > FAR {
                    // Not by a macro, whose output the harness keeps to itself.
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

/// Lent for good, for an allocator that may call at any time. The list keeps it in reach of a search for leaks.
fn leak<T>(value: T) -> &'static T {
    static LENT: Mutex<Vec<usize>> = Mutex::new(Vec::new());
    let lent: &'static T = Box::leak(Box::new(value));
    LENT.lock()
        .unwrap()
        .push(ptr::from_ref(lent).expose_provenance());
    lent
}

/// A case's structure, and the reader by which the allocator reads it.
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

/// Runs `case` with a read in the midst of each allocator call in turn, between `arm` and the end of what
/// it returns.
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
    .expect("the case holds");
    is_done.load(Ordering::SeqCst)
}
