//! [`FenceMode`]: who pays for the order between a read and a swap.

/// Who pays for the order between a read and a swap.
///
/// Chosen with [`Builder::fence`](crate::Builder::fence).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FenceMode {
    /// [`Membarrier`](Self::Membarrier) where the system has it, [`SeqCst`](Self::SeqCst) elsewhere.
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
