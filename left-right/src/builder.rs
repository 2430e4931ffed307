//! [`Builder`]: makes a writer with settings other than the defaults.

use crate::{FenceMode, WriteHandle};

/// Makes a [`WriteHandle`] with settings other than the defaults.
///
/// The other writers are made [from](std::convert::From) the one that [`build`](Self::build) returns.
///
/// # Examples
///
/// ```
/// use left_right::{Builder, FenceMode, OpWriteHandle, Operation};
///
/// struct Set(u32);
///
/// impl Operation<u32> for Set {
///     fn apply(&mut self, target: &mut u32) {
///         *target = self.0;
///     }
/// }
///
/// let copies = Builder::new().fence(FenceMode::SeqCst).max_retired(1).build(0, 0);
/// let mut writer = OpWriteHandle::from(copies);
/// writer.push(Set(1));
/// writer.swap_buffers();
/// println!("{} {:?}", *writer.read_handle().read(), writer.stats().fence_mode); // 1 SeqCst
/// # assert_eq!((*writer.read_handle().read(), writer.stats().fence_mode), (1, FenceMode::SeqCst));
/// ```
#[derive(Clone, Debug)]
pub struct Builder {
    fence: FenceMode,
    max_retired: usize,
}

/// How many copies may be retired at a time by default.
const MAX_RETIRED: usize = 4;

impl Builder {
    /// Returns the default settings: [`FenceMode::Auto`], and at most 4 retired copies.
    pub fn new() -> Self {
        Builder {
            fence: FenceMode::Auto,
            max_retired: MAX_RETIRED,
        }
    }

    /// Sets which side pays for the order between a read and a swap.
    ///
    /// [`docs::performance`](crate::docs::performance#which-fence-mode) says how to choose.
    pub fn fence(mut self, mode: FenceMode) -> Self {
        self.fence = mode;
        self
    }

    /// Sets how many copies [`OpWriteHandle::rebuild`](crate::OpWriteHandle::rebuild) may set aside for
    /// readers that are still inside them, beyond the two that always exist.
    ///
    /// With 0, `rebuild` does not go past a reader. It still recovers a poisoned writer whose copy has no readers.
    ///
    /// # Examples
    /// ```
    /// use left_right::{Builder, OpWriteHandle, Operation};
    ///
    /// struct Set(u32);
    ///
    /// impl Operation<u32> for Set {
    ///     fn apply(&mut self, target: &mut u32) {
    ///         *target = self.0;
    ///     }
    /// }
    ///
    /// let mut writer = OpWriteHandle::from(Builder::new().max_retired(0).build(0, 0));
    /// let reader = writer.read_handle();
    /// let _guard = reader.read();
    /// writer.push(Set(1));
    /// writer.swap_buffers(); // the guard is in the writer's copy now
    /// let error = writer.rebuild().err().unwrap();
    /// println!("{} reader in the way", error.readers.len()); // 1 reader in the way
    /// # assert_eq!(error.readers.len(), 1);
    /// ```
    pub fn max_retired(mut self, copies: usize) -> Self {
        self.max_retired = copies;
        self
    }

    /// Makes a writer of two copies, of which readers see `left` first.
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
