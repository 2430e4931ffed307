//! Reads during swaps, and during the errors of one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use left_right::ReadHandle;

use super::{ARMED, Action, Armed, Subject, Watchdog, at_every_call, end_kept, leak};

#[test]
fn a_read_may_come_during_a_scan() {
    // Without a list, at any swap around the one that makes it, and with a list made long ago.
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

/// A guard that was taken while the thread's list was being made has a detached reader, which ends with the guard.
/// An error that names this reader may be under construction at that moment.
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
    // Returns whether there was such a guard, and whether it ended while the error was made.
    let run = move |first_read, error| {
        let _watchdog = Watchdog::new();
        let thread = thread::spawn(move || {
            let mut subject = Subject::new();
            arm(&subject, first_read, Action::ReadAndKeep);
            drop(subject.reader.read());
            ARMED.set(None);
            let is_detached = subject.writer.stats().readers == 2;
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
            (is_detached, has_ended)
        });
        thread.join().expect("the case passes")
    };
    let first_read = (0..1000).find(|&call| run(call, u32::MAX).0);
    let first_read = first_read.expect("no such guard");
    let calls = (0..1000)
        .take_while(|&call| run(first_read, call).1)
        .count();
    assert!(calls > 0, "no allocator call in the case");
}
