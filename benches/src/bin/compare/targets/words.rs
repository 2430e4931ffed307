//! The targets for the growth of `RobinHood`'s array of words.

use crate::case::Case;
use crate::verdict::{Circumstances, Threshold, Verdict};
use crate::words::{BASE, COPY_WARM, OURS, OURS_WARM, REHASH, TWO_THREADS};

/// The number of words that the targets are for.
pub const SIZE: &str = "4M";
/// Of what a copy takes.
const OF_COPY: f64 = 2.0;
/// Of the times as fast as a rehash.
const OF_REHASH: f64 = 2.0;
/// Of one thread.
const OF_TWO: f64 = 1.5;

pub fn verdicts(case: &Case) -> Vec<Verdict> {
    let verdict = |target: String, measured, threshold| {
        let with = Circumstances::of(case, 0);
        Verdict::new(case.name(), target, measured, threshold, with)
    };
    let copies = [(OURS, BASE), (OURS_WARM, COPY_WARM)].map(|(ours, copy)| {
        verdict(
            format!("{ours}: at most {OF_COPY} times as long as {copy}"),
            case.speed(copy, ours, 0),
            Threshold::AtMost(OF_COPY),
        )
    });
    let speeds =
        [(OURS, REHASH, OF_REHASH), (TWO_THREADS, OURS, OF_TWO)].map(|(ours, other, factor)| {
            verdict(
                format!("{ours}: at least {factor} times as fast as {other}"),
                case.speed(ours, other, 0),
                Threshold::AtLeast(factor),
            )
        });
    copies.into_iter().chain(speeds).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Heading, Samples};
    use crate::verdict::Outcome::{self, Met, Missed};

    /// A case of 20 rounds in which a copy takes 100, and half of that into warm memory.
    fn outcomes(rehash: f64, ours: [f64; 3]) -> Vec<Outcome> {
        let [serial, warm, two] = ours;
        let rows = [
            (BASE, 100.0),
            ("control", 101.0),
            (COPY_WARM, 50.0),
            (REHASH, rehash),
            (OURS, serial),
            (OURS_WARM, warm),
            (TWO_THREADS, two),
        ];
        let mut samples = Samples::default();
        samples.resize(rows.len(), 1);
        for _ in 0..20 {
            for (contender, (_, ns)) in rows.into_iter().enumerate() {
                samples.push(contender, 0, ns.into());
            }
        }
        let heading = Heading {
            operation: "grow",
            case: SIZE.to_string(),
            title: String::new(),
            base: BASE,
            ours: OURS,
            conditions: vec!["a slot".to_string()],
        };
        let names = rows.map(|(name, _)| name);
        let case = Case::new(heading, samples.rows(&names, 4, false));
        verdicts(&case).iter().map(|v| v.outcome).collect()
    }

    #[test]
    fn each_figure_has_its_own_threshold() {
        assert_eq!(outcomes(500.0, [190.0, 90.0, 110.0]), [Met; 4]);
        assert_eq!(outcomes(400.0, [210.0, 110.0, 150.0]), [Missed; 4]);
    }

    #[test]
    fn each_is_held_against_its_own_other() {
        // Twice a copy into warm memory, but not into fresh.
        let outcomes = outcomes(350.0, [150.0, 120.0, 120.0]);
        assert_eq!(outcomes, [Met, Missed, Met, Missed]);
    }
}
