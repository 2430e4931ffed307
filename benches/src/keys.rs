//! Keys: of which kinds, and in which order they are asked for.

use std::borrow::Borrow;
use std::hash::Hash;
use std::ops::Range;

use clap::ValueEnum;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng, seq::SliceRandom};
use rand_distr::{Distribution, Zipf};

/// The fewest keys that are drawn, far more than a branch predictor learns; and the most.
const DRAWN: Range<usize> = 1 << 18..1 << 22;
/// The most keys in one piece: the longest draw has four of these.
pub const LONGEST_PIECE: usize = 1_000_000;
/// What the rank of a key is raised to by [`Order::Zipf`]: the first of a million is asked for in 7 of 100 lookups.
const SKEW: f64 = 0.99;

/// The value that every contender holds for this key, where no slice has to tell what it wrote: then `stamp` is 0.
#[inline]
pub fn value_of(key: u64, stamp: u64) -> u64 {
    (key.wrapping_mul(3) + 1).wrapping_add(stamp)
}

/// How often each key is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Order {
    /// All alike
    #[default]
    Uniform,
    /// A few of them most of the time, by Zipf's law; which ones is drawn too
    Zipf,
}

/// Keys of `0..entries`, drawn at random, long enough for several pieces of this length; the same for every contender.
///
/// Drawn beforehand: a generator in the measured loop would cost every contender the same time, and so move all
/// ratios towards 1.
///
/// # Panics
/// If there is no key, or if keys do not fit 32 bits.
pub fn draw(entries: usize, piece: usize, order: Order) -> Vec<u32> {
    let below = u32::try_from(entries).expect("keys of 32 bits");
    let length = (entries.max(piece) * 4).clamp(DRAWN.start, DRAWN.end);
    let mut random = SmallRng::seed_from_u64(entries as u64);
    if order == Order::Uniform {
        return (0..length).map(|_| random.random_range(0..below)).collect();
    }
    let ranking = shuffled(entries);
    let law = Zipf::new(entries as f64, SKEW).expect("a number and an exponent");
    let rank = |_| law.sample(&mut random) as usize;
    (0..length)
        .map(rank)
        .map(|rank| ranking[rank.clamp(1, entries) - 1])
        .collect()
}

/// The keys `0..entries`, each once, in an order that cannot be guessed.
pub fn shuffled(entries: usize) -> Vec<u32> {
    let mut keys: Vec<_> = (0..entries as u32).collect();
    keys.shuffle(&mut SmallRng::seed_from_u64(1));
    keys
}

/// The pieces of this length of that number of keys without end, beginning where `seed` says.
///
/// # Panics
/// If there are not as many keys.
pub fn pieces(keys: usize, length: usize, seed: usize) -> impl Iterator<Item = Range<usize>> {
    assert!((1..=keys).contains(&length), "{length} of {keys} keys");
    let pieces = keys / length;
    // The stride is a prime, so successive seeds begin at different pieces.
    let first = seed.wrapping_mul(1_000_003) % pieces;
    (0..).map(move |number| {
        let start = (first + number) % pieces * length;
        start..start + length
    })
}

/// A kind of keys: each number of 32 bits has one, and no two have the same.
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
        + evmap::StableHashEq
        + flashmap::TrustedHashEq
        + 'static;
    /// What a lookup gives.
    type Asked: Hash + Eq + ?Sized + 'static;
    /// Many of these, side by side in the order of asking: the processor fetches them ahead, so what a lookup waits
    /// for is the table's.
    type Asking: Asking<Self::Asked>;

    /// The key of this number.
    fn key(number: u64) -> Self::Key;

    /// The keys of these numbers.
    fn asking(numbers: &[u32]) -> Self::Asking;
}

/// Keys to look up.
pub trait Asking<Q: ?Sized + 'static>: Send + Sync + 'static {
    /// How many.
    fn count(&self) -> usize;

    /// One of them.
    fn one(&self, at: usize) -> impl Borrow<Q>;

    /// Some of them, one after the other.
    fn piece(&self, at: Range<usize>) -> impl Iterator<Item: Borrow<Q>>;
}

/// `u64`, looked up by `&u64`.
#[derive(Clone)]
pub struct Number;

/// `String` of 8 to 16 bytes, looked up by `&str`.
#[derive(Clone)]
pub struct Text;

