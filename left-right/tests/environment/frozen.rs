//! Threads that a signal stops at arbitrary instructions.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use left_right::{FenceMode, ReadGuard, SwapError};

use super::{Add, in_own_process, writer};

static FROZEN: AtomicBool = AtomicBool::new(false);
static ARRIVED: AtomicU64 = AtomicU64::new(0);
static RELEASED: AtomicU64 = AtomicU64::new(0);

/// Stops the thread at the instruction where the signal found it.
extern "C" fn freeze(_: libc::c_int) {
    ARRIVED.fetch_add(1, Ordering::SeqCst);
    while FROZEN.load(Ordering::SeqCst) {
        std::hint::spin_loop();
    }
    RELEASED.fetch_add(1, Ordering::SeqCst);
}

/// A reader, and then the writer, is stopped at an arbitrary instruction, again and again. The
/// other readers go on. The writer goes on, too, or returns an error that names the reader it would wait for.
#[test]
fn threads_frozen_at_arbitrary_instructions_stop_nobody_else() {
    in_own_process(
        "frozen::threads_frozen_at_arbitrary_instructions_stop_nobody_else",
        |_| {},
        || {
            // SAFETY: the handler uses atomics only.
            unsafe { libc::signal(libc::SIGUSR1, freeze as *const () as libc::sighandler_t) };
            for mode in [FenceMode::Auto, FenceMode::SeqCst] {
                freeze_readers(mode);
                freeze_writer(mode);
            }
        },
    );
}

const FREEZES: u64 = 300;

fn frozen<R>(thread: libc::pthread_t, body: impl FnOnce() -> R) -> R {
    let arrived = ARRIVED.load(Ordering::SeqCst);
    FROZEN.store(true, Ordering::SeqCst);
    // SAFETY: the thread runs until the caller's scope ends.
    unsafe { libc::pthread_kill(thread, libc::SIGUSR1) };
    while ARRIVED.load(Ordering::SeqCst) == arrived {
        thread::yield_now();
    }
    let result = body();
    FROZEN.store(false, Ordering::SeqCst);
    // The next signal must find the thread outside the handler.
    while RELEASED.load(Ordering::SeqCst) == arrived {
        thread::yield_now();
    }
    result
}

fn freeze_readers(mode: FenceMode) {
    let mut writer = writer(mode);
    let is_over = AtomicBool::new(false);
    let victim = AtomicU64::new(0);
    thread::scope(|scope| {
        let reader = writer.read_handle();
        scope.spawn({
            let (is_over, victim) = (&is_over, &victim);
            move || {
                // SAFETY: asks for this thread's own name.
                victim.store(unsafe { libc::pthread_self() }, Ordering::SeqCst);
                while !is_over.load(Ordering::Relaxed) {
                    check(&reader.read());
                }
            }
        });
        while victim.load(Ordering::SeqCst) == 0 {
            thread::yield_now();
        }
        let other = writer.read_handle();
        for _ in 0..FREEZES {
            frozen(victim.load(Ordering::SeqCst), || {
                // Each refresh may still have to wait for the swap before it.
                for _ in 0..3 {
                    writer.push(Add);
                    match writer.try_swap_buffers() {
                        Ok(version) => assert_eq!(other.version(), version),
                        Err(SwapError::Busy(busy)) => assert_eq!(busy.readers().len(), 1),
                        Err(error) => panic!("{error}"),
                    }
                    check(&other.read());
                }
            });
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert_eq!(writer.verify_copies(), Ok(()));
}

/// A batch holds several additions when an attempt before it was busy.
fn check(guard: &ReadGuard<'_, u64>) {
    assert!(**guard >= guard.version().as_u64());
}

fn freeze_writer(mode: FenceMode) {
    let mut writer = writer(mode);
    let reader = writer.read_handle();
    let (shared, factory) = (writer.shared_reader(), writer.factory());
    let is_over = AtomicBool::new(false);
    let victim = AtomicU64::new(0);
    thread::scope(|scope| {
        scope.spawn({
            let (is_over, victim) = (&is_over, &victim);
            move || {
                // SAFETY: asks for this thread's own name.
                victim.store(unsafe { libc::pthread_self() }, Ordering::SeqCst);
                while !is_over.load(Ordering::Relaxed) {
                    writer.push(Add);
                    writer.swap_buffers();
                }
            }
        });
        while victim.load(Ordering::SeqCst) == 0 {
            thread::yield_now();
        }
        shared.read();
        for _ in 0..FREEZES {
            frozen(victim.load(Ordering::SeqCst), || {
                let first = *reader.read();
                assert_eq!(*shared.read(), first);
                assert_eq!(*reader.read(), first);
            });
            // Handles come and go only while the writer runs: a writer stopped under the registry's lock would
            // block them, as a stopped thread does with any lock.
            drop(factory.handle());
        }
        is_over.store(true, Ordering::Relaxed);
    });
}
