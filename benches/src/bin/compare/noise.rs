//! [`Noise`]: what the control says about a figure.

use benches::stats::Quartiles;
use serde::Serialize;

/// How far the control is from 1, which it would be exactly if there were no noise.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Noise {
    /// Of its median.
    pub median: f64,
    /// Of the further one of its quartiles.
    pub quartile: f64,
}

impl Noise {
    /// From the ratios of the control to the base.
    pub fn of(control: Quartiles) -> Self {
        let (median, quartile) = control.distance_from_one();
        Noise { median, quartile }
    }

    /// Whether either of the two is more than its bound.
    pub fn exceeds(self, median: f64, quartile: f64) -> bool {
        self.median > median || self.quartile > quartile
    }

    /// For people.
    pub fn text(self) -> String {
        format!(
            "off by {:.1}%, its quartiles by {:.1}%",
            self.median * 100.0,
            self.quartile * 100.0
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_figure_can_be_too_much() {
        let noise = Noise::of(Quartiles {
            lower: 0.94,
            median: 0.97,
            upper: 1.02,
        });
        assert_eq!(noise.text(), "off by 3.0%, its quartiles by 6.0%");
        assert!(!noise.exceeds(0.1, 0.1));
        assert!(noise.exceeds(0.02, 0.1));
        assert!(noise.exceeds(0.1, 0.05));
    }
}
