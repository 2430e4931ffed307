//! Errors and panic messages of a shared map. There is one error type per kind of call.

use std::error::Error;
use std::fmt;

use left_right::{BusyReader, ReadersBusy, TooManyRetired, Version};

/// The panic message of a call from inside a write of the same map.
pub(super) const CALLED_FROM_INSIDE: &str = "\
    a call back into a SharedMap from inside one of its writes: it would wait for itself. It comes \
    from the write's closure, from a key's or value's own code, or from a job that this thread took \
    on while it waited inside the write, as a thread pool's threads do. Use what the closure is \
    given, or write afterwards; wait for a thread pool before or after the write, not inside it";

/// The panic message of a write in a forked child, if another thread was inside a write at the fork.
pub(super) const LEFT_BY_A_FORK: &str = "\
    another thread was inside a write of this SharedMap when the process forked, and that thread is \
    not in this child: the map can be read here, but never written";

/// The panic message of a wait on the janitor thread.
pub(super) const WAITS_ON_THE_JANITOR: &str = "\
    a `Drop` on the thread that tidies up a SharedMap waits for a version of it: it would hold up \
    what it may be waiting for";

/// The panic message of a task's write, if the copy that it needs cannot be made.
pub(super) const NO_COPY: &str = "\
    nothing was written: the copy of the map that is written next cannot be made, since the `Clone` of \
    a key or value panics";

/// Nothing was written, and the closure was not called.
///
/// Returned by [`SharedMap::try_write`](crate::SharedMap::try_write) and
/// [`SharedMap::write_timeout`](crate::SharedMap::write_timeout).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum WriteError {
    /// Other writers have had the map all the time, or the janitor, which tidies it up.
    Occupied,
    /// Readers are still inside the copy that is written next, and the map does not go past them yet: see
    /// [`Builder::stall_limit`](crate::shared_map::Builder::stall_limit).
    Busy(ReadersBusy),
    /// Readers are still inside the copy that is written next, and no more copies can be set aside: see
    /// [`Builder::max_retired`](crate::shared_map::Builder::max_retired).
    TooManyRetired(TooManyRetired),
}

impl WriteError {
    /// The readers that are in the way.
    pub fn readers(&self) -> &[BusyReader] {
        match self {
            WriteError::Occupied => &[],
            WriteError::Busy(busy) => busy.readers(),
            WriteError::TooManyRetired(too_many) => &too_many.readers,
        }
    }
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing was written: ")?;
        match self {
            WriteError::Occupied => f.write_str("other writers have had the map all the time"),
            WriteError::Busy(busy) => busy.fmt(f),
            WriteError::TooManyRetired(too_many) => too_many.fmt(f),
        }
    }
}

impl Error for WriteError {}

/// The version that was waited for is not visible yet.
///
/// Returned by [`SharedMap::wait_for_timeout`](crate::SharedMap::wait_for_timeout) and
/// [`SharedMap::changed_since_timeout`](crate::SharedMap::changed_since_timeout).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotVisible {
    /// The version that is visible instead.
    pub visible: Version,
}

impl fmt::Display for NotVisible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the version is not visible yet: {} is the last one",
            self.visible
        )
    }
}

impl Error for NotVisible {}
