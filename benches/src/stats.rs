//! [`Quartiles`]: the middle of a sample, and how far it spreads.

use serde::Serialize;

/// The median of a sample and its quartiles.
///
/// Not the mean: one interrupted slice would move that, and moves this by one rank.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Quartiles {
    /// A quarter of the sample lies below.
    pub lower: f64,
    /// Half of the sample lies below.
    pub median: f64,
    /// Three quarters of the sample lie below.
    pub upper: f64,
}

impl Quartiles {
    /// Of a sample, between whose values quantiles are interpolated linearly.
    ///
    /// # Panics
    /// If the sample is empty or holds something that is not a number.
    pub fn of(sample: &[f64]) -> Self {
        let sorted = sorted(sample);
        Quartiles {
            lower: quantile(&sorted, 0.25),
            median: quantile(&sorted, 0.5),
            upper: quantile(&sorted, 0.75),
        }
    }

    /// Of the ratios `ours[i] / base[i]`: each round is compared with itself, so that what slows a
    /// whole round down cancels out.
    ///
    /// # Panics
    /// As [`of`](Self::of), or if the two samples have different lengths.
    pub fn of_ratios(ours: &[f64], base: &[f64]) -> Self {
        Self::of(&ratios(ours, base))
    }

    /// In another unit.
    pub fn scaled(self, factor: f64) -> Self {
        Quartiles {
            lower: self.lower * factor,
            median: self.median * factor,
            upper: self.upper * factor,
        }
    }

    /// How far the median and the further quartile are from 1.
    pub fn distance_from_one(self) -> (f64, f64) {
        let spread = (1.0 - self.lower).abs().max((self.upper - 1.0).abs());
        ((self.median - 1.0).abs(), spread)
    }
}

/// The ratios of two samples, round by round.
///
/// # Panics
/// If the two have different lengths.
pub fn ratios(ours: &[f64], base: &[f64]) -> Vec<f64> {
    assert_eq!(ours.len(), base.len(), "samples of different rounds");
    ours.iter().zip(base).map(|(a, b)| a / b).collect()
}

/// The value that this fraction of a sample lies below.
///
/// # Panics
/// If the sample is empty or holds something that is not a number.
pub fn quantile_of(sample: &[f64], fraction: f64) -> f64 {
    quantile(&sorted(sample), fraction)
}

fn sorted(sample: &[f64]) -> Vec<f64> {
    assert!(!sample.is_empty(), "no sample");
    assert!(sample.iter().all(|x| !x.is_nan()), "not a number");
    let mut sorted = sample.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

fn quantile(sorted: &[f64], fraction: f64) -> f64 {
    let place = fraction * (sorted.len() - 1) as f64;
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    let weight = place - place.floor();
    sorted[below] * (1.0 - weight) + sorted[above] * weight
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_odd_sample_is_its_middle() {
        let found = Quartiles::of(&[5.0, 1.0, 3.0]);
        assert_eq!(found.median, 3.0);
        assert_eq!((found.lower, found.upper), (2.0, 4.0));
    }

    #[test]
    fn the_median_of_an_even_sample_lies_between_the_middle_two() {
        let found = Quartiles::of(&[4.0, 1.0, 2.0, 3.0]);
        assert_eq!(found.median, 2.5);
        assert_eq!((found.lower, found.upper), (1.75, 3.25));
    }

    #[test]
    fn one_value_is_all_three() {
        let found = Quartiles::of(&[7.0]);
        assert_eq!((found.lower, found.median, found.upper), (7.0, 7.0, 7.0));
    }

    #[test]
    fn one_outlier_does_not_move_the_median() {
        let mut sample = vec![1.0; 21];
        sample[0] = 1e9;
        assert_eq!(Quartiles::of(&sample).median, 1.0);
    }

    #[test]
    fn a_quantile_is_asked_by_its_fraction() {
        let sample: Vec<_> = (0..=100).rev().map(f64::from).collect();
        assert_eq!(quantile_of(&sample, 0.99), 99.0);
        assert_eq!(Quartiles::of(&sample).scaled(2.0).median, 100.0);
    }

    #[test]
    fn ratios_compare_each_round_with_itself() {
        // The second round was ten times slower for both.
        let found = Quartiles::of_ratios(&[2.0, 20.0, 2.0], &[1.0, 10.0, 1.0]);
        assert_eq!((found.lower, found.median, found.upper), (2.0, 2.0, 2.0));
    }

    #[test]
    fn the_distance_from_one_counts_both_ways() {
        let quartiles = Quartiles {
            lower: 0.9,
            median: 0.98,
            upper: 1.05,
        };
        let (median, spread) = quartiles.distance_from_one();
        assert!((median - 0.02).abs() < 1e-12 && (spread - 0.1).abs() < 1e-12);
    }

    #[test]
    #[should_panic(expected = "no sample")]
    fn an_empty_sample_has_no_median() {
        Quartiles::of(&[]);
    }
}
