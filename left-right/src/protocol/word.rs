//! [`Word`]: one machine word of the protocol, and the meaning of each of its bits.
//!
//! ```text
//!                         63 ............................ 2  1  0
//! a reader's word         0 .................................. 0    out of every copy
//!                         0 ............................... 0  1    entering
//!                         number of the entry ............. 1  1    entering, behind a fence of its own
//!                         address of a copy ............... 0  0    in that copy
//! the published pointer   address of a copy ............... 0  tag
//! ```

use std::fmt;
use std::ptr::{self, NonNull};

use super::Buffer;
use crate::sync::MODELLED;

/// A reader's word, which says where the reader is, or the published pointer, which names a copy.
///
/// It keeps the pointer's provenance, so that a copy may be read through it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub(crate) struct Word(*mut ());

/// The number of one of a reader's entries with a fence of its own, as a word has it.
///
/// Numbers come again after 2^30 entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry(u32);

/// The entries of a round. Models and unit tests cannot make that many.
pub(crate) const ROUND: u32 = if MODELLED {
    1
} else if cfg!(test) {
    16
} else {
    1 << 16
};

impl Entry {
    pub(crate) const FIRST: Entry = Entry(FENCING as u32);

    #[inline(always)]
    pub(crate) fn next(self) -> Self {
        Entry(self.0.wrapping_add(1 << NUMBER_AT))
    }

    /// Whether this is the first entry of a round.
    #[inline(always)]
    pub(crate) fn begins_round(self) -> bool {
        self.0 & (ROUND - 1) << NUMBER_AT == 0
    }

    pub(super) fn from_bits(bits: u32) -> Self {
        Entry(bits)
    }

    pub(super) fn to_bits(self) -> u32 {
        self.0
    }
}

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

    /// Of a reader that is about to enter behind a fence of its own.
    #[inline(always)]
    pub(crate) fn fencing(entry: Entry) -> Self {
        Word(ptr::without_provenance_mut(entry.0 as usize))
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
            (Word::fencing(Entry::FIRST), true, true, true, "FENCING(0)"),
            (Word::fencing(Entry(31)), true, true, true, "FENCING(7)"),
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

    #[test]
    fn entries_follow_each_other_in_rounds_and_wrap_within_their_bits() {
        let mut entry = Entry::FIRST;
        for number in 0..5 * ROUND {
            assert_eq!(entry.0, number << NUMBER_AT | Entry::FIRST.0);
            assert_eq!(entry.begins_round(), number % ROUND == 0, "{number}");
            entry = entry.next();
        }
        assert_eq!(Entry(u32::MAX).next(), Entry::FIRST);
    }
}
