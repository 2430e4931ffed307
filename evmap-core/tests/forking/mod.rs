//! Runs a test's body in a forked child.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::{Duration, Instant};

/// How long a child may take. Far longer than any does.
const FAR: Duration = Duration::from_secs(180);

/// Runs `body` in a forked child, and waits until it has succeeded.
pub fn in_child(body: impl FnOnce()) {
    // SAFETY: the child runs on the memory of a process with many threads. The allocator of glibc and what is
    // tested here are made for that, and the child ends without running anything else.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "cannot fork");
    if child == 0 {
        let status = i32::from(catch_unwind(AssertUnwindSafe(body)).is_err());
        // SAFETY: it ends the process, at once.
        unsafe { libc::_exit(status) };
    }
    let begin = Instant::now();
    let mut status = 0;
    loop {
        // SAFETY: the pointer is to a status of our own, and the process is our child.
        match unsafe { libc::waitpid(child, &raw mut status, libc::WNOHANG) } {
            0 if begin.elapsed() < FAR => thread::sleep(Duration::from_millis(1)),
            0 => {
                // SAFETY: our child, which has not been waited for yet.
                unsafe { libc::kill(child, libc::SIGKILL) };
                panic!("the child hangs");
            }
            _ => break,
        }
    }
    assert_eq!(status, 0, "the child failed");
}
