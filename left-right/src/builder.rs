//! [`Builder`]: makes a writer with settings other than the defaults.

use crate::{FenceMode, WriteHandle};

/// Makes a [`WriteHandle`] with settings other than the defaults.
///
/// # Examples
///
/// ```
/// use left_right::{Builder, FenceMode};
///
/// let mut writer = Builder::new().fence(FenceMode::SeqCst).build(0, 0);
/// *writer.write_buffer_mut() = 1;
/// writer.swap_buffers();
/// assert_eq!(*writer.read_buffer(), 1);
/// ```
#[derive(Clone, Debug)]
pub struct Builder {
    fence: FenceMode,
    max_retired: usize,
}

/// How many copies may be retired at a time by default.
const MAX_RETIRED: usize = 4;

impl Builder {
    /// Starts with the default settings: [`FenceMode::Auto`], and at most 4 retired copies.
    pub fn new() -> Self {
        Builder {
            fence: FenceMode::Auto,
            max_retired: MAX_RETIRED,
        }
    }

    /// Sets which side pays for the order between a read and a swap.
    pub fn fence(mut self, mode: FenceMode) -> Self {
        self.fence = mode;
        self
    }

    /// Sets how many copies [`OpWriteHandle::rebuild`](crate::OpWriteHandle::rebuild) may set aside for
    /// readers that are still inside them, beyond the two that always exist.
    pub fn max_retired(mut self, copies: usize) -> Self {
        self.max_retired = copies;
        self
    }

    /// Makes a writer over two copies, of which readers see `left` first.
    ///
    /// The two should be equal. The caller, or an [`OpWriteHandle`](crate::OpWriteHandle), keeps them equal.
    pub fn build<T>(self, left: T, right: T) -> WriteHandle<T> {
        WriteHandle::with_settings(left, right, self.fence, self.max_retired)
    }
}

impl Default for Builder {
    fn default() -> Self {
        Self::new()
    }
}
