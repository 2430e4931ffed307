//! The targets for readers beside a writer, and for the choice between fence modes.

use crate::case::Case;
use crate::mixed::{ARC_SWAP, AUTO, BOTH, DISTURBED, MEMBARRIER, OURS, PEERS, SEQ_CST, SWEPT};
use crate::verdict::{Circumstances, Threshold, Verdict};

/// Of its own rate while nobody writes.
const KEPT: f64 = 0.9;
/// Of what the better one of the two fixed modes costs.
const OF_BETTER: f64 = 1.1;

pub fn verdicts(case: &Case, name: &str) -> Vec<Verdict> {
    match name {
        "1k" => kept(case, &[&PEERS[..], &ARC_SWAP].concat()),
        "100k" => kept(case, &PEERS),
        name if SWEPT.contains(&name) => vec![choice(case)],
        _ => Vec::new(),
    }
}

fn kept(case: &Case, peers: &[&str]) -> Vec<Verdict> {
    let own = case.row(OURS).kept.zip(Circumstances::of_kept(case));
    let own = own.map(|(kept, with)| {
        let target = format!("{OURS}: beside a writer at least {KEPT} of its own rate");
        Verdict::new(case.name(), target, kept, Threshold::AtLeast(KEPT), with)
    });
    let faster = peers.iter().map(|peer| {
        Verdict::new(
            case.name(),
            format!("{OURS}: beside a writer faster than {peer}"),
            case.row(peer).cells[DISTURBED].to_ours,
            Threshold::AtLeast(1.0),
            Circumstances::of(case, DISTURBED),
        )
    });
    own.into_iter().chain(faster).collect()
}

fn choice(case: &Case) -> Verdict {
    let cost = |name: &&str| case.row(name).cells[BOTH].ns.median;
    let better = if cost(&MEMBARRIER) < cost(&SEQ_CST) {
        MEMBARRIER
    } else {
        SEQ_CST
    };
    Verdict::new(
        case.name(),
        format!(
            "{AUTO}: costs reader and writer at most {OF_BETTER} times {better}, the better one"
        ),
        case.speed(better, AUTO, BOTH),
        Threshold::AtMost(OF_BETTER),
        Circumstances::of(case, BOTH),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Heading, Row, Samples};
    use crate::verdict::Outcome::{self, Met, Missed, TooNoisy};
    use benches::stats::Quartiles;

    /// A case of 20 rounds, each row with what it takes under every condition.
    fn case(name: &str, figures: &[(&'static str, [f64; 3])], ours: usize) -> Case {
        let mut samples = Samples::default();
        samples.resize(figures.len(), 3);
        for _ in 0..20 {
            for (contender, (_, ns)) in figures.iter().enumerate() {
                for (condition, &ns) in ns.iter().enumerate() {
                    samples.push(contender, condition, ns.into());
                }
            }
        }
        let names: Vec<_> = figures.iter().map(|&(name, _)| name).collect();
        let mut rows = samples.rows(&names, ours, false);
        for row in &mut rows {
            let of = |row: &Row, condition: usize| row.cells[condition].ns.median;
            row.kept = Some(Quartiles::of(&[of(row, 0) / of(row, 1)]));
        }
        let heading = Heading {
            operation: "mixed",
            case: name.to_string(),
            title: String::new(),
            base: names[0],
            ours: names[ours],
            conditions: ["one", "two", "three"].map(String::from).to_vec(),
        };
        Case::new(heading, rows)
    }

    fn outcomes(case: &Case) -> Vec<Outcome> {
        let verdicts = verdicts(case, &case.heading.case);
        verdicts.iter().map(|v| v.outcome).collect()
    }

    /// Beside a writer: the control, ours, and papaya; all others are slower.
    fn kept_with(name: &str, control: f64, ours: f64, papaya: f64) -> Vec<Outcome> {
        let mut figures = vec![
            ("bare", [10.0, 10.0, 1.0]),
            ("control", [10.0, control, 1.0]),
            (OURS, [10.0, ours, 1.0]),
        ];
        for peer in PEERS.into_iter().chain(ARC_SWAP) {
            let beside = if peer == "papaya" { papaya } else { 30.0 };
            figures.push((peer, [10.0, beside, 1.0]));
        }
        outcomes(&case(name, &figures, 2))
    }

    #[test]
    fn ours_keeps_its_rate_and_its_lead() {
        assert_eq!(kept_with("1k", 10.1, 10.9, 30.0), [Met; 9]);
        assert_eq!(kept_with("100k", 10.1, 10.9, 30.0), [Met; 7]);
        let slow = kept_with("100k", 10.1, 11.3, 30.0);
        assert_eq!((slow[0], &slow[1..]), (Missed, &[Met; 6][..]));
        let behind = kept_with("100k", 10.1, 10.9, 10.8);
        assert_eq!(behind.iter().filter(|&&o| o == Missed).count(), 1);
        assert_eq!(behind[3], Missed);
    }

    #[test]
    fn a_machine_that_disturbs_everybody_decides_nothing() {
        assert_eq!(kept_with("1k", 10.7, 10.2, 30.0)[0], TooNoisy);
    }

    #[test]
    fn the_choice_is_held_against_the_better_mode() {
        let with = |membarrier, auto| {
            let rows = [
                (SEQ_CST, [1.0, 1.0, 13.0]),
                ("control", [1.0, 1.0, 13.1]),
                (MEMBARRIER, [1.0, 1.0, membarrier]),
                (AUTO, [1.0, 1.0, auto]),
            ];
            outcomes(&case("every-10us", &rows, 3))
        };
        assert_eq!(with(100.0, 14.0), [Met]);
        assert_eq!(with(100.0, 14.5), [Missed]);
        assert_eq!(with(8.0, 8.7), [Met]);
        assert_eq!(with(8.0, 9.0), [Missed]);
    }
}
