//! What is promised of many threads that write.

use crate::case::Case;
use crate::many::{
    DEFERRED, DEFERRED_BASE, MEANT, MUTEX, OURS_DEFERRED, OURS_VISIBLE, VISIBLE, VISIBLE_BASE,
    condition,
};
use crate::verdict::{Bar, Circumstances, Verdict};

/// At least so much of a contender's work, by so many threads each time.
struct Promise {
    contender: &'static str,
    share: f64,
    threads: &'static [usize],
}

const OF_VISIBLE: [Promise; 2] = [
    Promise {
        contender: MUTEX,
        share: 0.9,
        threads: &MEANT,
    },
    Promise {
        contender: VISIBLE_BASE,
        share: 1.5,
        threads: &MEANT,
    },
];

const OF_DEFERRED: [Promise; 2] = [
    Promise {
        contender: DEFERRED_BASE,
        share: 0.3,
        threads: &[1],
    },
    Promise {
        contender: DEFERRED_BASE,
        share: 0.2,
        threads: &[4, 8],
    },
];

pub fn verdicts(case: &Case, name: &str) -> Vec<Verdict> {
    let (ours, promises) = match name {
        VISIBLE => (OURS_VISIBLE, &OF_VISIBLE),
        DEFERRED => (OURS_DEFERRED, &OF_DEFERRED),
        _ => return Vec::new(),
    };
    let of_threads = promises.iter().flat_map(|promise| {
        promise
            .threads
            .iter()
            .map(move |&n| (promise, condition(n)))
    });
    of_threads
        .filter_map(|(promise, meant)| {
            let mut conditions = case.heading.conditions.iter();
            let number = conditions.position(|condition| *condition == meant)?;
            let Promise {
                contender, share, ..
            } = promise;
            Some(Verdict::new(
                case.name(),
                format!("{meant}: work of {ours} / work of {contender} at least {share}"),
                case.row(contender).cells[number].to_ours,
                Bar::AtLeast(*share),
                Circumstances::of(case, number),
            ))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Heading, Samples};
    use crate::verdict::Outcome::{self, Kept, Missed};

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
    fn each_contender_has_its_bar_and_nothing_is_promised_of_three_threads() {
        let names = [VISIBLE_BASE, "control", OURS_VISIBLE, MUTEX];
        let visible = case(VISIBLE, &names, [66.0, 999.0, 68.0]);
        assert_eq!(outcomes(&visible), [Kept, Missed, Kept, Missed]);
        let names = [DEFERRED_BASE, "control", OURS_DEFERRED];
        let deferred = case(DEFERRED, &names, [400.0, 999.0, 400.0]);
        assert_eq!(outcomes(&deferred), [Missed, Kept]);
    }
}
