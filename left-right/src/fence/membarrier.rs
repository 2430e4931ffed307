//! Linux: `membarrier(2)`, private and expedited.

use std::sync::OnceLock;

use rustix::thread::{MembarrierCommand, MembarrierQuery, membarrier, membarrier_query};

use super::Refused;

pub(super) fn flush() -> Result<(), Refused> {
    membarrier(MembarrierCommand::PrivateExpedited).map_err(|_| Refused)
}

/// Whether the kernel has the command and lets this process register for it.
///
/// A registration belongs to the address space: a forked child inherits it.
pub(super) fn is_available() -> bool {
    static AVAILABLE: OnceLock<bool> = OnceLock::new();
    *AVAILABLE.get_or_init(|| {
        membarrier_query().contains(MembarrierQuery::PRIVATE_EXPEDITED)
            && membarrier(MembarrierCommand::RegisterPrivateExpedited).is_ok()
            && flush().is_ok()
    })
}
