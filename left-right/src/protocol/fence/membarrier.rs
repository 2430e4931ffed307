//! Linux: `membarrier(2)`, private and expedited.

// Not the model checker's, which never refuses.
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use rustix::thread::{MembarrierCommand, MembarrierQuery, membarrier, membarrier_query};

use super::Refused;

/// Whether the kernel has refused the command. The first refusal, on any thread and for any reason, counts
/// for the whole process from then on.
static IS_REFUSED: AtomicBool = AtomicBool::new(false);

/// What the kernel has answered to the first question of this process.
const UNKNOWN: u8 = 0;
const GRANTED: u8 = 1;
const DENIED: u8 = 2;

pub(super) fn flush() -> Result<(), Refused> {
    membarrier(MembarrierCommand::PrivateExpedited).map_err(|_| {
        // ORDER: none needed: no other data depends on it. A thread that has not seen it asks the kernel, and is
        // refused too.
        IS_REFUSED.store(true, Ordering::Relaxed);
        Refused
    })
}

/// Whether the kernel has the command, lets this process register for it, and has not refused it since.
///
/// A registration belongs to the address space: a forked child inherits it.
pub(super) fn is_available() -> bool {
    // Not a `OnceLock`: a child of a fork would wait for a thread that was asking at the fork.
    static ANSWER: AtomicU8 = AtomicU8::new(UNKNOWN);
    // ORDER: pairs with the store below: a thread that sees the answer calls after the registration.
    let mut answer = ANSWER.load(Ordering::Acquire);
    if answer == UNKNOWN {
        // Several threads may ask at the same time, and they get the same answer.
        answer = ask();
        // ORDER: as above.
        ANSWER.store(answer, Ordering::Release);
    }
    // ORDER: none needed, as above.
    answer == GRANTED && !IS_REFUSED.load(Ordering::Relaxed)
}

#[cold]
#[inline(never)]
fn ask() -> u8 {
    let is_granted = membarrier_query().contains(MembarrierQuery::PRIVATE_EXPEDITED)
        && membarrier(MembarrierCommand::RegisterPrivateExpedited).is_ok()
        && flush().is_ok();
    if is_granted { GRANTED } else { DENIED }
}
