//! What is promised of a lookup.

use crate::case::Case;
use crate::read;
use crate::verdict::{Bar, Circumstances, Verdict};

pub fn verdicts(case: &Case, size: &str) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    let alone = Circumstances::of(case, 0);
    for name in [read::OURS, read::SCOPED] {
        let ours = case.row(name);
        let promise = format!("{name}: a lookup costs at most 1.6 times bare");
        let measured = ours.cells[0].to_base;
        verdicts.push(Verdict::new(
            case.name(),
            promise,
            measured,
            Bar::AtMost(1.6),
            alone,
        ));
        if let (Some(scaling), Some(with)) = (ours.scaling, Circumstances::of_scaling(case)) {
            let promise = format!("{name}: two threads scale at least 0.95 times as well as bare");
            verdicts.push(Verdict::new(
                case.name(),
                promise,
                scaling,
                Bar::AtLeast(0.95),
                with,
            ));
        }
    }
    let far = if size == "4M" { 1.5 } else { 2.0 };
    for (peer, factor) in [
        ("evmap", far),
        ("papaya", far),
        ("arc-swap load", 1.2),
        ("dashmap", 1.2),
        ("parking_lot", 1.2),
        ("std RwLock", 1.2),
    ] {
        let promise = format!("{}: at least {factor} times as fast as {peer}", read::OURS);
        let measured = case.row(peer).cells[0].to_ours;
        verdicts.push(Verdict::new(
            case.name(),
            promise,
            measured,
            Bar::AtLeast(factor),
            alone,
        ));
    }
    verdicts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Heading, Samples};
    use crate::promises::{failure, of_cases};
    use crate::verdict::{Outcome, ROUNDS};

    const READERS: [&str; 10] = [
        "bare",
        "control",
        read::OURS,
        read::SCOPED,
        "arc-swap load",
        "evmap",
        "papaya",
        "dashmap",
        "parking_lot",
        "std RwLock",
    ];

    /// A case of 20 rounds in which `ns` says what each contender takes: half of that for two
    /// threads.
    fn case(size: &str, ns: impl Fn(&str, usize, usize) -> f64) -> Case {
        let mut samples = Samples::default();
        samples.resize(READERS.len(), 2);
        for (contender, name) in READERS.iter().enumerate() {
            for condition in 0..2 {
                for round in 0..20 {
                    let ns = ns(name, condition, round) / (condition + 1) as f64;
                    samples.push(contender, condition, ns.into());
                }
            }
        }
        let rows = samples.rows(&READERS, 2, true);
        Case::new(
            Heading {
                operation: "read",
                case: size.to_string(),
                title: String::new(),
                base: "bare",
                ours: "ours",
                conditions: ["one", "two"].map(String::from).to_vec(),
            },
            rows,
        )
    }

    /// What all promises are kept with.
    fn good(name: &str) -> f64 {
        match name {
            "bare" | "control" => 10.0,
            read::OURS | read::SCOPED => 13.0,
            _ => 100.0,
        }
    }

    fn verdicts_of(case: Case) -> Vec<Verdict> {
        of_cases(&[case]).collect()
    }

    fn outcomes(case: &Case) -> Vec<(String, Outcome)> {
        of_cases(std::slice::from_ref(case))
            .map(|verdict| (verdict.promise, verdict.outcome))
            .collect()
    }

    /// The outcomes of the promises whose text holds `word`.
    fn of(word: &str, case: &Case) -> Vec<Outcome> {
        let outcomes = outcomes(case).into_iter();
        outcomes
            .filter(|(promise, _)| promise.contains(word))
            .map(|(_, o)| o)
            .collect()
    }

    #[test]
    fn a_quiet_run_decides() {
        let case = case("1k", |name, _, _| good(name));
        assert!(
            outcomes(&case)
                .iter()
                .all(|(_, outcome)| *outcome == Outcome::Kept)
        );
        assert_eq!(outcomes(&case).len(), 10);
        assert_eq!(failure(&verdicts_of(case)), None);
    }

    #[test]
    fn both_ways_of_reading_ours_are_held_to_the_bar() {
        for slow in [read::OURS, read::SCOPED] {
            let case = case(
                "1k",
                |name, _, _| if name == slow { 17.0 } else { good(name) },
            );
            let missed: Vec<_> = outcomes(&case)
                .into_iter()
                .filter(|(_, outcome)| *outcome == Outcome::Missed)
                .map(|(promise, _)| promise)
                .collect();
            assert_eq!(
                missed,
                [format!("{slow}: a lookup costs at most 1.6 times bare")]
            );
            let failure = failure(&verdicts_of(case)).unwrap();
            assert_eq!(failure, "of 10 promises 1 missed, 0 too noisy to tell");
        }
    }

    /// The run that this is here for had its control off by 26 %, its quartiles by 107 %, and
    /// every promise "kept".
    #[test]
    fn nothing_is_decided_where_the_control_is_off() {
        for far in [12.6, 8.7] {
            let case = case(
                "1k",
                |name, _, _| if name == "control" { far } else { good(name) },
            );
            assert_eq!(of("lookup", &case), [Outcome::TooNoisy; 2]);
            assert_eq!(of("as fast", &case), [Outcome::TooNoisy; 6]);
            // Off by the same factor with one thread and with two: the scaling is right.
            assert_eq!(of("scale", &case), [Outcome::Kept; 2]);
        }
        let spread = case("1k", |name, _, round| match name {
            "control" => [8.0, 10.0, 10.0, 20.7][round % 4],
            _ => good(name),
        });
        assert_eq!(spread.noise[0].median, 0.0);
        assert_eq!(of("lookup", &spread), [Outcome::TooNoisy; 2]);
        assert!(failure(&verdicts_of(spread)).is_some());
    }

    #[test]
    fn scaling_is_judged_by_the_scaling_of_the_control() {
        let case = case("1k", |name, condition, _| match (name, condition) {
            ("control", 1) => good(name) * 1.06,
            _ => good(name),
        });
        assert_eq!(of("scale", &case), [Outcome::TooNoisy; 2]);
        assert_eq!(of("lookup", &case), [Outcome::Kept; 2]);
    }

    #[test]
    fn scaling_is_not_judged_where_two_threads_share_a_processor() {
        let case = case("1k", |name, condition, _| {
            good(name) * (condition + 1) as f64
        });
        assert_eq!(of("scale", &case), [Outcome::TooNoisy; 2]);
        assert_eq!(of("lookup", &case), [Outcome::Kept; 2]);
    }

    #[test]
    fn a_bar_that_the_median_might_have_crossed_decides_nothing() {
        let case = case("1k", |name, _, round| match name {
            read::OURS => [14.0, 15.8, 15.8, 17.0][round % 4],
            _ => good(name),
        });
        assert_eq!(of("lookup", &case), [Outcome::TooNoisy, Outcome::Kept]);
    }

    #[test]
    fn a_few_rounds_decide_nothing() {
        let mut case = case("1k", |name, _, _| good(name));
        for cell in &mut case.rows[0].cells {
            cell.rounds.truncate(ROUNDS - 1);
        }
        assert!(
            outcomes(&case)
                .iter()
                .all(|(_, outcome)| *outcome == Outcome::TooNoisy)
        );
    }

    #[test]
    fn a_check_of_no_promise_fails() {
        let case = case("5k", |name, _, _| good(name));
        let verdicts = verdicts_of(case);
        assert!(verdicts.is_empty());
        assert!(failure(&verdicts).unwrap().contains("nothing was checked"));
    }
}
