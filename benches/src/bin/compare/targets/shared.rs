//! The targets for a reader that all threads share.

use crate::case::Case;
use crate::shared::{BASE, OURS, OURS_SCOPED, SCOPED};
use crate::verdict::{Circumstances, Threshold, Verdict};

/// The size that the targets are for.
pub const SIZE: &str = "1k";
/// Of what a handle of the thread's own takes.
const OF_HANDLE: f64 = 1.5;

pub fn verdicts(case: &Case) -> Vec<Verdict> {
    let verdict = |ours: &str, own: &str| {
        Verdict::new(
            case.name(),
            format!("{ours}: a lookup costs at most {OF_HANDLE} times {own}"),
            case.speed(own, ours, 0),
            Threshold::AtMost(OF_HANDLE),
            Circumstances::of(case, 0),
        )
    };
    vec![verdict(OURS, BASE), verdict(OURS_SCOPED, SCOPED)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Heading, Samples};
    use crate::verdict::Outcome;

    /// A case of 20 rounds in which a guard of a handle takes 100, and a scoped read 90.
    fn outcomes(shared: f64, scoped: f64) -> Vec<Outcome> {
        let rows = [
            (BASE, 100.0),
            ("control", 101.0),
            (SCOPED, 90.0),
            (OURS, shared),
            (OURS_SCOPED, scoped),
        ];
        let mut samples = Samples::default();
        samples.resize(rows.len(), 1);
        for _ in 0..20 {
            for (contender, (_, ns)) in rows.into_iter().enumerate() {
                samples.push(contender, 0, ns.into());
            }
        }
        let heading = Heading {
            operation: "shared",
            case: SIZE.to_string(),
            title: String::new(),
            base: BASE,
            ours: OURS,
            conditions: vec!["1 thread".to_string()],
        };
        let names = rows.map(|(name, _)| name);
        let case = Case::new(heading, samples.rows(&names, 3, false));
        verdicts(&case).iter().map(|v| v.outcome).collect()
    }

    #[test]
    fn each_way_to_read_is_held_against_its_own_other() {
        assert_eq!(outcomes(149.0, 134.0), [Outcome::Met; 2]);
        assert_eq!(outcomes(149.0, 136.0), [Outcome::Met, Outcome::Missed]);
        assert_eq!(outcomes(151.0, 134.0), [Outcome::Missed, Outcome::Met]);
    }
}
