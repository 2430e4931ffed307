//! [`Kind`]: the kinds of keys that maps are compared with.

use std::borrow::Borrow;
use std::hash::Hash;
use std::ops::Range;

/// A kind of keys: each number below 2^40 has one, and no two have the same.
pub trait Kind: Clone + Send + Sync + 'static {
    /// For people.
    const NAME: &'static str;
    /// What a map owns. Two of the peers ask for their own word that it hashes alike each time.
    type Key: Borrow<Self::Asked>
        + Hash
        + Eq
        + Clone
        + Send
        + Sync
        + 'static
        + evmap::StableHashEq
        + flashmap::TrustedHashEq;
    /// What a lookup gives.
    type Asked: Hash + Eq + ?Sized + 'static;
    /// Many of these.
    type Questions: Questions<Self::Asked>;

    /// The key of this number.
    fn key(number: u64) -> Self::Key;

    /// The keys of these numbers.
    fn questions(numbers: impl Iterator<Item = u64>) -> Self::Questions;
}

/// Keys to look up, side by side in the order of asking: the processor fetches them ahead, so what a
/// lookup waits for is the table's.
pub trait Questions<Q: ?Sized + 'static>: Send + Sync + 'static {
    /// How many.
    fn len(&self) -> usize;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One of them.
    fn get(&self, at: usize) -> impl Borrow<Q>;

    /// Some of them, one after the other.
    fn piece(&self, at: Range<usize>) -> impl Iterator<Item: Borrow<Q>>;
}

/// `u64`, looked up by `&u64`.
#[derive(Clone)]
pub struct Number;

/// `String` of 8 to 16 bytes, looked up by `&str`.
#[derive(Clone)]
pub struct Text;

/// Numbers in half the bytes that they take as keys.
pub struct Numbers(Vec<u32>);

/// Texts in one piece.
pub struct Texts {
    all: String,
    /// Where each of them ends.
    ends: Vec<usize>,
}

impl Kind for Number {
    const NAME: &'static str = "u64";
    type Key = u64;
    type Asked = u64;
    type Questions = Numbers;

    #[inline]
    fn key(number: u64) -> u64 {
        number
    }

    /// # Panics
    /// If a number does not fit 32 bits.
    fn questions(numbers: impl Iterator<Item = u64>) -> Numbers {
        let narrow = |number| u32::try_from(number).expect("a number of 32 bits");
        Numbers(numbers.map(narrow).collect())
    }
}

impl Questions<u64> for Numbers {
    fn len(&self) -> usize {
        self.0.len()
    }

    #[inline]
    fn get(&self, at: usize) -> impl Borrow<u64> {
        u64::from(self.0[at])
    }

    #[inline]
    fn piece(&self, at: Range<usize>) -> impl Iterator<Item: Borrow<u64>> {
        self.0[at].iter().copied().map(u64::from)
    }
}

impl Kind for Text {
    const NAME: &'static str = "String";
    type Key = String;
    type Asked = str;
    type Questions = Texts;

    fn key(number: u64) -> String {
        const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
        // The factor is odd, so the lowest 40 bits tell all numbers apart: the first eight digits.
        let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let length = 8 + (mixed >> 40) % 9;
        let digit = |at| DIGITS[(mixed >> (5 * at % 60)) as usize % 32];
        (0..length).map(|at| char::from(digit(at))).collect()
    }

    fn questions(numbers: impl Iterator<Item = u64>) -> Texts {
        let mut texts = Texts {
            all: String::new(),
            ends: Vec::new(),
        };
        for number in numbers {
            texts.all += &Text::key(number);
            texts.ends.push(texts.all.len());
        }
        texts
    }
}

impl Questions<str> for Texts {
    fn len(&self) -> usize {
        self.ends.len()
    }

    #[inline]
    fn get(&self, at: usize) -> impl Borrow<str> {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.all[start..self.ends[at]]
    }

    #[inline]
    fn piece(&self, at: Range<usize>) -> impl Iterator<Item: Borrow<str>> {
        let mut start = if at.start == 0 {
            0
        } else {
            self.ends[at.start - 1]
        };
        self.ends[at].iter().map(move |&end| {
            let text = &self.all[start..end];
            start = end;
            text
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn texts_are_short_and_all_different() {
        let texts: HashSet<_> = (0..100_000).map(Text::key).collect();
        assert_eq!(texts.len(), 100_000);
        let lengths: HashSet<_> = texts.iter().map(String::len).collect();
        assert_eq!(lengths, (8..=16).collect());
    }

    #[test]
    fn questions_are_the_keys_in_order() {
        let numbers = [7, 0, 99, 7];
        let (texts, ours) = (Text::questions(numbers.into_iter()), numbers.map(Text::key));
        assert_eq!(texts.len(), 4);
        let text = |at| texts.get(at).borrow().to_string();
        assert!((0..4).all(|at| text(at) == ours[at]));
        for piece in [0..0, 0..3, 1..4] {
            let found = texts.piece(piece.clone());
            let found: Vec<String> = found.map(|text| text.borrow().to_string()).collect();
            assert_eq!(found, ours[piece]);
        }
        let questions = Number::questions(numbers.into_iter());
        assert!((0..4).all(|at| *questions.get(at).borrow() == numbers[at]));
        assert!(questions.piece(0..4).map(|n| *n.borrow()).eq(numbers));
    }
}
