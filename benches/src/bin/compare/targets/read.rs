//! The targets for a lookup.

use crate::case::Case;
use crate::read::{CACHE, OURS, SCOPED};
use crate::verdict::{Circumstances, Threshold, Verdict};

/// Of what a lookup in bare takes: through a guard, and scoped.
const OF_BARE: [(&str, f64); 2] = [(OURS, 1.35), (SCOPED, 1.25)];
/// Of what a lookup through `arc_swap::Cache` takes, which follows no update by itself.
const OF_CACHE: f64 = 1.2;
/// Of what sixteen lookups in bare take.
const OF_SIXTEEN: f64 = 1.05;
/// Of how much more two threads of bare get done than one.
const OF_SCALING: f64 = 0.97;

/// Those whose reads wait for nobody, as ours.
const LOCK_FREE: [&str; 4] = ["evmap", "left-right", "flashmap", "papaya"];
/// Those that take a lock, or lend what they hold.
const LENDING: [&str; 5] = [
    "arc-swap load",
    "parking_lot",
    "std RwLock",
    "dashmap",
    "scc",
];
/// Of the times as fast as those, by two threads, where nothing but the entry takes time.
const OF_LENDING_TOGETHER: f64 = 2.0;

/// By one thread: of the times as fast as [`LOCK_FREE`] and as [`LENDING`].
fn factors(size: &str) -> (f64, f64) {
    match size {
        "4M" => (1.6, 1.2),
        _ => (2.5, 1.3),
    }
}

/// Those of a table; none, unless its size and variant are meant.
pub fn verdicts(case: &Case, name: &str) -> Vec<Verdict> {
    let (size, variant) = name.split_once('/').unwrap_or((name, ""));
    match (size, variant) {
        ("1k" | "100k" | "4M", "") => plain(case, size),
        ("1k" | "100k" | "4M", "misses") => faster(case, &LOCK_FREE, factors(size).0, 0),
        ("1k" | "100k" | "4M", "16-per-guard") => sixteen(case),
        _ => Vec::new(),
    }
}

fn plain(case: &Case, size: &str) -> Vec<Verdict> {
    let (of_lock_free, of_lending) = factors(size);
    let mut verdicts = Vec::new();
    for (ours, threshold) in OF_BARE {
        verdicts.push(Verdict::new(
            case.name(),
            format!("{ours}: a lookup costs at most {threshold} times bare"),
            case.row(ours).cells[0].to_base,
            Threshold::AtMost(threshold),
            Circumstances::of(case, 0),
        ));
        verdicts.extend(scaling(case, ours));
    }
    verdicts.push(Verdict::new(
        case.name(),
        format!("{OURS}: a lookup costs at most {OF_CACHE} times {CACHE}"),
        case.speed(CACHE, OURS, 0),
        Threshold::AtMost(OF_CACHE),
        Circumstances::of(case, 0),
    ));
    verdicts.extend(faster(case, &LOCK_FREE, of_lock_free, 0));
    verdicts.extend(faster(case, &LENDING, of_lending, 0));
    if size == "1k" {
        verdicts.extend(faster(case, &LENDING, OF_LENDING_TOGETHER, 1));
    }
    verdicts
}

fn scaling(case: &Case, ours: &str) -> Option<Verdict> {
    Some(Verdict::new(
        case.name(),
        format!("{ours}: two threads scale at least {OF_SCALING} times as well as bare"),
        case.row(ours).scaling?,
        Threshold::AtLeast(OF_SCALING),
        Circumstances::of_scaling(case)?,
    ))
}

fn faster(case: &Case, peers: &[&str], factor: f64, condition: usize) -> Vec<Verdict> {
    let conditions = &case.heading.conditions;
    let verdict = |peer: &&str| {
        Verdict::new(
            case.name(),
            format!(
                "{OURS}, {}: at least {factor} times as fast as {peer}",
                conditions[condition]
            ),
            case.row(peer).cells[condition].to_ours,
            Threshold::AtLeast(factor),
            Circumstances::of(case, condition),
        )
    };
    peers.iter().map(verdict).collect()
}

