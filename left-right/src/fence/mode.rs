//! [`FenceMode`]: who pays for the order between a read and a swap.

/// Who pays for the order between a read and a swap.
///
/// Chosen with [`Builder::fence`](crate::Builder::fence).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FenceMode {
    /// By the observed interval between swaps, where the system has a barrier:
    /// [`Membarrier`](Self::Membarrier) at first, [`SeqCst`](Self::SeqCst) while swaps come more
    /// often than every 50 microseconds on average, and back when they come more seldom than every
    /// 200, or not at all while [`OpWriteHandle::swap_buffers`](crate::OpWriteHandle::swap_buffers)
    /// finds nothing to publish.
    /// Elsewhere, [`SeqCst`](Self::SeqCst).
    #[default]
    Auto,
    /// The writer pays: a read has no fence instruction, and each swap makes a system call
    /// (`membarrier` on Linux, `FlushProcessWriteBuffers` on Windows), some 10 microseconds while
    /// other processors are busy.
    ///
    /// Where the system has no such call or refuses it, this is [`SeqCst`](Self::SeqCst); `stats()`
    /// of a write handle says which one is in force.
    Membarrier,
    /// Each pays its own: a read has one full fence, some nanoseconds, and so has a swap.
    SeqCst,
}
