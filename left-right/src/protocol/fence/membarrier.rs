//! Linux: `membarrier(2)`, private and expedited.

use std::sync::OnceLock;
// Not the model checker's, which never refuses.
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::thread::{MembarrierCommand, MembarrierQuery, membarrier, membarrier_query};

use super::Refused;

/// Whether the kernel has refused the command. The first refusal, on any thread and for any reason, counts
/// for the whole process from then on.
static IS_REFUSED: AtomicBool = AtomicBool::new(false);

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
    static AVAILABLE: OnceLock<bool> = OnceLock::new();
    let was_granted = *AVAILABLE.get_or_init(|| {
        membarrier_query().contains(MembarrierQuery::PRIVATE_EXPEDITED)
            && membarrier(MembarrierCommand::RegisterPrivateExpedited).is_ok()
            && flush().is_ok()
    });
    // ORDER: none needed, as above.
    was_granted && !IS_REFUSED.load(Ordering::Relaxed)
}
