//! [`exchange`]: the writer's side of the protocol, up to the wait.
//!
//! As [`enter`](fn@super::enter), it is written against a trait, so that the explorer runs this very code, one
//! access at a time.

use super::fence::{self, Refused};
use super::{Listed, Pins, Published, Registry, Slot, SlotList, Word};
use crate::fault::planted;
use crate::sync::Arc;

/// What the protocol asks of its policy. No answer can make a read unsafe.
pub(crate) trait Policy {
    /// Whether the pointer to be published next carries a tag. Asked once for each swap, just before it.
    fn tags_next(&mut self) -> bool;

    /// The swap has returned a pointer with a tag, or one without, and then the heavy fence was run since.
    fn swapped(&mut self, was_tagged: bool);

    /// The system has refused the heavy fence: from now on each pointer is published with a tag.
    fn refused(&mut self);

    /// The cached list of readers. The protocol uses it if it is this registry's, and of the latest generation.
    fn list(&self) -> &SlotList;

    /// The list is outdated, and the registry is about to be locked: the place to allocate and to free.
    /// Returns for how many pins the scan should have capacity.
    fn prepare(&mut self) -> usize;

    /// These are the readers now, under the registry's lock: neither allocates nor frees.
    fn listed(&mut self, readers: Listed<'_>);

    /// The scan has pinned this many readers, and has met a reader in some copy, or none.
    fn scanned(&mut self, pinned: usize, met_any: bool);
}

/// The memory that a swap touches: the real one, or the explorer's.
pub(super) trait Memory {
    type Pins;

    /// Exchanges the published pointer.
    fn swap(&self, new: Word) -> Word;
    /// The writer's half of F2 (fence/mod.rs), right behind the swap.
    fn fence(&self);
    /// The writer's half of F1 (fence/mod.rs).
    fn flush(&self) -> Result<(), Refused>;
    /// Remembers each reader that is in this copy, or may be about to enter it.
    fn scan(&self, copy: Word, policy: &mut impl Policy) -> Self::Pins;
    /// The published pointer before the swap, for planted faults.
    fn peek(&self) -> Word;
}

/// Publishes `new`. Returns the copy swapped out, and the readers that it must wait for, if they are known.
///
/// Calls `swapped` with that copy as soon as it is.
#[inline(always)]
pub(super) fn exchange<M: Memory>(
    memory: &M,
    new: Word,
    policy: &mut impl Policy,
    swapped: impl FnOnce(Word),
) -> (Word, Option<M::Pins>) {
    let is_tagged = policy.tags_next();
    let too_early =
        planted("scan-before-swap").then(|| memory.scan(memory.peek().with_tag(false), policy));
    let remembered = planted("mode-remembered").then(|| memory.peek());
    let old = memory.swap(new.with_tag(is_tagged));
    let copy = old.with_tag(false);
    swapped(copy);

    // The readers of `old` came in by its pointer, so that says which fence they need (mod.rs C7, C8).
    let was_tagged = remembered.unwrap_or(old).is_tagged();
    if was_tagged {
        // Either a reader's announcement is visible to the scan (mod.rs C2, C3), or its load comes after the swap (mod.rs C1).
        if !planted("writer-fence-gone") {
            memory.fence();
        }
    } else if memory.flush().is_err() {
        // The same two outcomes, where the flush is granted. Here the kernel refuses what it once granted, and
        // nothing is known of the readers of `old`, now or later.
        policy.refused();
        return (copy, None);
    }
    policy.swapped(was_tagged);
    // After the fence, else a handle that joins in between goes unscanned (registry.rs O3).
    let pins = too_early.unwrap_or_else(|| memory.scan(copy, policy));
    (copy, Some(pins))
}

/// The published pointer and the slots of a structure.
pub(super) struct Real<'a, T> {
    published: &'a Published<T>,
    registry: &'a Registry,
    /// The slots before the swap, for a planted fault.
    listed_too_early: Option<Vec<Arc<Slot>>>,
}

impl<'a, T> Real<'a, T> {
    #[inline(always)]
    pub(super) fn new(published: &'a Published<T>, registry: &'a Registry) -> Self {
        Real {
            published,
            registry,
            listed_too_early: planted("slots-listed-before-swap").then(|| registry.slots()),
        }
    }
}

impl<T> Memory for Real<'_, T> {
    type Pins = Pins;

    #[inline(always)]
    fn swap(&self, new: Word) -> Word {
        self.published.swap(new)
    }

    #[inline(always)]
    fn fence(&self) {
        fence::full_after_swap();
    }

    #[inline(always)]
    fn flush(&self) -> Result<(), Refused> {
        fence::flush()
    }

    #[inline(always)]
    fn scan(&self, copy: Word, policy: &mut impl Policy) -> Pins {
        match &self.listed_too_early {
            Some(slots) => Pins::collect(copy, slots),
            None => self.registry.scan(copy, policy),
        }
    }

    fn peek(&self) -> Word {
        self.published.peek()
    }
}
