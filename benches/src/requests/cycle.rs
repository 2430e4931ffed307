//! The same keys again and again, in one order.

/// Requests for `0..keys`, one after the other, and then from the beginning.
///
/// A cache that is smaller, and evicts what was not used for longest, never has a hit.
pub fn cycle(keys: usize, length: usize) -> Vec<u64> {
    (0..keys as u64).cycle().take(length).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cycle_begins_again() {
        assert_eq!(cycle(3, 7), [0, 1, 2, 0, 1, 2, 0]);
    }
}
