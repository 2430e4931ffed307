//! What is promised of many threads that write.

use crate::case::Case;
use crate::many::{DEFERRED, DEFERRED_BASE, OURS_DEFERRED, OURS_VISIBLE, VISIBLE, VISIBLE_BASE};
use crate::many::{MEANT, condition};
use crate::verdict::{Bar, Circumstances, Verdict};

/// Of the times as much that `Mutex<evmap>` does.
const OF_EVMAP: f64 = 1.2;
/// Of what dashmap does.
const OF_DASHMAP: f64 = 0.2;

pub fn verdicts(case: &Case, name: &str) -> Vec<Verdict> {
    let (ours, base, factor) = match name {
        VISIBLE => (OURS_VISIBLE, VISIBLE_BASE, OF_EVMAP),
        DEFERRED => (OURS_DEFERRED, DEFERRED_BASE, OF_DASHMAP),
        _ => return Vec::new(),
    };
    let meant = MEANT.map(condition);
    let conditions = case.heading.conditions.iter().enumerate();
    conditions
        .filter(|(_, condition)| meant.contains(condition))
        .map(|(number, condition)| {
            Verdict::new(
                case.name(),
                format!("{ours}, {condition}: at least {factor} times as many as {base}"),
                case.row(base).cells[number].to_ours,
                Bar::AtLeast(factor),
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

    /// A case of 20 rounds, with 2, 4 and 8 threads, in which ours takes so long.
    fn case(name: &str, names: [&'static str; 3], ours: [f64; 3]) -> Case {
        let mut samples = Samples::default();
        samples.resize(3, 3);
        for (condition, ours) in ours.into_iter().enumerate() {
            for _ in 0..20 {
                samples.push(0, condition, 100.0.into());
                samples.push(1, condition, 101.0.into());
                samples.push(2, condition, ours.into());
            }
        }
        let heading = Heading {
            operation: "many",
            case: name.to_string(),
            title: String::new(),
            base: names[0],
            ours: "ours",
            conditions: [2, 4, 8].map(condition).to_vec(),
        };
        Case::new(heading, samples.rows(&names, 2, false))
    }

    fn outcomes(case: &Case) -> Vec<Outcome> {
        let verdicts = verdicts(case, &case.heading.case);
        verdicts.iter().map(|verdict| verdict.outcome).collect()
    }

    #[test]
    fn ours_does_more_than_a_mutex_and_not_much_less_than_dashmap() {
        let names = [VISIBLE_BASE, "control", OURS_VISIBLE];
        let visible = case(VISIBLE, names, [999.0, 50.0, 90.0]);
        // The promises are of 4 and of 8 threads.
        assert_eq!(outcomes(&visible), [Outcome::Kept, Outcome::Missed]);
        let names = [DEFERRED_BASE, "control", OURS_DEFERRED];
        let deferred = case(DEFERRED, names, [999.0, 600.0, 400.0]);
        assert_eq!(outcomes(&deferred), [Outcome::Missed, Outcome::Kept]);
    }
}