/// Texts in one piece, and where each of them begins, and the last one ends.
pub struct Texts(String, Vec<usize>);

impl Kind for Number {
    const NAME: &'static str = "u64";
    type Key = u64;
    type Asked = u64;
    /// In half the bytes that they take as keys.
    type Asking = Vec<u32>;

    #[inline]
    fn key(number: u64) -> u64 {
        number
    }

    fn asking(numbers: &[u32]) -> Vec<u32> {
        numbers.to_vec()
    }
}

impl Asking<u64> for Vec<u32> {
    fn count(&self) -> usize {
        self.len()
    }

    #[inline]
    fn one(&self, at: usize) -> impl Borrow<u64> {
        u64::from(self[at])
    }

    #[inline]
    fn piece(&self, at: Range<usize>) -> impl Iterator<Item: Borrow<u64>> {
        self[at].iter().copied().map(u64::from)
    }
}

impl Kind for Text {
    const NAME: &'static str = "String";
    type Key = String;
    type Asked = str;
    type Asking = Texts;

    fn key(number: u64) -> String {
        const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
        // The factor is odd, so the lowest 40 bits tell all numbers apart: the first eight digits.
        let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let length = 8 + (mixed >> 40) % 9;
        let digit = |at| DIGITS[(mixed >> (5 * at % 60)) as usize % 32];
        (0..length).map(|at| char::from(digit(at))).collect()
    }

    fn asking(numbers: &[u32]) -> Texts {
        let mut texts = Texts(String::new(), vec![0]);
        for &number in numbers {
            texts.0 += &Text::key(u64::from(number));
            texts.1.push(texts.0.len());
        }
        texts
    }
}

impl Asking<str> for Texts {
    fn count(&self) -> usize {
        self.1.len() - 1
    }

    #[inline]
    fn one(&self, at: usize) -> impl Borrow<str> {
        &self.0[self.1[at]..self.1[at + 1]]
    }

    #[inline]
    fn piece(&self, at: Range<usize>) -> impl Iterator<Item: Borrow<str>> {
        let mut start = self.1[at.start];
        self.1[at.start + 1..at.end + 1].iter().map(move |&end| {
            let text = &self.0[start..end];
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
    fn texts_are_short_and_all_different_and_asked_for_in_order() {
        let keys: Vec<_> = (0..100_000).map(Text::key).collect();
        let lengths: HashSet<_> = keys.iter().map(String::len).collect();
        assert_eq!(lengths, (8..=16).collect());
        assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len());
        let (texts, right) = (
            Text::asking(&[7, 0, 99, 7]),
            [7, 0, 99, 7].map(|n| &keys[n]),
        );
        for piece in [0..0, 0..3, 1..4] {
            let found = texts
                .piece(piece.clone())
                .map(|text| text.borrow().to_string());
            assert!(found.eq(right[piece].iter().copied().cloned()));
        }
        assert!((0..texts.count()).all(|at| texts.one(at).borrow() == right[at]));
    }

    #[test]
    fn keys_are_asked_for_equally_often_or_a_few_of_them_most_of_the_time() {
        let counts = |order| {
            let (mut counts, keys) = (vec![0_usize; 1_000], draw(1_000, 1, order));
            keys.iter().for_each(|&key| counts[key as usize] += 1);
            counts.sort_unstable();
            counts
                .into_iter()
                .map(|n| n * 1_000 / keys.len())
                .collect::<Vec<_>>()
        };
        let (uniform, zipf) = (counts(Order::Uniform), counts(Order::Zipf));
        assert!(uniform[999] <= 1);
        // 1 of the sum of 1 / rank^0.99 over all ranks, which is about 7.7.
        assert!((111..143).contains(&zipf[999]), "{}", zipf[999]);
        assert_eq!(draw(1, 1, Order::Zipf).into_iter().max(), Some(0));
    }

    #[test]
    fn pieces_go_round_the_keys_from_where_the_seed_says() {
        let of = |seed| pieces(1_000, 300, seed).take(4).collect::<Vec<_>>();
        assert_eq!(of(0), [0..300, 300..600, 600..900, 0..300]);
        assert_eq!(of(1)[0], 300..600);
        assert_eq!(draw(100, LONGEST_PIECE, Order::Uniform).len(), 4_000_000);
    }
}
