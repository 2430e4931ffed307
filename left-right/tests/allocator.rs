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

#[test]
fn a_read_may_come_while_a_reader_joins() {
    at_every_call(|subject, arm| {
        let mut handles = Vec::with_capacity(9);
        arm();
        for _ in 0..9 {
            handles.push(subject.writer.read_handle());
        }
        ARMED.set(None);
        (subject, handles)
    });
}

#[test]
fn a_read_may_come_while_a_reader_quits() {
    at_every_call(|subject, arm| {
        let handles = subject.handles(40);
        arm();
        drop(handles);
        ARMED.set(None);
        subject
    });
}

#[test]
fn a_read_may_come_in_the_midst_of_a_scan() {
    // No list, any moment around the swap that makes it, and one made long ago.
    for quiet_swaps in [0].into_iter().chain(14..20).chain([40]) {
        at_every_call(move |mut subject, arm| {
            let handles = subject.handles(9);
            for _ in 0..quiet_swaps {
                subject.writer.start_swap();
            }
            let guards: Vec<_> = handles.iter().map(ReadHandle::read).collect();
            arm();
            subject.writer.start_swap();
            ARMED.set(None);
            assert!(!subject.writer.is_swap_finished());
            drop(guards);
            assert!(subject.writer.is_swap_finished());
            drop(handles);
            subject
        });
    }
}

#[test]
fn a_read_may_come_while_an_outdated_list_is_given_up() {
    at_every_call(|mut subject, arm| {
        let mut handles = subject.handles(9);
        for _ in 0..40 {
            subject.writer.start_swap();
        }
        handles.truncate(8);
        arm();
        subject.writer.start_swap();
        ARMED.set(None);
        assert!(subject.writer.is_swap_finished());
        (subject, handles)
    });
}

#[test]
fn a_read_may_come_while_an_error_names_the_readers() {
    at_every_call(|mut subject, arm| {
        let handles = subject.handles(3);
        handles[0].set_label("the first");
        let guards: Vec<_> = handles.iter().map(ReadHandle::read).collect();
        subject.writer.start_swap();
        arm();
        let busy = subject.writer.try_finish_swap().unwrap_err();
        ARMED.set(None);
        assert_eq!(busy.readers().len(), 3);
        drop(guards);
        drop(handles);
        subject
    });
}

/// Of a structure whose writer ends, and of another one that ends with it.
#[test]
fn a_read_may_come_while_a_structure_ends() {
    at_every_call(|mut subject, arm| {
        let handle = subject.writer.read_handle();
        let other = WriteHandle::cloned(8);
        let other_reader = other.shared_reader();
        assert_eq!(*other_reader.read(), 8);
        let guard = handle.read();
        subject.writer.start_swap();
        arm();
        drop(subject.writer);
        drop(guard);
        drop(handle);
        drop((other, other_reader));
    });
}

/// The thread's list is full, so a first read gives up its readers of structures that are gone, of one that is
/// just closing too.
#[test]
fn a_first_read_that_sweeps_may_come_while_structures_end() {
    at_every_call(|subject, arm| {
        let others: Vec<_> = (0..8)
            .map(|number| {
                let other = WriteHandle::cloned(number);
                let reader = other.shared_reader();
                assert_eq!(*reader.read(), number);
                (other, reader)
            })
            .collect();
        let mut handles: Vec<_> = (0..9).map(|_| others[0].0.read_handle()).collect();
        let last = handles.pop();
        drop(handles);
        arm();
        drop(others);
        drop(last);
        ARMED.set(None);
        subject
    });
}

#[test]
fn a_read_may_come_while_shared_readers_of_other_structures_are_made() {
    at_every_call(|subject, arm| {
        let mut others = Vec::with_capacity(9);
        arm();
        for number in 0..9 {
            let other = WriteHandle::cloned(number);
            let reader = other.shared_reader();
            assert_eq!(*reader.read(), number);
            others.push((other, reader));
        }
        ARMED.set(None);
        (subject, others)
    });
}

#[test]
fn a_shared_reader_may_be_made_while_the_first_one_of_its_structure_is() {
    // Now and then the list of their numbers grows: a larger one is allocated, and the smaller one freed.
    (0..2).for_each(make_reader_at);
}

fn make_reader_at(calls_before: u32) {
    let _watchdog = Watchdog::new();
    let is_done = leak(AtomicBool::new(false));
    let subject = Subject::new();
    // Each keeps its number, so the list grows for one of them, whatever numbers others draw meanwhile.
    let mut kept = Vec::new();
    while !is_done.load(Ordering::SeqCst) {
        let structure = kept.len() as u64;
        assert!(structure < 1_000_000, "no such allocator call in the case");
        let writer = WriteHandle::cloned(structure);
        HANDLE.set(Some(leak(writer.read_handle())));
        ARMED.set(Some(Armed {
            reader: subject.reader,
            calls_before,
            action: Action::MakeReader,
            is_done,
        }));
        let first = writer.shared_reader();
        ARMED.set(None);
        assert_eq!((*first.read(), *subject.reader.read()), (structure, 7));
        kept.push((writer, first));
    }
}

