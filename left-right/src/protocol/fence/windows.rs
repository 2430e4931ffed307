//! Windows: `FlushProcessWriteBuffers`, which always exists and cannot fail.

use windows_sys::Win32::System::Threading::FlushProcessWriteBuffers;

use super::Refused;

pub(super) fn flush() -> Result<(), Refused> {
    // SAFETY: the call has no arguments and no preconditions.
    unsafe { FlushProcessWriteBuffers() };
    Ok(())
}

pub(super) fn is_available() -> bool {
    true
}
