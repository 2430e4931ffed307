//! The targets for tables that grow.

use crate::case::Case;
use crate::growth::{BASE, CONDITIONS, OURS};
use crate::verdict::{Circumstances, Threshold, Verdict};

/// The size that the targets are for.
pub const SIZE: &str = "4M";
/// Of what `Swiss` takes, for each of the conditions.
const LIMITS: [f64; 2] = [1.7, 0.1];

pub fn verdicts(case: &Case) -> Vec<Verdict> {
    let thresholds = CONDITIONS.into_iter().zip(LIMITS).enumerate();
    thresholds
        .map(|(number, (condition, threshold))| {
            Verdict::new(
                case.name(),
                format!("{OURS}, {condition}: at most {threshold} times as long as {BASE}"),
                case.row(OURS).cells[number].to_base,
                Threshold::AtMost(threshold),
                Circumstances::of(case, number),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Heading, Samples};
    use crate::verdict::Outcome;

    /// A case of 20 rounds in which `Swiss` takes 100 under either condition.
    fn outcomes(ours: [f64; 2]) -> Vec<Outcome> {
        let mut samples = Samples::default();
        samples.resize(3, 2);
        for _ in 0..20 {
            for (condition, ours) in ours.into_iter().enumerate() {
                samples.push(0, condition, 100.0.into());
                samples.push(1, condition, 101.0.into());
                samples.push(2, condition, ours.into());
            }
        }
        let heading = Heading {
            operation: "growth",
            case: SIZE.to_string(),
            title: String::new(),
            base: BASE,
            ours: OURS,
            conditions: CONDITIONS.map(String::from).to_vec(),
        };
        let case = Case::new(heading, samples.rows(&[BASE, "control", OURS], 2, false));
        verdicts(&case).iter().map(|v| v.outcome).collect()
    }

    #[test]
    fn each_figure_has_its_own_threshold() {
        assert_eq!(outcomes([160.0, 9.0]), [Outcome::Met, Outcome::Met]);
        assert_eq!(outcomes([180.0, 9.0]), [Outcome::Missed, Outcome::Met]);
        assert_eq!(outcomes([160.0, 11.0]), [Outcome::Met, Outcome::Missed]);
    }
}