fn sixteen(case: &Case) -> Vec<Verdict> {
    let verdict = |ours| {
        Verdict::new(
            case.name(),
            format!("{ours}: sixteen lookups cost at most {OF_SIXTEEN} times bare"),
            case.row(ours).cells[0].to_base,
            Threshold::AtMost(OF_SIXTEEN),
            Circumstances::of(case, 0).within(OF_SIXTEEN - 1.0),
        )
    };
    [OURS, SCOPED].map(verdict).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Heading, Samples};
    use crate::targets::{self, of_cases};
    use crate::verdict::{Outcome, ROUNDS};

    const READERS: [&str; 14] = [
        "bare",
        "control",
        OURS,
        SCOPED,
        CACHE,
        "arc-swap load",
        "evmap",
        "left-right",
        "flashmap",
        "papaya",
        "dashmap",
        "scc",
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

    /// What all targets are met with.
    fn good(name: &str) -> f64 {
        match name {
            "bare" | "control" => 10.0,
            CACHE => 11.0,
            OURS | SCOPED => 12.0,
            _ => 100.0,
        }
    }

    fn failure(verdicts: &[Verdict]) -> Option<String> {
        targets::failure(verdicts.iter().map(|verdict| verdict.outcome))
    }

    fn verdicts_of(case: Case) -> Vec<Verdict> {
        of_cases(&[case]).collect()
    }

    fn outcomes(case: &Case) -> Vec<(String, Outcome)> {
        of_cases(std::slice::from_ref(case))
            .map(|verdict| (verdict.target, verdict.outcome))
            .collect()
    }

    /// The outcomes of the targets whose text holds `word`.
    fn of(word: &str, case: &Case) -> Vec<Outcome> {
        let outcomes = outcomes(case).into_iter();
        outcomes
            .filter(|(target, _)| target.contains(word))
            .map(|(_, o)| o)
            .collect()
    }

    fn missed(case: &Case) -> Vec<String> {
        let outcomes = outcomes(case).into_iter();
        outcomes
            .filter(|(_, outcome)| *outcome == Outcome::Missed)
            .map(|(target, _)| target)
            .collect()
    }

    #[test]
    fn a_quiet_run_decides() {
        let case = case("1k", |name, _, _| good(name));
        assert!(
            outcomes(&case)
                .iter()
                .all(|(_, outcome)| *outcome == Outcome::Met)
        );
        assert_eq!(outcomes(&case).len(), 19);
        assert_eq!(failure(&verdicts_of(case)), None);
    }

    #[test]
    fn both_ways_of_reading_ours_are_held_to_the_threshold() {
        for (slow, threshold) in [(OURS, 1.35), (SCOPED, 1.25)] {
            let case = case("100k", |name, _, _| match name {
                CACHE => 12.0,
                _ if name == slow => threshold * 10.0 + 0.1,
                _ => good(name),
            });
            assert_eq!(
                missed(&case),
                [format!(
                    "{slow}: a lookup costs at most {threshold} times bare"
                )]
            );
            let failure = failure(&verdicts_of(case)).unwrap();
            assert_eq!(failure, "of 14 targets 1 missed, 0 too noisy to tell");
        }
    }

    #[test]
    fn a_cache_may_be_a_little_faster() {
        let case = case("4M", |name, _, _| match name {
            CACHE => 9.9,
            _ => good(name),
        });
        let target = "ours, guard: a lookup costs at most 1.2 times arc-swap cache";
        assert_eq!(missed(&case), [target]);
    }

    #[test]
    fn each_kind_of_peer_has_its_own_threshold() {
        let at = |size, lock_free, lending| {
            let case = case(size, |name, condition, _| match name {
                _ if LOCK_FREE.contains(&name) => 12.0 * lock_free,
                // Far behind with two threads.
                _ if LENDING.contains(&name) && condition == 0 => 12.0 * lending,
                _ => good(name),
            });
            missed(&case).len()
        };
        assert_eq!(at("1k", 2.6, 1.4), 0);
        assert_eq!(at("100k", 2.4, 1.4), 4);
        assert_eq!(at("100k", 2.6, 1.25), 5);
        assert_eq!(at("4M", 1.7, 1.25), 0);
        assert_eq!(at("4M", 1.5, 1.1), 9);
    }

    #[test]
    fn two_threads_are_far_ahead_where_only_the_entry_takes_time() {
        let slower = |size| {
            let case = case(size, |name, _, _| match name {
                "dashmap" => 12.0 * 1.9,
                _ => good(name),
            });
            missed(&case)
        };
        let target = "ours, guard, two: at least 2 times as fast as dashmap";
        assert_eq!(slower("1k"), [target]);
        assert_eq!(slower("100k"), [""; 0]);
    }

    #[test]
    fn misses_are_held_against_those_that_are_lock_free() {
        let case = case("4M/misses", |name, _, _| match name {
            "papaya" => 12.0 * 1.5,
            "dashmap" => 1.0,
            _ => good(name),
        });
        let target = "ours, guard, one: at least 1.6 times as fast as papaya";
        assert_eq!(outcomes(&case).len(), 4);
        assert_eq!(missed(&case), [target]);
    }

    #[test]
    fn sixteen_lookups_cost_next_to_nothing_more() {
        let with = |control, ours| {
            let case = case("1k/16-per-guard", |name, _, _| match name {
                "control" => control,
                OURS => ours,
                _ => 10.0,
            });
            of("sixteen", &case)
        };
        assert_eq!(with(10.1, 10.4), [Outcome::Met; 2]);
        assert_eq!(with(10.1, 10.6), [Outcome::Missed, Outcome::Met]);
        // The threshold itself is no further from 1.
        assert_eq!(with(10.6, 10.1), [Outcome::TooNoisy; 2]);
    }

    /// The run that this is here for had its control off by 26 %, its quartiles by 107 %, and
    /// every target "met".
    #[test]
    fn nothing_is_decided_where_the_control_is_off() {
        for far in [12.6, 8.7] {
            let case = case(
                "1k",
                |name, _, _| if name == "control" { far } else { good(name) },
            );
            assert_eq!(of("lookup", &case), [Outcome::TooNoisy; 3]);
            assert_eq!(of("as fast", &case), [Outcome::TooNoisy; 14]);
            // Off by the same factor with one thread and with two: the scaling is right.
            assert_eq!(of("scale", &case), [Outcome::Met; 2]);
        }
        let spread = case("1k", |name, _, round| match name {
            "control" => [8.0, 10.0, 10.0, 20.7][round % 4],
            _ => good(name),
        });
        assert_eq!(spread.noise[0].median, 0.0);
        assert_eq!(of("lookup", &spread), [Outcome::TooNoisy; 3]);
        assert!(failure(&verdicts_of(spread)).is_some());
    }

    #[test]
    fn scaling_is_judged_by_the_scaling_of_the_control() {
        let case = case("1k", |name, condition, _| match (name, condition) {
            ("control", 1) => good(name) * 1.04,
            _ => good(name),
        });
        assert_eq!(of("scale", &case), [Outcome::TooNoisy; 2]);
        assert_eq!(of("lookup", &case), [Outcome::Met; 3]);
    }

    #[test]
    fn scaling_is_not_judged_where_two_threads_share_a_processor() {
        let case = case("1k", |name, condition, _| {
            good(name) * (condition + 1) as f64
        });
        assert_eq!(of("scale", &case), [Outcome::TooNoisy; 2]);
        assert_eq!(of("lookup", &case), [Outcome::Met; 3]);
    }

    #[test]
    fn a_threshold_that_the_median_might_have_crossed_decides_nothing() {
        let case = case("1k", |name, _, round| match name {
            OURS => [12.0, 13.4, 13.4, 15.0][round % 4],
            CACHE => 12.0,
            _ => good(name),
        });
        let [guard, rest @ ..] = &of("lookup", &case)[..] else {
            panic!("no target");
        };
        assert_eq!(*guard, Outcome::TooNoisy);
        assert_eq!(rest, [Outcome::Met; 2]);
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
    fn a_check_of_no_target_fails() {
        for name in ["5k", "1k/string", "5k/misses"] {
            let verdicts = verdicts_of(case(name, |name, _, _| good(name)));
            assert!(verdicts.is_empty());
            assert!(failure(&verdicts).unwrap().contains("nothing was checked"));
        }
    }
}
