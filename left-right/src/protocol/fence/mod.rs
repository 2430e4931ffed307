//! The asymmetric fence: readers pay a compiler fence, the writer pays for both.
//!
//! # Semantics
//!
//! [`light`] in one thread and [`flush`] in another act like two sequentially consistent fences:
//! either what the reader stored before its `light` is visible after the writer's `flush`, or what
//! the writer stored before its `flush` is visible after the reader's `light`, or both.
//!
//! Three backends give [`flush`] this meaning:
//! - Linux: `membarrier(PRIVATE_EXPEDITED)` runs a full fence on every processor that is running a
//!   thread of this process, before it returns. A thread that is not running passed a full fence
//!   when it was switched out.
//! - Windows: `FlushProcessWriteBuffers`, which says the same.
//! - Elsewhere, and where the kernel refuses: there is none, and every published pointer is tagged,
//!   which sends readers through [`full`]. A kernel may refuse what it once granted. The first refusal, on any
//!   thread and for any reason, counts for the whole process from then on. The readers of a pointer that is
//!   untagged then are unknown, and every later pointer is tagged.
//!
//! Under the model checker `light` and `flush` are two sequentially consistent fences, which is
//! what they stand for.
//!
//! # Orderings
//! - **F1** `light` (reader, after its `ENTERING` store) pairs with `flush` (writer, after its
//!   swap), for readers that came in by an untagged pointer.
//! - **F2** `full` (reader) pairs with `full_after_swap` (writer), for readers that came in by a tagged
//!   pointer.

#[cfg(target_os = "linux")]
#[path = "membarrier.rs"]
mod backend;
#[cfg(windows)]
#[path = "windows.rs"]
mod backend;
#[cfg(not(any(target_os = "linux", windows)))]
#[path = "none.rs"]
mod backend;

use crate::fault::planted;
use crate::sync::{MODELLED, Ordering, compiler_fence, fence};

/// The system did not run the barrier: nothing is known of readers without a fence of their own.
#[derive(Debug)]
pub(crate) struct Refused;

/// The reader's half of F1: orders its earlier stores before its later loads, for free.
///
/// Against [`flush`], either the writer sees the reader's announcement when it scans, or the reader's load of the
/// pointer sees the swap.
#[inline(always)]
pub(crate) fn light() {
    if !planted("light-fence-gone") {
        // ORDER: F1, with `flush`.
        compiler_fence(Ordering::SeqCst);
    }
}

/// The writer's half of F1. Costs a system call and an interrupt on each busy processor.
///
/// For each reader, the fence that it runs there falls behind the announcement, which the scan then sees, or before
/// it, and then the load that follows the announcement sees the swap.
pub(crate) fn flush() -> Result<(), Refused> {
    if planted("flush-gone") {
        return Ok(());
    }
    if MODELLED {
        // ORDER: F1, with `light`, which is a full fence too under the model checker.
        fence(Ordering::SeqCst);
        return Ok(());
    }
    backend::flush()
}

/// The reader's half of F2.
///
/// One of the two fences comes first in the order of all such fences. If it is ours, the scan sees our announcement; if
/// it is the writer's, our load sees the swap.
#[inline(always)]
pub(crate) fn full() {
    // ORDER: F2, with `full_after_swap`; on the writer's side, with `full`.
    fence(Ordering::SeqCst);
}

/// The writer's half of F2, right behind an atomic read-modify-write. The outcomes are those of [`full`].
#[inline(always)]
pub(crate) fn full_after_swap() {
    if cfg!(all(target_arch = "x86_64", not(miri))) && !MODELLED {
        if !planted("swap-compiler-fence-gone") {
            // ORDER: F2, with `full`, by the locked instruction that every read-modify-write is here: no later load
            // overtakes it. So only the compiler is left to be told.
            compiler_fence(Ordering::SeqCst);
        }
    } else {
        full();
    }
}

/// Whether [`flush`] can be had, as far as this process knows.
///
/// Asked before a pointer is published without a tag, whose readers rely on it. A refusal is remembered: no
/// structure is made without tags after it, and none that has them takes them off while its writer lives.
pub(crate) fn is_asymmetric() -> bool {
    MODELLED || backend::is_available()
}
