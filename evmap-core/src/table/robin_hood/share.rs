//! [`share`]: distributes work among a few threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Runs `work` on every piece, on this many threads. Each piece goes to the thread that claims it first.
pub(super) fn share<T: Send>(
    threads: usize,
    pieces: impl Iterator<Item = T>,
    work: impl Fn(T) + Sync,
) {
    let pieces: Vec<_> = pieces.map(|piece| Mutex::new(Some(piece))).collect();
    #[cfg(test)]
    tests::SHARED.set(tests::SHARED.get() + pieces.len());
    let claimed = AtomicUsize::new(0);
    let work = || {
        // ORDER: none needed. The lock of a piece orders its transfer to this thread, and the end of the scope
        // orders its result.
        while let Some(piece) = pieces.get(claimed.fetch_add(1, Ordering::Relaxed)) {
            // No other thread locks it, so it cannot be poisoned.
            let piece = piece.lock().unwrap_or_else(PoisonError::into_inner).take();
            piece.into_iter().for_each(&work);
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads.min(pieces.len()) {
            // If the system has no thread left, the others do all the work.
            let _ = thread::Builder::new().spawn_scoped(scope, work);
        }
        work();
    });
}

#[cfg(test)]
pub(super) mod tests {
    use std::cell::Cell;
    use std::sync::Condvar;
    use std::time::Duration;

    use super::*;

    thread_local! {
        /// How many pieces this thread has distributed.
        pub(in super::super) static SHARED: Cell<usize> = const { Cell::new(0) };
    }

    #[test]
    fn each_piece_is_done_once() {
        for (threads, count) in [(1, 0), (1, 5), (4, 1), (2, 100), (4, 3)] {
            let done = Mutex::new(Vec::new());
            share(threads, 0..count, |piece| done.lock().unwrap().push(piece));
            let mut done = done.into_inner().unwrap();
            done.sort_unstable();
            assert!(done.into_iter().eq(0..count));
        }
    }

    /// Each piece waits until all have begun, which needs a thread for each.
    #[test]
    fn pieces_are_done_by_as_many_threads_as_there_may_be() {
        for threads in 2..5 {
            let (begun, all) = (Mutex::new(0), Condvar::new());
            share(threads, 0..threads, |_| {
                let mut begun = begun.lock().unwrap();
                *begun += 1;
                all.notify_all();
                let is_waiting = |begun: &mut usize| *begun < threads;
                let waited = all.wait_timeout_while(begun, Duration::from_secs(60), is_waiting);
                assert!(!waited.unwrap().1.timed_out(), "no other thread came");
            });
        }
    }
}
