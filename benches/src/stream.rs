//! [`Stream`]: the keys that a measurement asks for, in an order that cannot be guessed.

use std::convert::Infallible;

use rand::TryRng;
use rand_distr::{Distribution, Zipf};

/// The most keys in one stream: 16 MiB of them, read in order, which the processor fetches ahead.
const LONGEST: usize = 1 << 22;
/// The most keys in one piece: the longest stream has four of these.
pub const LONGEST_PIECE: usize = 1_000_000;
/// The fewest, for small tables: far more than a branch predictor learns.
const SHORTEST: usize = 1 << 18;

/// What [`Stream::skewed`] raises a rank to: the first of a million keys is asked for in 7 of 100
/// lookups.
const SKEW: f64 = 0.99;

/// Keys of a table of `0..entries`, drawn at random, the same for every contender; uniformly, if nobody
/// says otherwise.
///
/// Drawn beforehand: a generator in the measured loop would cost every contender the same time,
/// and so move all ratios towards 1.
pub struct Stream {
    keys: Vec<u32>,
}

impl Stream {
    /// The stream of this table size; the same in every run.
    ///
    /// # Panics
    /// If there is no key, or if keys do not fit 32 bits.
    pub fn new(entries: usize) -> Self {
        Self::for_pieces(entries, 1)
    }

    /// As [`new`](Self::new), and long enough for several pieces of `length` keys.
    ///
    /// # Panics
    /// As [`new`](Self::new), or if `length` is not between 1 and [`LONGEST_PIECE`].
    pub fn for_pieces(entries: usize, length: usize) -> Self {
        assert!(entries > 0 && u32::try_from(entries).is_ok());
        assert!((1..=LONGEST_PIECE).contains(&length), "no such piece");
        let length = (entries.max(length) * 4).clamp(SHORTEST, LONGEST);
        let mut random = SplitMix(entries as u64);
        Stream {
            keys: (0..length)
                .map(|_| random.below(entries as u64) as u32)
                .collect(),
        }
    }

    /// As [`new`](Self::new), but a few keys are asked for most of the time: by Zipf's law with an
    /// exponent of 0.99. Which ones is drawn too, so that they do not lie side by side.
    ///
    /// # Panics
    /// As [`new`](Self::new).
    pub fn skewed(entries: usize) -> Self {
        let mut stream = Self::new(entries);
        let mut random = SplitMix(entries as u64);
        let mut ranking: Vec<_> = (0..entries as u32).collect();
        random.shuffle(&mut ranking);
        let law = Zipf::new(entries as f64, SKEW).expect("a number and an exponent");
        for key in &mut stream.keys {
            let rank = law.sample(&mut random) as usize;
            *key = ranking[rank.clamp(1, entries) - 1];
        }
        stream
    }

    /// The stream in pieces of `length` keys without end, beginning at some place that `seed`
    /// chooses.
    ///
    /// # Panics
    /// If the stream has no piece of this length; [`for_pieces`](Self::for_pieces) makes one that
    /// has.
    pub fn pieces(&self, length: usize, seed: usize) -> impl Iterator<Item = &[u32]> {
        let keys = self.keys.len();
        assert!((1..=keys).contains(&length), "{length} of {keys} keys");
        let pieces = keys / length;
        // An odd stride that shares no factor with the number of pieces, a power of two or not.
        let first = seed.wrapping_mul(1_000_003) % pieces;
        (0..)
            .map(move |i| (first + i) % pieces)
            .map(move |i| &self.keys[i * length..(i + 1) * length])
    }

    /// All keys, once through.
    pub fn keys(&self) -> impl Iterator<Item = u64> {
        self.keys.iter().map(|&key| u64::from(key))
    }
}

/// A small random generator (Steele, Lea and Flood's SplitMix64), for streams and for the order of
/// contenders.
pub struct SplitMix(pub u64);

impl SplitMix {
    /// The next random number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A random number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.draw()) * u128::from(bound)) >> 64) as u64
    }

    /// Shuffles `items`.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i as u64 + 1) as usize);
        }
    }
}

/// For distributions.
impl TryRng for SplitMix {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.draw() >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.draw())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for bytes in bytes.chunks_mut(8) {
            let drawn = self.draw().to_le_bytes();
            bytes.copy_from_slice(&drawn[..bytes.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_asks_for_every_key_about_equally_often() {
        let stream = Stream::new(100);
        let mut counts = [0_usize; 100];
        for key in stream.keys() {
            counts[key as usize] += 1;
        }
        let mean = SHORTEST / 100;
        assert!(
            counts
                .iter()
                .all(|&n| n > mean * 9 / 10 && n < mean * 11 / 10)
        );
    }

    #[test]
    fn a_skewed_stream_asks_for_a_few_keys_most_of_the_time() {
        let stream = Stream::skewed(1_000);
        let mut counts = vec![0_usize; 1_000];
        for key in stream.keys() {
            counts[key as usize] += 1;
        }
        // Those asked for most are anywhere.
        let most = counts.iter().copied().enumerate().max_by_key(|&(_, n)| n);
        let (first, most) = most.unwrap();
        assert_ne!(first, 0);
        counts.sort_unstable();
        let all = stream.keys().count();
        // 1 of the sum of 1 / rank^0.99 over all ranks, which is some 7.7.
        assert!((all / 9..all / 7).contains(&most), "{most} of {all}");
        let tenth: usize = counts[900..].iter().sum();
        assert!(
            (all * 6 / 10..all * 8 / 10).contains(&tenth),
            "{tenth} of {all}"
        );
        assert_eq!(Stream::skewed(1).keys().max(), Some(0));
    }

    #[test]
    fn pieces_go_round_the_stream_from_where_the_seed_says() {
        let stream = Stream::new(1000);
        let pieces: Vec<_> = stream.pieces(512, 3).take(SHORTEST / 512 + 1).collect();
        assert!(pieces.iter().all(|piece| piece.len() == 512));
        assert_eq!(pieces.first(), pieces.last());
        assert_ne!(stream.pieces(512, 3).next(), stream.pieces(512, 4).next());
    }

    #[test]
    fn the_longest_piece_has_others_beside_it() {
        let stream = Stream::for_pieces(100, LONGEST_PIECE);
        let mut pieces = stream.pieces(LONGEST_PIECE, 3);
        let (first, second) = (pieces.next().unwrap(), pieces.next().unwrap());
        assert_eq!(first.len(), LONGEST_PIECE);
        assert_ne!(first, second);
    }

    #[test]
    fn a_longer_stream_is_only_made_where_it_is_needed() {
        let lengths = [1, 10_000, 100_000].map(|n| Stream::for_pieces(1_000, n).keys.len());
        assert_eq!(lengths, [SHORTEST, SHORTEST, 400_000]);
    }

    #[test]
    #[should_panic(expected = "1000000 of 262144 keys")]
    fn a_piece_longer_than_the_stream_is_refused() {
        let _ = Stream::new(100).pieces(1_000_000, 0);
    }

    #[test]
    fn a_shuffle_keeps_everything() {
        let mut items: Vec<_> = (0..50).collect();
        SplitMix(7).shuffle(&mut items);
        assert_ne!(items, (0..50).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..50).collect::<Vec<_>>());
    }
}
