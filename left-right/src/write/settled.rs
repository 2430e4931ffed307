//! [`Settled`]: whether growth work changed anything.

/// What the closure of [`OpWriteHandle::settle_with`](crate::OpWriteHandle::settle_with) did.
///
/// Made from `bool` (whether anything changed), or from `()`, which stands for a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The copy is as it was.
    Unchanged,
    /// The copy's layout has changed, though not what it says to a reader.
    Changed,
}

impl From<()> for Settled {
    fn from((): ()) -> Self {
        Settled::Changed
    }
}

impl From<bool> for Settled {
    fn from(has_changed: bool) -> Self {
        if has_changed {
            Settled::Changed
        } else {
            Settled::Unchanged
        }
    }
}