#[test]
fn a_read_may_come_while_a_thread_ends() {
    /// Arms the allocator for the end of its thread.
    struct Arm(Cell<Option<Armed>>);
    impl Drop for Arm {
        fn drop(&mut self) {
            ARMED.set(self.0.take());
        }
    }
    thread_local! {
        static ARM: Arm = const { Arm(Cell::new(None)) };
    }
    for has_read_before in [false, true] {
        let mut calls = 0;
        loop {
            let _watchdog = Watchdog::new();
            let is_done = leak(AtomicBool::new(false));
            let mut subject = Subject::new();
            let other = Subject::new();
            let (reader, other_reader) = (subject.reader, other.reader);
            thread::spawn(move || {
                // The list is the older one, so that it ends after this.
                assert_eq!(*other_reader.read(), 7);
                if has_read_before {
                    assert_eq!(*reader.read(), 7);
                }
                ARM.with(|arm| {
                    arm.0.set(Some(Armed {
                        reader,
                        calls_before: calls,
                        action: Action::Read,
                        is_done,
                    }));
                });
            })
            .join()
            .expect("the thread ends well");
            // Nothing of it is left in the way.
            assert_eq!(subject.writer.stats().readers, 0);
            assert_eq!(other.writer.stats().readers, 0);
            subject.writer.start_swap();
            assert!(subject.writer.is_swap_finished());
            if !is_done.load(Ordering::SeqCst) {
                break;
            }
            calls += 1;
        }
        assert!(calls > 0, "no allocator call in the case");
    }
}

/// Both guards are of the same thread, but the second was taken while the first was on its way: whichever
/// readers they have, each pins its copy.
#[test]
fn a_first_read_in_the_midst_of_which_another_comes_leaves_each_its_guard() {
    at_every_call(|mut subject, arm| {
        arm();
        let guard = subject.reader.read();
        ARMED.set(None);
        let kept = KEPT.take().map(ManuallyDrop::into_inner);
        let has_kept = kept.is_some();
        *subject.writer.finish_swap().write_buffer_mut() = 8;
        subject.writer.start_swap();
        assert_eq!(*guard, 7);
        assert!(!subject.writer.is_swap_finished());
        drop(guard);
        assert_eq!(subject.writer.is_swap_finished(), !has_kept);
        if let Some(kept) = kept {
            assert_eq!(*kept, 7);
            drop(kept);
        }
        *subject.writer.finish_swap().write_buffer_mut() = 9;
        assert_eq!(*subject.reader.read(), 8);
        assert_eq!(subject.writer.stats().readers, 1);
        subject
    });
}

/// A guard that was taken while the thread's list was being made has a reader that only it ends, and an error
/// that names this reader may be on its way just then.
#[test]
fn a_guard_may_end_while_an_error_names_its_reader() {
    let is_done = leak(AtomicBool::new(false));
    let arm = move |subject: &Subject, calls_before, action| {
        is_done.store(false, Ordering::SeqCst);
        ARMED.set(Some(Armed {
            reader: subject.reader,
            calls_before,
            action,
            is_done,
        }));
    };
    // Whether there was such a guard, and whether it ended while the error was made.
    let run = move |first_read, error| {
        let _watchdog = Watchdog::new();
        let thread = thread::spawn(move || {
            let mut subject = Subject::new();
            arm(&subject, first_read, Action::ReadAndKeep);
            drop(subject.reader.read());
            ARMED.set(None);
            let is_such = subject.writer.stats().readers == 2;
            subject.writer.start_swap();
            let has_kept = is_done.load(Ordering::SeqCst);
            arm(&subject, error, Action::EndKept);
            let is_busy = subject.writer.try_finish_swap().is_err();
            ARMED.set(None);
            assert_eq!(is_busy, has_kept);
            let has_ended = is_done.load(Ordering::SeqCst);
            end_kept();
            assert!(subject.writer.try_finish_swap().is_ok());
            assert_eq!(subject.writer.stats().readers, 1);
            (is_such, has_ended)
        });
        thread.join().expect("the case holds")
    };
    let first_read = (0..1000).find(|&call| run(call, u32::MAX).0);
    let first_read = first_read.expect("no such guard");
    let calls = (0..1000)
        .take_while(|&call| run(first_read, call).1)
        .count();
    assert!(calls > 0, "no allocator call in the case");
}
