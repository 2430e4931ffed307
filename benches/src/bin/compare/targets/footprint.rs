//! The targets for memory.

use crate::footprint::{BARE, Footprint, ONE_COPY, OURS, OURS_SHARED, Outcome, PAIRS, VALUES};
use crate::verdict::{Circumstances, Threshold, Verdict};

/// The number of pairs that the targets are for, and of large values.
const ENTRIES: [usize; 2] = [1_000_000, 100_000];
/// Of what a bare map takes: two copies, and hardly more.
const OF_BARE: f64 = 2.1;
/// Of what one copy takes.
const OF_ONE_COPY: f64 = 1.15;

pub fn verdicts(footprint: &Footprint) -> Option<Verdict> {
    let (ours, base, threshold) = match (footprint.table, footprint.entries) {
        (PAIRS, n) if n == ENTRIES[0] => (OURS, BARE, OF_BARE),
        (VALUES, n) if n == ENTRIES[1] => (OURS_SHARED, ONE_COPY, OF_ONE_COPY),
        _ => return None,
    };
    // Where it cannot be measured there is nothing to hold against the threshold.
    let Outcome::Measured {
        to_base: Some(to_base),
        processes,
        ..
    } = &footprint.row(ours).outcome
    else {
        return None;
    };
    Some(Verdict::new(
        footprint.case.clone(),
        format!("{ours}: at most {threshold} times as much as {base}"),
        *to_base,
        Threshold::AtMost(threshold),
        Circumstances::of_sessions(processes.len()),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::Outcome::{Met, Missed, TooNoisy};

    fn footprint(
        table: &'static str,
        entries: usize,
        [base, ours]: [&'static str; 2],
        figures: [Vec<f64>; 2],
    ) -> Footprint {
        let [of_base, of_ours] = figures;
        let measured = vec![(base, Ok(of_base)), (ours, Ok(of_ours))];
        Footprint::new(table, String::new(), entries, Some(base), measured)
    }

    fn pairs(entries: usize, processes: usize, ours: f64) -> Footprint {
        let figures = [100.0, ours].map(|bytes| vec![bytes; processes]);
        footprint(PAIRS, entries, [BARE, OURS], figures)
    }

    fn values(ours: f64) -> Footprint {
        let figures = [100.0, ours].map(|bytes| vec![bytes; 5]);
        footprint(VALUES, 100_000, [ONE_COPY, OURS_SHARED], figures)
    }

    #[test]
    fn each_table_has_its_own_threshold() {
        for (footprint, right) in [
            (pairs(1_000_000, 5, 209.0), Met),
            (pairs(1_000_000, 5, 211.0), Missed),
            (values(114.0), Met),
            (values(116.0), Missed),
        ] {
            assert_eq!(verdicts(&footprint).map(|v| v.outcome), Some(right));
        }
    }

    #[test]
    fn a_few_processes_decide_nothing() {
        let short = verdicts(&pairs(1_000_000, 4, 200.0));
        assert_eq!(short.map(|v| v.outcome), Some(TooNoisy));
    }

    #[test]
    fn processes_that_disagree_decide_nothing() {
        let ours = vec![200.0, 205.0, 209.0, 213.0, 220.0];
        let footprint = footprint(PAIRS, 1_000_000, [BARE, OURS], [vec![100.0; 5], ours]);
        assert_eq!(verdicts(&footprint).map(|v| v.outcome), Some(TooNoisy));
    }

    #[test]
    fn other_sizes_have_no_target_and_neither_has_what_was_not_measured() {
        assert!(verdicts(&pairs(100_000, 5, 200.0)).is_none());
        let failed = || Err("no".to_string());
        let measured = vec![(BARE, failed()), (OURS, failed())];
        let unknown = Footprint::new(PAIRS, String::new(), 1_000_000, Some(BARE), measured);
        assert!(verdicts(&unknown).is_none());
    }
}
