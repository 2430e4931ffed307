//! A hit on a hot key stores to no line but the reader's own.
//!
//! Everything that the cache allocates lies in one range of memory, except for what the reader's first read allocates:
//! its slot. A forked child, where no other thread exists, makes that range read-only, and looks keys up. A store to the
//! range ends it by a signal.
#![cfg(target_os = "linux")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use evmap_core::cache::{Cache, ManualClock};

const SIZE: usize = 64 << 20;

/// Takes memory from the range while the thread says so, and never gives it back.
struct Ranged;

static BEGIN: AtomicUsize = AtomicUsize::new(0);
static USED: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static IS_RANGED: Cell<bool> = const { Cell::new(false) };
}

// SAFETY: memory of the range is given out once, aligned, and within the range; all other calls go to the system's
// allocator, with what it has given out.
unsafe impl GlobalAlloc for Ranged {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let begin = BEGIN.load(Ordering::Relaxed);
        if begin == 0 || !IS_RANGED.get() {
            // SAFETY: the caller's promise.
            return unsafe { System.alloc(layout) };
        }
        let size = layout.size() + layout.align();
        let offset = USED.fetch_add(size, Ordering::Relaxed);
        if offset + size > SIZE {
            return ptr::null_mut();
        }
        let address = (begin + offset).next_multiple_of(layout.align());
        ptr::with_exposed_provenance_mut(address)
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        let begin = BEGIN.load(Ordering::Relaxed);
        if begin == 0 || !(begin..begin + SIZE).contains(&pointer.addr()) {
            // SAFETY: the caller's promise. It comes from the system's allocator, since it is not of the range.
            unsafe { System.dealloc(pointer, layout) }
        }
    }
}

#[global_allocator]
static ALLOCATOR: Ranged = Ranged;

fn map_range() {
    // SAFETY: a new mapping, which replaces none.
    let range = unsafe {
        libc::mmap(
            ptr::null_mut(),
            SIZE,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        )
    };
    assert_ne!(range, libc::MAP_FAILED);
    BEGIN.store(range.expose_provenance(), Ordering::Relaxed);
}

/// Calls `make` with memory of the range.
fn in_range<R>(make: impl FnOnce() -> R) -> R {
    IS_RANGED.set(true);
    let made = make();
    IS_RANGED.set(false);
    made
}

/// Returns the signal by which a child ends that makes the range read-only and runs `body`, or 0.
fn signal_of(body: impl FnOnce()) -> i32 {
    // SAFETY: the child makes two system calls and runs lookups, which allocate nothing and take no lock.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "cannot fork");
    if child == 0 {
        let range = ptr::with_exposed_provenance_mut(BEGIN.load(Ordering::Relaxed));
        // SAFETY: the range is a mapping of our own.
        let protected = unsafe { libc::mprotect(range, SIZE, libc::PROT_READ) };
        if protected == 0 {
            body();
        }
        // SAFETY: it ends the process, at once.
        unsafe { libc::_exit(protected) };
    }
    let mut status = 0;
    // SAFETY: the pointer is to a status of our own, and the process is our child.
    let ended = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!(ended, child);
    assert!(libc::WIFSIGNALED(status) || libc::WEXITSTATUS(status) == 0);
    if libc::WIFSIGNALED(status) {
        libc::WTERMSIG(status)
    } else {
        0
    }
}

#[test]
fn a_hit_on_a_hot_key_stores_to_no_line_but_the_readers_own() {
    map_range();
    let clock = in_range(ManualClock::new);
    let plain = in_range(|| Cache::builder().max_capacity(1_000).record_stats().build());
    let expiring = in_range(|| {
        let builder = Cache::builder().max_capacity(1_000).clock(&clock);
        builder.time_to_live(Duration::from_secs(60)).build()
    });
    let idling = in_range(|| {
        let builder = Cache::builder().max_capacity(1_000).clock(&clock);
        // Ticks of a second.
        builder.time_to_idle(Duration::from_secs(64)).build()
    });
    for cache in [&plain, &expiring, &idling] {
        // The first read of the thread, whose slot is not in the range.
        assert_eq!(cache.get(&0_u64), None);
        in_range(|| {
            for n in 0..100_u64 {
                cache.insert(n, n * 10);
            }
        });
        for _ in 0..3 {
            assert_eq!(cache.get(&7), Some(70));
        }
        let hot = signal_of(|| {
            for _ in 0..100 {
                assert!(cache.get(&7) == Some(70) && cache.contains_key(&8));
                assert!(cache.get_ref(&7).is_some_and(|value| *value == 70));
                assert!(cache.get(&1_000).is_none());
            }
        });
        assert_eq!(hot, 0);
        // The test can fail: the first hits of a key count in its entry.
        assert_eq!(
            signal_of(|| assert!(cache.get(&8).is_some())),
            libc::SIGSEGV
        );
    }
    // With a time to idle, the first hit in a tick notes the tick.
    clock.advance(Duration::from_secs(1));
    let hit = || assert!(idling.get(&7).is_some());
    assert_eq!(signal_of(hit), libc::SIGSEGV);
    hit();
    assert_eq!(signal_of(hit), 0);
}
