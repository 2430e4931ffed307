//! [`FenceMode`]: who pays for the order between a read and a swap.

/// Who pays for the order between a read and a swap.
///
/// Chosen with [`Builder::fence`](crate::Builder::fence).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FenceMode {
    /// By the observed interval between swaps, where the system has a barrier:
    /// [`Membarrier`](Self::Membarrier) at first, [`SeqCst`](Self::SeqCst) while swaps come so often that
    /// barriers would take more of the writer's time than fences take of a busy reader's, and back when
    /// they come half as often again apart, or not at all for a millisecond while
    /// [`OpWriteHandle::swap_buffers`](crate::OpWriteHandle::swap_buffers) finds nothing to publish.
    /// Where that line is follows from what the map's own barriers have cost of late, and from what a fence
    /// costs on this processor, measured once for the process: some 15 to 30 microseconds between swaps
    /// beside a busy reader. It is eight times as far away where swap after swap meets nobody reading.
    /// While readers fence, only every eighth swap looks at the clock, or fewer where nobody reads.
    /// A burst of swaps leaves no fences behind, even if the writer never comes back: a reader (a handle, or a thread of
    /// a [`SharedReader`](crate::SharedReader)) that meets one version in 2^16 reads, or in 2^17 at the most, ends them for
    /// all readers by one compare-and-swap. (On processors where that may fail for no reason, the next 2^16 reads try
    /// again. Readers that end after fewer reads leave the fences to the others.)
    /// Elsewhere, [`SeqCst`](Self::SeqCst).
    #[default]
    Auto,
    /// The writer pays: a read has no fence instruction, and each swap makes a system call
    /// (`membarrier` on Linux, `FlushProcessWriteBuffers` on Windows), some 10 microseconds while
    /// other processors are busy.
    ///
    /// Where the system has no such call or refuses it, this is [`SeqCst`](Self::SeqCst); `stats()`
    /// of a write handle says which one is in force.
    /// A refusal is remembered for the process.
    Membarrier,
    /// Each pays its own: a read has one full fence, some nanoseconds, and so has a swap.
    SeqCst,
}
