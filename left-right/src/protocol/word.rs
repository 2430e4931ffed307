//! [`Word`]: one machine word of the protocol, and the meaning of each of its bits.
//!
//! ```text
//!                         63 ............................ 2  1  0
//! a reader's word         0 .................................. 0    out of every copy
//!                         0 ............................... 0  1    entering
//!                         number of the entry ............. 1  1    entering, with a fence of its own
//!                         address of a copy ............... 0  0    in that copy
//! the published pointer   address of a copy ............... 0  tag
//! ```

use std::fmt;
use std::ptr::{self, NonNull};

use super::Buffer;

/// A reader's word, which says where the reader is, or the published pointer, which names a copy.
///
/// It keeps the pointer's provenance, so that a copy may be read through it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub(crate) struct Word(*mut ());

/// In a published pointer: its readers fence for themselves.
const TAG: usize = 0b01;
/// The lowest bits of a word with the number of an entry.
const FENCING: usize = 0b11;
const NUMBER_AT: u32 = 2;

impl Word {
    /// Of a reader in no copy.
    pub(crate) const OUT: Word = Word(ptr::null_mut());
    /// Of a reader that is about to enter whichever copy is published.
    pub(crate) const ENTERING: Word = Word(ptr::without_provenance_mut(TAG));

    /// Of a reader that is about to do so behind a fence of its own, with the number of its entry.
    /// Numbers come again, after 2^30 entries at the earliest.
    pub(crate) fn fencing(number: usize) -> Self {
        Word(ptr::without_provenance_mut(number << NUMBER_AT | FENCING))
    }

    /// Of a reader in this copy; or the pointer to it, without a tag.
    #[inline(always)]
    pub(crate) fn of<T>(copy: NonNull<Buffer<T>>) -> Self {
        // The lowest two bits are free.
        const { assert!(align_of::<Buffer<T>>() > FENCING) };
        Word(copy.as_ptr().cast())
    }

    /// The pointer to the same copy, with a tag or without.
    #[inline(always)]
    pub(crate) fn with_tag(self, is_tagged: bool) -> Self {
        let tag = if is_tagged { TAG } else { 0 };
        Word(self.0.map_addr(|address| address & !TAG | tag))
    }

    #[inline(always)]
    pub(crate) fn is_tagged(self) -> bool {
        self.0.addr() & TAG != 0
    }

    #[inline(always)]
    pub(crate) fn is_out(self) -> bool {
        self == Word::OUT
    }

    /// Whether a reader with this word is about to enter behind a fence of its own.
    #[inline(always)]
    pub(crate) fn is_fencing(self) -> bool {
        self.0.addr() & FENCING == FENCING
    }

    /// Whether a reader with this word is about to enter, with a fence of its own or without.
    #[inline(always)]
    pub(crate) fn is_entering(self) -> bool {
        self == Word::ENTERING || self.is_fencing()
    }

    /// The copy that a word without a tag names.
    #[inline(always)]
    pub(crate) fn as_ptr<T>(self) -> *mut Buffer<T> {
        self.0.cast()
    }

    /// The same, of a word that was taken from a published pointer.
    #[inline(always)]
    pub(super) fn to_copy<T>(self) -> NonNull<Buffer<T>> {
        match NonNull::new(self.as_ptr()) {
            Some(copy) => copy,
            None => unreachable!("a published pointer names a buffer (`published.rs` P1)"),
        }
    }

    /// The address of that copy.
    #[inline(always)]
    pub(crate) fn address(self) -> usize {
        self.0.addr()
    }

    /// As it lies in an atomic.
    #[inline(always)]
    pub(super) fn into_raw(self) -> *mut () {
        self.0
    }

    #[inline(always)]
    pub(super) fn from_raw(raw: *mut ()) -> Self {
        Word(raw)
    }

    /// A word that names no copy of anything, for models of the protocol.
    #[cfg(test)]
    pub(crate) const fn made_up(address: usize) -> Self {
        Word(ptr::without_provenance_mut(address))
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.0.addr();
        match *self {
            Word::OUT => f.write_str("OUT"),
            Word::ENTERING => f.write_str("ENTERING"),
            _ if self.is_fencing() => write!(f, "FENCING({})", address >> NUMBER_AT),
            _ if self.is_tagged() => write!(f, "{:#x} TAGGED", address & !TAG),
            _ => write!(f, "{address:#x}"),
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn each_word_says_what_it_is_and_debug_says_the_same() {
        let copy = Word::made_up(0x40);
        for (word, is_tagged, is_entering, is_fencing, said) in [
            (Word::OUT, false, false, false, "OUT"),
            (Word::ENTERING, true, true, false, "ENTERING"),
            (Word::fencing(0), true, true, true, "FENCING(0)"),
            (Word::fencing(7), true, true, true, "FENCING(7)"),
            (copy, false, false, false, "0x40"),
            (copy.with_tag(true), true, false, false, "0x40 TAGGED"),
        ] {
            assert_eq!(word.is_tagged(), is_tagged, "{word:?}");
            assert_eq!(word.is_entering(), is_entering, "{word:?}");
            assert_eq!(word.is_fencing(), is_fencing, "{word:?}");
            assert_eq!(format!("{word:?}"), said);
        }
        assert_eq!(copy.with_tag(true).with_tag(false), copy);
    }

    /// A number that does not fit loses its highest bits, and none of the lowest.
    #[test]
    fn numbers_wrap_and_stay_numbers() {
        assert!(Word::fencing(usize::MAX).is_fencing());
        assert_eq!(
            Word::fencing(1 << (usize::BITS - NUMBER_AT)),
            Word::fencing(0)
        );
    }
}
