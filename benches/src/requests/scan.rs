//! A hot set, and scans through it.

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

/// Requests for random keys of `0..hot`, two for each of these; then a scan of four times as many keys that nobody asks
/// for again; and so on.
///
/// So a third of the requests may be hits. With more of them between two scans, no policy of today loses any.
pub fn scan(hot: usize, length: usize) -> Vec<u64> {
    let mut random = SmallRng::seed_from_u64(hot as u64);
    let mut next = hot as u64;
    let mut requests = Vec::with_capacity(length);
    while requests.len() < length {
        requests.extend((0..2 * hot).map(|_| random.random_range(0..hot as u64)));
        let end = next + 4 * hot as u64;
        requests.extend(next..end);
        next = end;
    }
    requests.truncate(length);
    requests
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_key_of_a_scan_is_asked_for_once() {
        let requests = scan(100, 1_800);
        let cold: Vec<_> = requests.iter().filter(|&&key| key >= 100).collect();
        assert_eq!((requests.len(), cold.len()), (1_800, 1_200));
        assert_eq!(cold.iter().collect::<HashSet<_>>().len(), cold.len());
    }
}
