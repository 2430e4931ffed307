//! The targets for an upsert, with its part of a refresh.

use crate::case::Case;
use crate::verdict::{Circumstances, Threshold, Verdict};
use crate::write::{IDLE_HANDLES, OURS, added_cost};

/// Those that publish at intervals too, whatever these are.
const ALWAYS: [&str; 2] = ["evmap", "flashmap"];
/// One that publishes with every write, where there are this many for each refresh.
const SELDOM: (&str, &str) = ("10k", "dashmap");
/// Microseconds more than with one handle.
const IDLE: f64 = 80.0;

pub fn verdicts(case: &Case, name: &str) -> Vec<Verdict> {
    match name {
        "1" | "100" => upserts(case, &ALWAYS),
        name if name == SELDOM.0 => upserts(case, &[&ALWAYS[..], &[SELDOM.1]].concat()),
        IDLE_HANDLES => idle(case),
        _ => Vec::new(),
    }
}

/// With and without a reader.
fn upserts(case: &Case, peers: &[&str]) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for peer in peers {
        for (number, condition) in case.heading.conditions.iter().enumerate() {
            verdicts.push(Verdict::new(
                case.name(),
                format!("{OURS}, {condition}: no more expensive than {peer}"),
                case.row(peer).cells[number].to_ours,
                Threshold::AtLeast(1.0),
                Circumstances::of(case, number),
            ));
        }
    }
    verdicts
}

fn idle(case: &Case) -> Vec<Verdict> {
    let modes = case.heading.conditions.iter().enumerate();
    modes
        .map(|(number, mode)| {
            Verdict::new(
                case.name(),
                format!("{mode}: 10k idle handles make a refresh at most {IDLE} µs more expensive"),
                added_cost(case, number),
                Threshold::AtMost(IDLE),
                Circumstances::of(case, number),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Heading, Samples};
    use crate::verdict::Outcome::{self, Met, Missed};

    /// A case of 20 rounds in which each row takes as long under every condition.
    fn outcomes(name: &str, figures: &[(&'static str, f64)]) -> Vec<Outcome> {
        let mut samples = Samples::default();
        samples.resize(figures.len(), 2);
        for _ in 0..20 {
            for (contender, &(_, ns)) in figures.iter().enumerate() {
                for condition in 0..2 {
                    samples.push(contender, condition, ns.into());
                }
            }
        }
        let names: Vec<_> = figures.iter().map(|&(name, _)| name).collect();
        let heading = Heading {
            operation: "write",
            case: name.to_string(),
            title: String::new(),
            base: names[0],
            ours: names[2],
            conditions: ["one", "two"].map(String::from).to_vec(),
        };
        let case = Case::new(heading, samples.rows(&names, 2, false));
        let verdicts = verdicts(&case, name);
        verdicts.iter().map(|v| v.outcome).collect()
    }

    fn upserts_of(name: &str, ours: f64) -> Vec<Outcome> {
        let figures = [
            ("bare", 10.0),
            ("control", 10.1),
            (OURS, ours),
            ("evmap", 200.0),
            ("flashmap", 100.0),
            ("dashmap", 50.0),
        ];
        outcomes(name, &figures)
    }

    #[test]
    fn ours_is_no_more_expensive_than_those_that_publish_at_intervals() {
        for name in ["1", "100"] {
            assert_eq!(upserts_of(name, 90.0), [Met; 4]);
            assert_eq!(upserts_of(name, 110.0), [Met, Met, Missed, Missed]);
            assert_eq!(upserts_of(name, 210.0), [Missed; 4]);
        }
        assert_eq!(upserts_of("7", 90.0), []);
    }

    #[test]
    fn ours_is_no_more_expensive_than_dashmap_where_it_seldom_publishes() {
        assert_eq!(upserts_of("10k", 45.0), [Met; 6]);
        let slower = upserts_of("10k", 60.0);
        assert_eq!(slower, [Met, Met, Met, Met, Missed, Missed]);
    }

    #[test]
    fn idle_handles_cost_a_refresh_some_microseconds() {
        let with = |many| {
            let figures = [
                ("1 handle", 1_000.0),
                ("control", 1_010.0),
                ("10k handles", many),
            ];
            outcomes(IDLE_HANDLES, &figures)
        };
        assert_eq!(with(80_900.0), [Met; 2]);
        assert_eq!(with(81_100.0), [Missed; 2]);
    }
}
