//! A hot set that shifts.

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

/// Cold keys have this bit, and hot keys do not.
const COLD: u64 = 1 << 40;

/// Requests for random keys of a set of this size, of which every sixteenth part is replaced after as many requests as
/// the set has keys. Each fifth request is for one of a million other keys.
pub fn shift(hot: usize, length: usize) -> Vec<u64> {
    let mut random = SmallRng::seed_from_u64(hot as u64);
    let request = |at: usize| {
        if at % 5 == 4 {
            return COLD | random.random_range(0..1_000_000);
        }
        let first = (at / hot.max(1) * (hot / 16)) as u64;
        first + random.random_range(0..hot as u64)
    };
    (0..length).map(request).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_set_has_shifted_by_a_sixteenth_after_as_many_requests_as_it_has_keys() {
        let requests = shift(160, 320);
        for (at, &key) in requests.iter().enumerate() {
            let set = if at < 160 { 0..160 } else { 10..170 };
            assert!(key & COLD == COLD || set.contains(&key), "{at}: {key}");
            assert_eq!(key & COLD == COLD, at % 5 == 4);
        }
    }
}
