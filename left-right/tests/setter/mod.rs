//! A writer of one number, for the tests of readers.

use std::time::Duration;

use left_right::{DelayWriteHandle, OpWriteHandle, Operation, SwapError, Version, WriteHandle};

/// Sets the number.
pub struct Set(pub u64);

impl Operation<u64> for Set {
    fn apply(&mut self, target: &mut u64) {
        *target = self.0;
    }
}

/// A writer of 0.
pub fn writer() -> OpWriteHandle<u64, Set> {
    OpWriteHandle::new(DelayWriteHandle::new(WriteHandle::cloned(0)))
}

/// Far longer than any wait takes, so that a test that would hang fails instead.
pub const FAR: Duration = Duration::from_secs(60);

/// Publishes a number.
pub fn set(writer: &mut OpWriteHandle<u64, Set>, value: u64) -> Version {
    writer.push(Set(value));
    writer.swap_buffers_timeout(FAR).expect("a reader is stuck")
}

/// Publishes a number, if no reader is in the writer's copy.
pub fn try_set(writer: &mut OpWriteHandle<u64, Set>, value: u64) -> Result<Version, SwapError> {
    writer.push(Set(value));
    writer.try_swap_buffers()
}
