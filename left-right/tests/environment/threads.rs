//! A system that starts no more threads.

use std::collections::BTreeMap;
use std::future::Future;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, RawWaker, RawWakerVTable, Wake, Waker};
use std::thread;

use left_right::{DelayWriteHandle, WriteHandle};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};

use super::in_own_process;

/// Makes the system refuse to start threads for this thread from now on.
fn refuse_threads() {
    // Where the newer call does not exist, the C library makes the older one, and returns its error.
    for (call, error) in [
        (libc::SYS_clone3, libc::ENOSYS),
        (libc::SYS_clone, libc::EAGAIN),
    ] {
        let filter = SeccompFilter::new(
            BTreeMap::from([(call, Vec::new())]),
            SeccompAction::Allow,
            SeccompAction::Errno(error as u32),
            std::env::consts::ARCH
                .try_into()
                .expect("a known processor"),
        )
        .expect("a filter of one rule");
        let program: BpfProgram = filter.try_into().expect("a filter of one rule");
        apply_filter(&program).expect("a filter may be set");
    }
    thread::Builder::new().spawn(|| ()).unwrap_err();
}

struct Counting(AtomicUsize);

impl Wake for Counting {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Panics at each call except a clone.
fn panicking_waker() -> Waker {
    static VTABLE: RawWakerVTable = RawWakerVTable::new(
        |data| RawWaker::new(data, &VTABLE),
        |_| panic!("planted in wake"),
        |_| panic!("planted in wake"),
        |_| panic!("planted in drop"),
    );
    // SAFETY: the table's functions do not use the pointer.
    unsafe { Waker::from_raw(RawWaker::new(ptr::null(), &VTABLE)) }
}

#[test]
fn without_a_thread_to_watch_a_task_is_woken_to_look_itself() {
    in_own_process(
        "threads::without_a_thread_to_watch_a_task_is_woken_to_look_itself",
        |_| {},
        || {
            refuse_threads();
            let mut writer = DelayWriteHandle::new(WriteHandle::cloned(0));
            let reader = writer.read_handle();
            let guard = reader.read();
            writer.start_swap();
            // Its wake panics, and so does its drop during the unwinding. The task gets one panic.
            let waker = mem::ManuallyDrop::new(panicking_waker());
            let panic = catch_unwind(AssertUnwindSafe(|| {
                let mut context = Context::from_waker(&waker);
                let wait = pin!(writer.finish_swap_async());
                wait.poll(&mut context).is_ready()
            }))
            .unwrap_err();
            assert_eq!(panic.downcast_ref::<&str>(), Some(&"planted in wake"));

            let mut wait = pin!(writer.finish_swap_async());
            let counting = Arc::new(Counting(AtomicUsize::new(0)));
            let waker = Waker::from(Arc::clone(&counting));
            let mut context = Context::from_waker(&waker);
            for woken in 1..3 {
                assert!(wait.as_mut().poll(&mut context).is_pending());
                assert_eq!(counting.0.load(Ordering::SeqCst), woken);
            }
            drop(guard);
            assert!(wait.as_mut().poll(&mut context).is_ready());
        },
    );
}
