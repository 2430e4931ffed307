//! Surroundings: a kernel that refuses membarrier, one core, a forked child, frozen threads.
//!
//! A test that would change the whole process runs in a process of its own. That process is this binary again, and
//! an environment variable names the test.
#![cfg(all(target_os = "linux", not(loom)))]

use std::collections::BTreeMap;
use std::mem::MaybeUninit;
use std::os::unix::process::CommandExt;
use std::panic::AssertUnwindSafe;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use left_right::{
    Builder, DelayWriteHandle, FenceMode, OpWriteHandle, Operation, SwapError, WriteHandle,
};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter_all_threads};

mod forked;
mod frozen;
mod refused;
mod threads;

/// The variable that names the test which a process of this binary runs.
const PART: &str = "LEFT_RIGHT_PART";
/// Far longer than any wait takes, so that a test that would hang fails instead.
const FAR: Duration = Duration::from_secs(60);
/// Far longer than any test takes, which waits a thousand times.
const LIMIT: Duration = FAR.saturating_mul(10);

struct Add;

impl Operation<u64> for Add {
    fn apply(&mut self, target: &mut u64) {
        *target += 1;
    }
}

/// Runs `body` in a process of its own, in which only `test` runs.
fn in_own_process(test: &str, adapt: impl FnOnce(&mut Command), body: impl FnOnce()) {
    if std::env::var(PART).is_ok_and(|part| part == test) {
        body();
        return;
    }
    let mut command = Command::new(std::env::current_exe().expect("this binary has a path"));
    command
        .args(["--exact", test, "--nocapture"])
        .env(PART, test);
    adapt(&mut command);
    let mut child = command.spawn().expect("this binary can be run");
    assert!(ends_well(&mut child), "{test} failed in its own process");
}

fn ends_well(child: &mut Child) -> bool {
    let begin = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("a child can be waited for") {
            return status.success();
        }
        if begin.elapsed() > LIMIT {
            child.kill().expect("a child can be ended");
            child.wait().expect("a child can be waited for");
            return false;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Makes the kernel refuse membarrier to all threads of this process from now on.
fn refuse_membarrier() {
    let filter = SeccompFilter::new(
        BTreeMap::from([(libc::SYS_membarrier, Vec::new())]),
        SeccompAction::Allow,
        SeccompAction::Errno(libc::EPERM as u32),
        std::env::consts::ARCH
            .try_into()
            .expect("a known processor"),
    )
    .expect("a filter of one rule");
    let program: BpfProgram = filter.try_into().expect("a filter of one rule");
    apply_filter_all_threads(&program).expect("a filter may be set");
}

struct EndOnDrop<'a>(&'a AtomicBool);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Reads and writes for a while, and checks every read.
fn work(mut writer: OpWriteHandle<u64, Add>) {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = writer.read_handle();
        let is_over = &is_over;
        scope.spawn(move || {
            for read in 1_u64.. {
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                let guard = reader.read();
                assert_eq!(*guard, guard.version().as_u64());
                drop(guard);
                // A reader that is interrupted pins a copy until it runs again, so it yields where it pins none.
                if read % 64 == 0 {
                    thread::yield_now();
                }
            }
        });
        // Also if the writer's side panics, or the reader would go on forever.
        let _end = EndOnDrop(is_over);
        for _ in 0..2000 {
            writer.push(Add);
            writer.swap_buffers();
        }
    });
    assert_eq!(writer.verify_copies(), Ok(()));
}

fn writer(mode: FenceMode) -> OpWriteHandle<u64, Add> {
    OpWriteHandle::new(DelayWriteHandle::new(
        Builder::new().fence(mode).build(0, 0),
    ))
}

#[test]
fn where_membarrier_is_refused_readers_fence_for_themselves() {
    in_own_process(
        "where_membarrier_is_refused_readers_fence_for_themselves",
        |_| {},
        || {
            refuse_membarrier();
            let writer = writer(FenceMode::Membarrier);
            assert_eq!(writer.stats().fence_mode, FenceMode::SeqCst);
            work(writer);
        },
    );
}

static DROPPED: AtomicU64 = AtomicU64::new(0);

