//! The targets for a map that a burst of writes has filled.

use crate::case::Case;
use crate::filled::{FLUSHED, INSERTED, REFRESHED, SETTLED};
use crate::verdict::{Circumstances, Threshold, Verdict};

/// Of what a lookup takes where the writer has ended the fences.
const OF_SETTLED: f64 = 1.05;

pub fn verdicts(case: &Case) -> Vec<Verdict> {
    let verdict = |ours: &str, own: &str| {
        Verdict::new(
            case.name(),
            format!("{ours}: a lookup costs at most {OF_SETTLED} times {own}"),
            case.speed(own, ours, 0),
            Threshold::AtMost(OF_SETTLED),
            Circumstances::of(case, 0),
        )
    };
    vec![verdict(REFRESHED, SETTLED), verdict(INSERTED, FLUSHED)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Heading, Samples};
    use crate::verdict::Outcome;

    /// A case of 20 rounds in which a settled map takes 100, and a flushed one 120.
    fn outcomes(refreshed: f64, inserted: f64) -> Vec<Outcome> {
        let rows = [
            (SETTLED, 100.0),
            ("control", 101.0),
            (REFRESHED, refreshed),
            (FLUSHED, 120.0),
            (INSERTED, inserted),
        ];
        let mut samples = Samples::default();
        samples.resize(rows.len(), 1);
        for _ in 0..20 {
            for (contender, (_, ns)) in rows.into_iter().enumerate() {
                samples.push(contender, 0, ns.into());
            }
        }
        let heading = Heading {
            operation: "filled",
            case: "1k".to_string(),
            title: String::new(),
            base: SETTLED,
            ours: FLUSHED,
            conditions: vec!["1 thread".to_string()],
        };
        let names = rows.map(|(name, _)| name);
        let case = Case::new(heading, samples.rows(&names, 3, false));
        verdicts(&case).iter().map(|v| v.outcome).collect()
    }

    #[test]
    fn each_map_is_held_against_its_like_that_was_settled() {
        assert_eq!(outcomes(104.0, 125.0), [Outcome::Met; 2]);
        assert_eq!(outcomes(220.0, 125.0), [Outcome::Missed, Outcome::Met]);
        assert_eq!(outcomes(104.0, 240.0), [Outcome::Met, Outcome::Missed]);
    }
}
