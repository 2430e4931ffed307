//! Reads while a thread's list of readers changes or ends.

use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use left_right::WriteHandle;

use super::{ARMED, Action, Armed, HANDLE, KEPT, Subject, Watchdog, at_every_call, leak};

/// The thread's list is full, so a first read removes the readers of structures that have ended, and of one that is
/// closing at that moment.
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
    // Each keeps its number, so the list grows for one of them, whatever numbers other tests use meanwhile.
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
                // The list is made first, so that it ends after `ARM`.
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
            // No reader of the thread is left.
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

/// Both guards are of the same thread, but the second is taken while the first is being made. Whichever readers they
/// have, each pins its copy.
#[test]
fn a_first_read_during_another_one_leaves_each_its_guard() {
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