/// Counts its drops, and records its own.
struct Counted(#[expect(dead_code, reason = "something to hold")] u64, bool);

impl Drop for Counted {
    fn drop(&mut self) {
        self.1 = true;
        DROPPED.fetch_add(1, Ordering::SeqCst);
    }
}

/// A filter that is set later makes the readers that entered without a fence unknown.
#[test]
fn a_membarrier_refused_later_leaks_the_copy_and_poisons_the_writer() {
    in_own_process(
        "a_membarrier_refused_later_leaks_the_copy_and_poisons_the_writer",
        |_| {},
        || {
            let mut plain = WriteHandle::cloned(7);
            let counted = WriteHandle::new(Counted(7, false), Counted(7, false));
            let mut log = writer(FenceMode::Auto);
            if log.stats().fence_mode == FenceMode::SeqCst {
                // This kernel never granted it, which another test covers.
                return;
            }
            log.push(Add);
            log.swap_buffers();
            let reader = log.read_handle();
            let guard = reader.read();
            refuse_membarrier();

            log.push(Add);
            assert_eq!(
                log.swap_buffers().as_u64(),
                2,
                "it is published nevertheless"
            );
            assert_eq!((*guard, *log.read_handle().read()), (1, 2));
            assert!(log.is_poisoned() && !log.is_settled());
            assert_eq!(log.stats().fence_mode, FenceMode::SeqCst);
            log.push(Add);
            assert!(matches!(
                log.try_swap_buffers(),
                Err(SwapError::Poisoned(_))
            ));
            drop(guard);
            assert!(matches!(log.try_catch_up(), Err(SwapError::Poisoned(_))));
            assert_eq!((*reader.read(), *reader.clone().read()), (2, 2));

            // A clone replaces each copy whose readers are unknown.
            let guard = reader.read();
            assert!(log.rebuild().unwrap().is_none());
            assert_eq!((*guard, *log.read_handle().read()), (2, 2));
            assert_eq!(log.pending().len(), 1);
            for version in 3..10 {
                assert_eq!(log.swap_buffers().as_u64(), version);
                log.push(Add);
            }
            assert_eq!((*guard, *log.read_handle().read()), (2, 9));
            assert_eq!(log.verify_copies(), Ok(()));
            assert!(!log.is_poisoned());

            plain.swap_buffers();
            assert_eq!(*plain.write_buffer(), 7, "a lost copy may still be read");
            let change = AssertUnwindSafe(|| *plain.write_buffer_mut() = 8);
            std::panic::catch_unwind(change).unwrap_err();

            // A lost copy may have readers, so the drop of the writer does not free it.
            let mut counted = DelayWriteHandle::new(counted);
            let reader = counted.read_handle();
            let guard = reader.read();
            counted.start_swap();
            drop(counted);
            assert_eq!(DROPPED.load(Ordering::SeqCst), 0);
            assert!(!guard.1);
            drop(guard);
            drop(reader);
            assert_eq!(DROPPED.load(Ordering::SeqCst), 1, "the lost copy is leaked");

            work(writer(FenceMode::SeqCst));
        },
    );
}

#[test]
fn one_core_is_enough() {
    in_own_process(
        "one_core_is_enough",
        |command| {
            // SAFETY: the closure only makes system calls on values of its own.
            unsafe {
                command.pre_exec(|| run_on_core(0));
            }
        },
        || {
            for mode in [FenceMode::Auto, FenceMode::SeqCst] {
                work(writer(mode));
            }
        },
    );
}

fn run_on_core(core: usize) -> std::io::Result<()> {
    let mut cores = MaybeUninit::<libc::cpu_set_t>::zeroed();
    // SAFETY: all bits zero is an empty set.
    let cores = unsafe { cores.assume_init_mut() };
    // SAFETY: the core's number is below the set's size.
    unsafe { libc::CPU_SET(core, cores) };
    // SAFETY: the set is alive during the call.
    match unsafe { libc::sched_setaffinity(0, size_of_val(cores), cores) } {
        0 => Ok(()),
        _ => Err(std::io::Error::last_os_error()),
    }
}

/// `cargo compare stall` measures the processor time of a blocked writer. A unit test in `wait.rs` counts how rarely
/// it looks.
#[test]
fn a_blocked_writer_sleeps() {
    let mut writer = writer(FenceMode::Auto);
    let reader = writer.read_handle();
    let guard = reader.read();
    writer.push(Add);
    writer.swap_buffers();
    writer.push(Add);
    let (tell, told) = std::sync::mpsc::channel();
    thread::scope(|scope| {
        let waiting = scope.spawn(move || {
            // SAFETY: asks for this thread's own number.
            tell.send(unsafe { libc::gettid() }).expect("a receiver");
            writer.swap_buffers()
        });
        let number = told.recv().expect("a number");
        let begin = Instant::now();
        while times_slept(number) < 100 {
            assert!(begin.elapsed() < FAR, "it does not sleep");
            thread::sleep(Duration::from_millis(1));
        }
        drop(guard);
        let version = waiting.join().expect("no panic");
        assert_eq!(version.as_u64(), 2);
    });
}

/// Returns how often this thread of the process gave up the processor to wait. A yield does not count.
fn times_slept(number: libc::pid_t) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/self/task/{number}/status"));
    let status = status.expect("a thread that lives");
    let mut lines = status.lines();
    let times = lines.find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    let times = times.expect("a count").trim();
    times.parse().expect("a number")
}

#[test]
fn a_forked_child_reads() {
    let mut writer = writer(FenceMode::Auto);
    let reader = writer.read_handle();
    writer.push(Add);
    writer.swap_buffers();
    let guard = reader.read();
    // SAFETY: the child reads its own copy of the memory, and exits without returning.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let read = AssertUnwindSafe(|| *reader.read() + *guard);
        let fresh = std::panic::catch_unwind(read);
        // SAFETY: it ends the child, and runs no code of the parent.
        unsafe { libc::_exit(i32::from(fresh.unwrap_or(0) != 2)) };
    }
    assert!(child > 0, "fork failed");
    let mut status = 0;
    // SAFETY: the process is our child, and the pointer is to our own variable.
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    assert_eq!(status, 0, "the child read another value");
    drop(guard);
    writer.push(Add);
    writer.swap_buffers();
    assert_eq!(*reader.read(), 2);
}
