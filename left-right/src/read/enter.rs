//! [`enter`]: the protocol by which a reader enters a copy.

use crate::buffers::{Buffer, Published};
use crate::fence;
use crate::mutant::planted;
use crate::registry::Slot;

/// Enters the published copy, or again the copy that this reader is in already.
///
/// Wait-free: two stores to the reader's own line and one load of the published pointer. A reader that
/// fences for itself stores twice more, and loads the pointer again.
/// The buffer may be read until the matching leave (G1).
#[inline(always)]
pub(super) fn enter<T>(slot: &Slot, published: &Published<T>) -> *const Buffer<T> {
    let inside = slot.inside();
    if !inside.is_null() {
        slot.settle_again();
        return inside.cast();
    }
    slot.announce();
    fence::light();
    let seen = published.load();
    let buffer = match seen.untagged() {
        Some(buffer) => buffer,
        None => load_fenced(slot, published),
    };
    slot.settle(buffer.cast());
    buffer
}

/// The published buffer, for a reader that was told to pay for the order itself.
#[cold]
#[inline(never)]
fn load_fenced<T>(slot: &Slot, published: &Published<T>) -> *mut Buffer<T> {
    slot.announce_fence();
    if !planted("reader-fence-gone") {
        // Either our announcement is visible to the scan, or our load comes later and sees the new
        // pointer (F2).
        fence::full();
    }
    published.load().as_ptr()
}
