//! The targets for the table engines.

use crate::case::Case;
use crate::engines::{BASE, CONDITIONS, GROWING, HIT, INCREMENTAL, ITERATION, ROBIN_HOOD};
use crate::verdict::{Circumstances, Threshold, Verdict};

/// Of what `Swiss` takes for a hit.
const INCREMENTAL_HIT: f64 = 1.1;
const INCREMENTAL_GROWING: f64 = 1.6;
const ROBIN_HOOD_HIT: f64 = 1.3;
/// Of the times as fast as `Swiss`.
const ROBIN_HOOD_ITERATION: f64 = 2.0;

/// Whether such a case has targets.
pub fn is_meant(case: &str) -> bool {
    case.split_once('/')
        .is_some_and(|(size, _)| ["100k", "4M"].contains(&size))
}

pub fn verdicts(case: &Case) -> Vec<Verdict> {
    let at_most = |name: &str, condition: usize, threshold: f64| {
        Verdict::new(
            case.name(),
            format!(
                "{name}, {}: at most {threshold} times as long as {BASE}",
                CONDITIONS[condition]
            ),
            case.row(name).cells[condition].to_base,
            Threshold::AtMost(threshold),
            Circumstances::of(case, condition),
        )
    };
    let mut verdicts = vec![
        at_most(INCREMENTAL, HIT, INCREMENTAL_HIT),
        at_most(INCREMENTAL, GROWING, INCREMENTAL_GROWING),
    ];
    // With texts each lookup waits for the heap as well, whatever the table.
    if case.heading.case.ends_with("/u64") {
        verdicts.push(at_most(ROBIN_HOOD, HIT, ROBIN_HOOD_HIT));
    }
    verdicts.push(Verdict::new(
        case.name(),
        format!(
            "{ROBIN_HOOD}, {}: at least {ROBIN_HOOD_ITERATION} times as fast as {BASE}",
            CONDITIONS[ITERATION]
        ),
        case.speed(ROBIN_HOOD, BASE, ITERATION),
        Threshold::AtLeast(ROBIN_HOOD_ITERATION),
        Circumstances::of(case, ITERATION),
    ));
    verdicts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Heading, Samples};
    use crate::verdict::Outcome::{self, Met, Missed, TooNoisy};

    /// A case in which `Swiss` takes 100 under every condition: hit, growing and iteration.
    fn case(name: &str, rounds: usize, incremental: [f64; 2], robin_hood: [f64; 2]) -> Case {
        let names = [BASE, "control", INCREMENTAL, ROBIN_HOOD];
        let mut samples = Samples::default();
        samples.resize(names.len(), CONDITIONS.len());
        for _ in 0..rounds {
            for condition in 0..CONDITIONS.len() {
                let [hit, growing] = incremental;
                let [robin_hood_hit, iteration] = robin_hood;
                let figures = match condition {
                    HIT => [100.0, 101.0, hit, robin_hood_hit],
                    GROWING => [100.0, 101.0, growing, 999.0],
                    ITERATION => [100.0, 101.0, 999.0, iteration],
                    _ => [100.0, 101.0, 999.0, 999.0],
                };
                for (contender, ns) in figures.into_iter().enumerate() {
                    samples.push(contender, condition, ns.into());
                }
            }
        }
        let heading = Heading {
            operation: "engines",
            case: name.to_string(),
            title: String::new(),
            base: BASE,
            ours: ROBIN_HOOD,
            conditions: CONDITIONS.map(String::from).to_vec(),
        };
        Case::new(heading, samples.rows(&names, 3, false))
    }

    fn outcomes(case: &Case) -> Vec<Outcome> {
        verdicts(case).iter().map(|v| v.outcome).collect()
    }

    #[test]
    fn each_figure_has_its_own_threshold() {
        let met = case("4M/u64", 20, [109.0, 159.0], [129.0, 49.0]);
        assert_eq!(outcomes(&met), [Met; 4]);
        let missed = case("100k/u64", 20, [111.0, 161.0], [131.0, 51.0]);
        assert_eq!(outcomes(&missed), [Missed; 4]);
    }

    #[test]
    fn texts_have_fewer_targets() {
        let texts = case("4M/String", 20, [109.0, 161.0], [131.0, 49.0]);
        assert_eq!(outcomes(&texts), [Met, Missed, Met]);
    }

    #[test]
    fn a_few_rounds_decide_nothing() {
        let short = case("4M/u64", 19, [109.0, 159.0], [129.0, 49.0]);
        assert_eq!(outcomes(&short), [TooNoisy; 4]);
    }

    #[test]
    fn other_sizes_have_no_target() {
        assert!(is_meant("100k/u64") && is_meant("4M/String"));
        assert!(!is_meant("10k/u64") && !is_meant("100k"));
    }
}
