//! [`enter`] and [`leave`]: the reader's side of the protocol.
//!
//! Both are written against two traits, one for each place that a reader touches, so that the explorer runs
//! this very code, one access at a time.
//! The reader's own word is a [`Slot`](super::Slot), the published pointer a [`Published`](super::Published).

use super::{Entry, Word, fence};
use crate::fault::{planted, weaken};
use crate::sync::Ordering;

/// The reader's own word, and what else only the reader uses.
pub(crate) trait OwnWord {
    /// The word, as its owner left it.
    fn load(&self) -> Word;
    fn store(&self, word: Word, order: Ordering);
    /// Orders the stores before it and the loads after it.
    fn fence(&self);
    /// The reader is once more in the copy in which it is.
    fn enter_again(&self);
    /// The number of the next entry with a fence.
    fn next_entry(&self) -> Entry;
    /// Notes the version that an entry has met. Returns the one noted before.
    fn note_version(&self, version: u64) -> Option<u64>;
}

/// The published pointer, as readers use it.
pub(crate) trait Entrance {
    fn load(&self) -> Word;
    /// Whether readers may take the tag off.
    fn may_lose_tag(&self) -> bool;
    /// The version of a copy.
    ///
    /// # Safety
    /// The caller's word names the copy, since it has entered it.
    unsafe fn version(&self, copy: Word) -> u64;
    /// Takes the tag off the pointer if it still is this one.
    fn untag(&self, tagged: Word);
}

/// Enters the published copy, or again the copy that this reader is in already. Returns the copy's word.
///
/// Wait-free: two stores to the reader's own line and one load of the published pointer. A reader that
/// fences for itself stores twice more, and loads the pointer again; once in 2^16 such entries it also looks at the
/// copy's version, notes it, and may make one compare-and-swap.
/// The copy may be read until the matching leave (`read/mod.rs` G1).
#[inline(always)]
pub(crate) fn enter(own: &impl OwnWord, published: &impl Entrance) -> Word {
    let inside = own.load();
    if !inside.is_out() {
        own.enter_again();
        return inside;
    }
    // ORDER: O1 (registry.rs), by the fence that follows, with the scan's.
    if !planted("announcement-gone") {
        own.store(Word::ENTERING, Ordering::Relaxed);
    }
    // Either the scan sees our announcement (mod.rs C2, C3), or our load comes after the swap (mod.rs C1).
    fence::light();
    let seen = published.load();
    if seen.is_tagged() {
        return enter_fenced(own, published);
    }
    // ORDER: O2 (registry.rs), with the scan and the wait, which learn that our earlier critical sections are over.
    own.store(seen, weaken("arrival-relaxed", Ordering::Release));
    seen
}

/// The rest of [`enter`], for a reader that was told to pay for the order itself.
#[cold]
#[inline(never)]
fn enter_fenced(own: &impl OwnWord, published: &impl Entrance) -> Word {
    // A writer that waits tells one entry of a busy reader from the next by their numbers (mod.rs C5). Else it would have
    // to look until it finds the reader between a fence and the next announcement.
    let entry = own.next_entry();
    // ORDER: O2 (registry.rs), with the scan and the wait, which learn that our earlier critical sections are over.
    let order = weaken("fencing-relaxed", Ordering::Release);
    own.store(Word::fencing(entry), order);
    if !planted("reader-fence-gone") {
        // Either the scan sees our announcement (mod.rs C2, C3), or our load comes after the swap (mod.rs C1).
        own.fence();
    }
    let copy = published.load().with_tag(false);
    // ORDER: O2 (registry.rs), as in `enter`.
    own.store(copy, weaken("arrival-relaxed", Ordering::Release));
    if entry.begins_round() {
        // It returns the copy itself, so this is a tail call and saves no register.
        return untag_if_due(own, published);
    }
    copy
}

/// Takes the tag off the pointer if the reader has met one version in the whole last round: then no swap has come for
/// long. Returns the copy that the reader is in.
#[cold]
#[inline(never)]
fn untag_if_due(own: &impl OwnWord, published: &impl Entrance) -> Word {
    let copy = own.load();
    if published.may_lose_tag() {
        let other = planted("version-of-another").then(|| published.load().with_tag(false));
        // SAFETY: our word names the copy, as `enter_fenced` has left it (registry.rs R1).
        let version = unsafe { published.version(other.unwrap_or(copy)) };
        if own.note_version(version) == Some(version) {
            // mod.rs C9, C10. Our word announces or names the copy meanwhile, so no other one can be at its address. If
            // the pointer has no tag any more, or names another copy, this does nothing.
            published.untag(copy.with_tag(true));
        }
    }
    copy
}

/// Leaves the copy, with all guards of this reader that are in it.
#[inline(always)]
pub(crate) fn leave(own: &impl OwnWord) {
    // ORDER: O2 (registry.rs), with the scan and the wait. Our reads finish before the writer reuses this copy.
    own.store(Word::OUT, weaken("leave-relaxed", Ordering::Release));
}
