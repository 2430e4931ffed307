//! What makes reads safe: both sides of the protocol between readers and the writer.
//!
//! ```text
//! enter:  own word names a copy: a nested guard, no store      // enter.rs
//!         word = ENTERING                        (Relaxed)
//!         light fence
//!         p = published                          (Acquire)
//!         if p is tagged:                                      // out of line
//!             word = FENCING(n)                  (Release)
//!             full fence
//!             p = published                      (Acquire)
//!         word = p without its tag               (Release)
//!         once in a round of entries with a fence, if all have met one version:
//!             published = p without its tag, if it is still p with it
//! leave:  word = OUT                             (Release)
//!
//! start:  old = swap(published, new)             (Release)    // swap.rs
//!         heavy fence if old was untagged, else a full fence
//!         remember each word that is ENTERING, FENCING(n) or old           // pins.rs
//! finish: wait until each of them has been seen elsewhere: OUT, in another copy, or FENCING(m), m not n
//!         from then on old is the writer's
//! ```
//!
//! # Cases
//!
//! The word of a reader and the published pointer are two places, and each side stores to one and then loads
//! the other, with a fence between.
//! So for each reader and each swap one of these holds:
//!
//! - **C1** The reader loads the pointer after the swap: it comes to `new`, and is no concern of this swap.
//! - **C2** It loads the pointer before the swap, and the scan sees its announcement: it is remembered, and
//!   waited for.
//! - **C3** It loads the pointer before the swap, and the scan sees a later word of it, `old` or beyond. In `old`
//!   it is remembered; beyond, its reads of `old` are over (`registry.rs` O2).
//! - It loads the pointer before the swap, and the scan does not see its announcement. The fences exclude it
//!   (`fence/mod.rs` F1, F2).
//!
//! Where the scan sees an announcement, it cannot tell C1 from C2, so it remembers both.
//! In the wait:
//!
//! - **C4** A copy that is not published cannot be entered, so one look at a word that says "elsewhere" is enough,
//!   whatever the reader does next.
//! - **C5** `ENTERING` may be the entry that the scan met or a later one, so it is waited for. A number that the scan
//!   has not met is elsewhere: its reader loads the pointer behind a fence of its own, and so after the swap
//!   (`fence/mod.rs` F2). A number that comes again costs one more look.
//! - **C6** A thread that stops between announcement and arrival pins each copy swapped out until it moves on.
//!
//! A tag says how its readers came in, so the pointer that a swap returns decides which fence it needs:
//!
//! - **C7** Untagged: readers came without a fence of their own, so the heavy fence runs one for them. It covers
//!   readers with a fence, too.
//! - **C8** Tagged until the swap: every reader that loaded it has fenced, so the writer's own fence
//!   is enough.
//! - **C9** A pointer may lose its tag in place at any time, by the writer or by a reader, however late: the swap
//!   that returns it finds it untagged, which is C7. It never gains one in place.
//! - **C10** The untag is a read-modify-write, from the tagged pointer to the copy that the reader is in to the untagged
//!   one. So it never puts back a copy that was swapped out, and it continues the release sequence of the swap: a reader that loads
//!   the untagged pointer still sees what the writer did to the copy (`published.rs` O4).
//!
//! # Imports
//!
//! Nothing here knows the handles or the [policy](crate::policy): what may be tuned without touching safety is
//! asked through [`Policy`].

mod buffer;
mod counts;
mod draining;
mod enter;
#[cfg(all(test, not(loom)))]
mod explorer;
pub(crate) mod fence;
mod own;
mod pins;
mod published;
mod reader;
mod registry;
mod slot;
mod slots;
mod swap;
mod word;

pub(crate) use buffer::{Buffer, Content};
pub(crate) use draining::Draining;
pub(crate) use enter::{enter, leave};
pub(crate) use own::{Own, Replaced};
pub(crate) use pins::{Pins, TRY_LOOKS};
pub(crate) use published::Published;
pub(crate) use reader::Reader;
pub(crate) use registry::Registry;
pub(crate) use slot::Slot;
pub(crate) use slots::{Listed, SlotList};
pub(crate) use swap::Policy;
#[cfg(all(test, not(loom)))]
pub(crate) use word::ROUND;
pub(crate) use word::{Entry, Word};
