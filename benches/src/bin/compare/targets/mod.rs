//! The project's targets, and what became of them in a run.

mod engines;
mod filled;
mod footprint;
mod growth;
mod many;
mod mixed;
mod read;
mod shared;
mod stall;
mod words;
mod write;

use crate::case::Case;
use crate::footprint::Footprint;
use crate::stall::{CASE as RATE, Stall};
use crate::verdict::{Outcome, Verdict};

/// What the figures say about the targets that they bear on.
pub fn verdicts(cases: &[Case], stall: Option<&Stall>, memory: &[Footprint]) -> Vec<Verdict> {
    let of_stall = stall.into_iter().flat_map(stall::verdicts);
    let of_memory = memory.iter().flat_map(footprint::verdicts);
    of_cases(cases).chain(of_stall).chain(of_memory).collect()
}

fn of_cases(cases: &[Case]) -> impl Iterator<Item = Verdict> {
    cases.iter().flat_map(
        |case| match (case.heading.operation, case.heading.case.as_str()) {
            ("read", name) => read::verdicts(case, name),
            ("filled", _) => filled::verdicts(case),
            ("shared", shared::SIZE) => shared::verdicts(case),
            ("write", name) => write::verdicts(case, name),
            ("mixed", name) => mixed::verdicts(case, name),
            ("many", name) => many::verdicts(case, name),
            ("growth", growth::SIZE) => growth::verdicts(case),
            ("grow", words::SIZE) => words::verdicts(case),
            ("engines", name) if engines::is_meant(name) => engines::verdicts(case),
            ("stall", RATE) => stall::rate_verdicts(case),
            _ => Vec::new(),
        },
    )
}

/// What keeps a check from passing, if anything does.
pub fn failure(outcomes: impl IntoIterator<Item = Outcome>) -> Option<String> {
    let outcomes: Vec<_> = outcomes.into_iter().collect();
    if outcomes.is_empty() {
        return Some(
            "nothing was checked: the targets are about reads of 1k, 100k and 4M keys, \
             about shared readers of 1k keys, about reads after a burst of writes, \
             about writes of 1, 100 and 10k per refresh, about 1, 2, 4 and 8 threads that write, \
             about readers beside a writer, \
             about guards that are held forever, about growth to 4M entries, \
             about engines with 100k and 4M keys, and about the memory of 1M entries"
                .to_string(),
        );
    }
    let count = |outcome| outcomes.iter().filter(|&&found| found == outcome).count();
    match (count(Outcome::Missed), count(Outcome::TooNoisy)) {
        (0, 0) => None,
        (missed, noisy) => Some(format!(
            "of {} targets {missed} missed, {noisy} too noisy to tell",
            outcomes.len()
        )),
    }
}
