//! A few keys most of the time.

use rand::SeedableRng;
use rand::rngs::SmallRng;
use rand_distr::{Distribution, Zipf};

use crate::keys::shuffled;

/// Requests for `0..keys`, by Zipf's law with this exponent; which keys are asked for most is drawn, too.
///
/// # Panics
/// If there is no key, or keys do not fit 32 bits.
pub fn zipf_keys(keys: usize, exponent: f64, length: usize) -> Vec<u32> {
    let ranking = shuffled(keys);
    let law = Zipf::new(keys as f64, exponent).expect("a number and an exponent");
    let mut random = SmallRng::seed_from_u64(keys as u64);
    let rank = |_| law.sample(&mut random) as usize;
    let ranks = (0..length).map(rank);
    ranks.map(|rank| ranking[rank.clamp(1, keys) - 1]).collect()
}

/// The same, as other kinds of requests are.
pub fn zipf(keys: usize, exponent: f64, length: usize) -> Vec<u64> {
    let keys = zipf_keys(keys, exponent, length);
    keys.into_iter().map(u64::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_larger_exponent_asks_for_fewer_keys() {
        let most = |exponent| {
            let mut counts = vec![0_usize; 1_000];
            for key in zipf(1_000, exponent, 100_000) {
                counts[key as usize] += 1;
            }
            counts.into_iter().max()
        };
        // One of the sum of 1 / rank^exponent over all ranks: about 24, 7.5 and 4.3.
        let most = [0.7, 1.0, 1.2].map(most);
        assert!((3_500..4_900).contains(&most[0].unwrap_or(0)), "{most:?}");
        assert!((12_000..14_700).contains(&most[1].unwrap_or(0)), "{most:?}");
        assert!(most[2] > most[1], "{most:?}");
    }
}
