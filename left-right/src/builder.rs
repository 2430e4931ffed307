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
#[derive(Clone, Debug, Default)]
pub struct Builder {
    fence: FenceMode,
}

impl Builder {
    /// The usual settings: [`FenceMode::Auto`].
    pub fn new() -> Self {
        Self::default()
    }

    /// Who pays for the order between a read and a swap.
    pub fn fence(mut self, mode: FenceMode) -> Self {
        self.fence = mode;
        self
    }

    /// A writer over two copies, of which readers see `left` first.
    ///
    /// The two should be equal; that they stay so is the caller's part, or that of
    /// [`OpWriteHandle`](crate::OpWriteHandle).
    pub fn build<T>(self, left: T, right: T) -> WriteHandle<T> {
        WriteHandle::with_mode(left, right, self.fence)
    }
}
