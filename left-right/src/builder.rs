//! [`Builder`]: a writer with other than the usual settings.

use crate::{FenceMode, WriteHandle};

/// Makes a [`WriteHandle`] with other than the usual settings.
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

/// How many copies may be set aside at a time, unless told otherwise.
const MAX_RETIRED: usize = 4;

impl Builder {
    /// The usual settings: [`FenceMode::Auto`], and at most 4 retired copies.
    pub fn new() -> Self {
        Builder {
            fence: FenceMode::Auto,
            max_retired: MAX_RETIRED,
        }
    }

    /// Who pays for the order between a read and a swap.
    pub fn fence(mut self, mode: FenceMode) -> Self {
        self.fence = mode;
        self
    }

    /// How many copies [`OpWriteHandle::rebuild`](crate::OpWriteHandle::rebuild) may set aside for
    /// readers that are still inside them, beyond the two that there always are.
    pub fn max_retired(mut self, copies: usize) -> Self {
        self.max_retired = copies;
        self
    }

    /// A writer over two copies, of which readers see `left` first.
    ///
    /// The two should be equal; that they stay so is the caller's part, or that of
    /// [`OpWriteHandle`](crate::OpWriteHandle).
    pub fn build<T>(self, left: T, right: T) -> WriteHandle<T> {
        WriteHandle::with_settings(left, right, self.fence, self.max_retired)
    }
}

impl Default for Builder {
    fn default() -> Self {
        Self::new()
    }
}
