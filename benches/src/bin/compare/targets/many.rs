//! The targets for many threads that write.

use crate::case::Case;
use crate::many::{
    DEFERRED, DEFERRED_BASE, MEANT, MUTEX, OURS_DEFERRED, OURS_VISIBLE, VISIBLE, VISIBLE_BASE,
    condition,
};
use crate::verdict::{Circumstances, Threshold, Verdict};

/// At least this share of a contender's work, by each of these numbers of threads.
struct Target {
    contender: &'static str,
    share: f64,
    threads: &'static [usize],
}

const OF_VISIBLE: [Target; 2] = [
    Target {
        contender: MUTEX,
        share: 0.9,
        threads: &MEANT,
    },
    Target {
        contender: VISIBLE_BASE,
        share: 1.5,
        threads: &MEANT,
    },
];

const OF_DEFERRED: [Target; 2] = [
    Target {
        contender: DEFERRED_BASE,
        share: 0.3,
        threads: &[1],
    },
    Target {
        contender: DEFERRED_BASE,
        share: 0.2,
        threads: &[4, 8],
    },
];

pub fn verdicts(case: &Case, name: &str) -> Vec<Verdict> {
    let (ours, targets) = match name {
        VISIBLE => (OURS_VISIBLE, &OF_VISIBLE),
        DEFERRED => (OURS_DEFERRED, &OF_DEFERRED),
        _ => return Vec::new(),
    };
    let of_threads = targets
        .iter()
        .flat_map(|target| target.threads.iter().map(move |&n| (target, condition(n))));
    of_threads
        .filter_map(|(target, meant)| {
            let mut conditions = case.heading.conditions.iter();
            let number = conditions.position(|condition| *condition == meant)?;
            let Target {
                contender, share, ..
            } = target;
            Some(Verdict::new(
                case.name(),
                format!("{meant}: work of {ours} / work of {contender} at least {share}"),
                case.row(contender).cells[number].to_ours,
                Threshold::AtLeast(*share),
                Circumstances::of(case, number),
            ))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Heading, Samples};
    use crate::verdict::Outcome::{self, Met, Missed};

    /// A case of 20 rounds, with 1, 3 and 4 threads, in which ours takes so long, the base 100, and the
    /// last row 60.
    fn case(name: &str, names: &[&'static str], ours: [f64; 3]) -> Case {
        let mut samples = Samples::default();
        samples.resize(names.len(), 3);
        for (condition, ours) in ours.into_iter().enumerate() {
            let times = [100.0, 101.0, ours, 60.0];
            for _ in 0..20 {
                for (contender, ns) in times.into_iter().enumerate().take(names.len()) {
                    samples.push(contender, condition, ns.into());
                }
            }
        }
        let heading = Heading {
            operation: "many",
            case: name.to_string(),
            title: String::new(),
            base: names[0],
            ours: "ours",
            conditions: [1, 3, 4].map(condition).to_vec(),
        };
        Case::new(heading, samples.rows(names, 2, false))
    }

    fn outcomes(case: &Case) -> Vec<Outcome> {
        let verdicts = verdicts(case, &case.heading.case);
        verdicts.iter().map(|verdict| verdict.outcome).collect()
    }

    #[test]
    fn each_contender_has_its_threshold_and_three_threads_have_no_target() {
        let names = [VISIBLE_BASE, "control", OURS_VISIBLE, MUTEX];
        let visible = case(VISIBLE, &names, [66.0, 999.0, 68.0]);
        assert_eq!(outcomes(&visible), [Met, Missed, Met, Missed]);
        let names = [DEFERRED_BASE, "control", OURS_DEFERRED];
        let deferred = case(DEFERRED, &names, [400.0, 999.0, 400.0]);
        assert_eq!(outcomes(&deferred), [Missed, Met]);
    }
}
