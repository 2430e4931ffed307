//! [`Quartiles`]: the middle of a sample, and how far it spreads.

use serde::{Deserialize, Serialize};

/// The median of a sample and its quartiles.
///
/// Not the mean: one interrupted slice would move that, and moves this by one rank.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quartiles {
    /// A quarter of the sample lies below.
    pub lower: f64,
    /// Half of the sample lies below.
    pub median: f64,
    /// Three quarters of the sample lie below.
    pub upper: f64,
}

impl Quartiles {
    /// # Panics
    /// If the sample is empty or holds something that is not a number.
    pub fn of(sample: &[f64]) -> Self {
        let [lower, median, upper] = [0.25, 0.5, 0.75].map(|part| quantile(sample, part));
        Quartiles {
            lower,
            median,
            upper,
        }
    }

    /// Of the ratios, round by round: what slows a whole round down cancels out.
    ///
    /// # Panics
    /// As [`of`](Self::of), or if the two have different lengths.
    pub fn of_ratios(ours: &[f64], base: &[f64]) -> Self {
        Self::of(&ratios(ours, base))
    }
}

/// The ratios of two samples, round by round.
///
/// # Panics
/// If they have different lengths.
pub fn ratios(ours: &[f64], base: &[f64]) -> Vec<f64> {
    assert_eq!(ours.len(), base.len(), "samples of different rounds");
    ours.iter()
        .zip(base)
        .map(|(ours, base)| ours / base)
        .collect()
}

/// The value that this part of a sample lies below, between whose values it is interpolated linearly.
///
/// # Panics
/// If the sample is empty or holds something that is not a number.
pub fn quantile(sample: &[f64], part: f64) -> f64 {
    assert!(!sample.is_empty(), "no sample");
    assert!(sample.iter().all(|x| !x.is_nan()), "not a number");
    let mut sorted = sample.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = part * (sorted.len() - 1) as f64;
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    let weight = place - place.floor();
    sorted[below] * (1.0 - weight) + sorted[above] * weight
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_lie_between_the_values_around_them() {
        let of = |sample: &[f64]| {
            let found = Quartiles::of(sample);
            [found.lower, found.median, found.upper]
        };
        assert_eq!(of(&[5.0, 1.0, 3.0]), [2.0, 3.0, 4.0]);
        assert_eq!(of(&[4.0, 1.0, 2.0, 3.0]), [1.75, 2.5, 3.25]);
        assert_eq!(of(&[7.0]), [7.0; 3]);
        // One outlier moves nothing.
        assert_eq!(of(&[1e9, 1.0, 1.0, 1.0, 1.0]), [1.0; 3]);
        // Each round is compared with itself: the second was ten times slower for both.
        let ratios = Quartiles::of_ratios(&[2.0, 20.0, 2.0], &[1.0, 10.0, 1.0]);
        assert_eq!([ratios.lower, ratios.upper], [2.0, 2.0]);
    }
}
