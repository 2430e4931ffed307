//! [`FenceMode`]: who pays for the order between a read and a swap.

/// Who pays for the order between a read and a swap.
///
/// A reader stores where it is, and then loads which copy is published. A fence has to keep the two in this order: one
/// fence in each read, or a system call in each swap that runs a fence on all processors.
///
/// Set with [`Builder::fence`](crate::Builder::fence).
/// [`docs::performance`](crate::docs::performance#which-fence-mode) says how to choose.
///
/// # Examples
/// ```
/// use left_right::{Builder, FenceMode};
///
/// let fenced = Builder::new().fence(FenceMode::SeqCst).build(0, 0);
/// println!("{:?}", fenced.fence_mode()); // SeqCst
/// # assert_eq!(fenced.fence_mode(), FenceMode::SeqCst);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FenceMode {
    /// Chooses by the observed interval between swaps, where the system has a barrier: the default.
    ///
    /// It begins as [`Membarrier`](Self::Membarrier). It becomes [`SeqCst`](Self::SeqCst) while swaps come so often that
    /// barriers would take more of the writer's time than fences take of a busy reader's.
    /// It goes back when swaps come half as often again apart, or when none has come for a millisecond and
    /// [`OpWriteHandle::swap_buffers`](crate::OpWriteHandle::swap_buffers) finds nothing to publish.
    ///
    /// The limit follows from what the writer's own barriers have cost of late, and from what a fence
    /// costs on this processor, measured once for the process. It is eight times as far away where swap after swap
    /// meets nobody reading. It is usually 10 to 200 microseconds, and at most a millisecond.
    /// While readers fence, only every eighth swap looks at the clock, or fewer where nobody reads.
    ///
    /// A burst of swaps leaves no fences behind, even if the writer never comes back: a reader (a handle, or a thread of
    /// a [`SharedReader`](crate::SharedReader)) that meets one version in 2^16 reads, or in 2^17 at the most, ends them for
    /// all readers by one compare-and-swap. (On processors where that may fail for no reason, the next 2^16 reads try
    /// again. Readers that end after fewer reads leave the fences to the others.)
    ///
    /// Where the system has no barrier, this is [`SeqCst`](Self::SeqCst).
    #[default]
    Auto,
    /// The writer pays: a read has no fence instruction, and each swap makes a system call
    /// (`membarrier` on Linux, `FlushProcessWriteBuffers` on Windows), which interrupts busy processors.
    ///
    /// Where the system has no such call or refuses it, this is [`SeqCst`](Self::SeqCst). `stats()`
    /// of a write handle says which one is in force.
    /// A refusal is remembered for the process.
    Membarrier,
    /// Each side pays for itself: a read has one full fence, and so has a swap.
    SeqCst,
}
