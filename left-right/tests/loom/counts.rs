//! Sums of the readers' counters, beside readers that count and quit.

use left_right::{Counter, ReadGuard};
use loom::thread;

use super::{model, shallow_model, writer};

/// While the reader quits, its counts move from its slot to the totals.
#[test]
fn a_sum_beside_a_reader_that_quits_has_its_counts_once() {
    model(|mode| {
        let writer = writer(mode);
        let reader = writer.read_handle();
        ReadGuard::count(&mut reader.read(), Counter::First);
        let thread = thread::spawn(move || drop(reader));
        assert_eq!(writer.counts(), [1, 0]);
        thread.join().unwrap();
        assert_eq!(writer.counts(), [1, 0]);
    });
}

#[test]
fn sums_beside_a_reader_that_counts_and_quits_never_go_back() {
    model(|mode| {
        let writer = writer(mode);
        let reader = writer.read_handle();
        let thread = thread::spawn(move || {
            ReadGuard::count(&mut reader.read(), Counter::First);
            drop(reader);
        });
        let first = writer.counts()[0];
        let second = writer.counts()[0];
        assert!(first <= second, "{first}, then {second}");
        thread.join().unwrap();
        assert_eq!(writer.counts(), [1, 0]);
    });
}

/// A reader counts and quits while another one moves to its place in the list.
#[test]
fn a_sum_after_two_readers_were_joined_has_all_counts() {
    shallow_model(|mode| {
        let writer = writer(mode);
        let (quits, stays) = (writer.read_handle(), writer.read_handle());
        let quitting = thread::spawn(move || {
            ReadGuard::count(&mut quits.read(), Counter::First);
            drop(quits);
        });
        let counting = thread::spawn(move || {
            let mut guard = stays.read();
            ReadGuard::count(&mut guard, Counter::First);
            ReadGuard::count(&mut guard, Counter::Second);
            drop(guard);
            stays
        });
        let before = writer.counts();
        quitting.join().unwrap();
        let _stays = counting.join().unwrap();
        assert!(before[0] <= 2 && before[1] <= 1);
        assert_eq!(writer.counts(), [2, 1]);
    });
}
