//! What became of the project's [`TARGETS`](table::TARGETS) in a run.

mod table;
#[cfg(test)]
mod tests;

use benches::stats::Quartiles;

use crate::case::Case;
use crate::footprint::{self, Footprint};
use crate::name::STALL;
use crate::stall::{BLOCKED, Stall};
use crate::verdict::{Circumstances, Outcome, Threshold, Verdict};

/// A row of ours, held against each of some other rows under each of some conditions.
///
/// What was not measured has no verdict, but a row has to be there.
struct Target {
    operation: &'static str,
    /// If there is none: every case of the operation.
    cases: &'static [&'static str],
    ours: &'static str,
    others: &'static [&'static str],
    /// If there is none: every condition of the case.
    conditions: &'static [&'static str],
    how: How,
    threshold: Threshold,
    /// With `{ours}`, `{other}`, `{condition}` and `{limit}`, the number in the threshold.
    sentence: &'static str,
}

/// Which figure is held against the threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
enum How {
    /// Our time, of the other's.
    Time,
    /// The same, where the control has to be as close to 1 as the threshold.
    Close,
    /// The same, of the better one of the others.
    OfBetter,
    /// Our work in the same time, of the other's.
    Speed,
    /// How well two threads scale, of the base.
    Scaling,
    /// What a reader keeps of its rate.
    Kept,
    /// Microseconds more than the other.
    Added,
    /// The share of a processor.
    Share,
    /// Milliseconds, of each kind of call.
    Calls,
    /// Our memory, of the base's.
    Bytes,
}

/// What the figures say about the targets that they bear on.
pub fn verdicts(cases: &[Case], stall: Option<&Stall>, memory: &[Footprint]) -> Vec<Verdict> {
    let of_cases = cases
        .iter()
        .flat_map(|case| about(case.name()).flat_map(move |target| target.of_case(case)));
    let of_stall = stall.into_iter().flat_map(|stall| {
        about(format!("{STALL}/{BLOCKED}")).flat_map(|target| target.of_stall(stall))
    });
    let of_memory = memory.iter().flat_map(|footprint| {
        about(footprint.case.clone()).filter_map(|target| target.of_memory(footprint))
    });
    of_cases.chain(of_stall).chain(of_memory).collect()
}

/// The targets of a table with this name.
fn about(name: String) -> impl Iterator<Item = &'static Target> {
    table::TARGETS.iter().filter(move |target| {
        let (operation, case) = name.split_once('/').unwrap_or((&name, ""));
        let is_about = target.cases.is_empty() || target.cases.contains(&case);
        operation == target.operation && is_about
    })
}

impl Target {
    fn of_case(&self, case: &Case) -> Vec<Verdict> {
        let measured = &case.heading.conditions;
        let numbers: Vec<_> = if self.conditions.is_empty() {
            (0..measured.len()).collect()
        } else {
            let conditions = self.conditions.iter();
            conditions.filter_map(|name| case.condition(name)).collect()
        };
        let ns = |name: &str, number: usize| case.row(name).cells[number].ns.median;
        let mut verdicts = Vec::new();
        for &other in self.others {
            for &number in &numbers {
                // The first of equals.
                let least = |a: &&&str, b: &&&str| ns(a, number).total_cmp(&ns(b, number));
                if self.how == How::OfBetter && self.others.iter().min_by(least) != Some(&other) {
                    continue;
                }
                if let Some((figure, with)) = self.figure(case, other, number) {
                    let verdict = self.verdict(case.name(), other, &measured[number], figure, with);
                    verdicts.push(verdict);
                }
            }
        }
        verdicts
    }

    /// Of a case, if it has such a figure.
    fn figure(
        &self,
        case: &Case,
        other: &str,
        number: usize,
    ) -> Option<(Quartiles, Circumstances)> {
        let ours = self.ours;
        let with = Circumstances::of(case, number);
        Some(match self.how {
            How::Time | How::OfBetter => (case.speed(other, ours, number), with),
            How::Close => {
                let bound = (self.threshold.limit() - 1.0).abs();
                (case.speed(other, ours, number), with.within(bound))
            }
            How::Speed => (case.speed(ours, other, number), with),
            How::Scaling => (case.row(ours).scaling?, Circumstances::of_scaling(case)?),
            How::Kept => (case.row(ours).kept?, Circumstances::of_kept(case)?),
            How::Added => {
                let rounds = |name| case.row(name).cells[number].rounds.iter();
                let added = rounds(ours).zip(rounds(other));
                let added: Vec<_> = added
                    .map(|(ours, other)| (ours - other) / 1_000.0)
                    .collect();
                (Quartiles::of(&added), with)
            }
            how @ (How::Share | How::Calls | How::Bytes) => panic!("no case has {how:?}"),
        })
    }

    fn of_stall(&self, stall: &Stall) -> Vec<Verdict> {
        let blocked = &stall.blocked;
        let figures: Vec<_> = match self.how {
            How::Share => blocked.share.iter().map(|&share| ("", share)).collect(),
            How::Calls => blocked
                .calls
                .iter()
                .map(|call| (call.name, call.most))
                .collect(),
            how => panic!("no stall has {how:?}"),
        };
        let with = Circumstances::of_sessions(blocked.sessions);
        let verdict =
            |(name, figure)| self.verdict(format!("{STALL}/{BLOCKED}"), "", name, figure, with);
        figures.into_iter().map(verdict).collect()
    }

    /// Where it cannot be measured there is nothing to hold against the threshold.
    fn of_memory(&self, footprint: &Footprint) -> Option<Verdict> {
        assert_eq!(footprint.base.as_slice(), self.others, "{}", footprint.case);
        let footprint::Outcome::Measured {
            to_base: Some(to_base),
            processes,
            ..
        } = &footprint.row(self.ours).outcome
        else {
            return None;
        };
        let with = Circumstances::of_sessions(processes.len());
        Some(self.verdict(footprint.case.clone(), self.others[0], "", *to_base, with))
    }

    fn verdict(
        &self,
        case: String,
        other: &str,
        condition: &str,
        figure: Quartiles,
        with: Circumstances,
    ) -> Verdict {
        let limit = self.threshold.limit().to_string();
        let words = [
            ("{ours}", self.ours),
            ("{other}", other),
            ("{condition}", condition),
            ("{limit}", &limit),
        ];
        let sentence = words
            .into_iter()
            .fold(self.sentence.to_string(), |sentence, (field, word)| {
                sentence.replace(field, word)
            });
        Verdict::new(case, sentence, figure, self.threshold, with)
    }
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
