//! [`Plan`]: how many rounds, how long a slice; and the rounds themselves, which give [`Samples`].

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use rand::SeedableRng;
use rand::rngs::SmallRng;
use rand::seq::SliceRandom;
use serde::Serialize;

/// How long to measure.
#[derive(Clone, Serialize)]
pub struct Plan {
    /// Rounds for each table.
    pub rounds: usize,
    /// How often the contenders are built anew meanwhile.
    pub builds: usize,
    /// The timed part of a slice.
    pub slice: Duration,
    /// Whether this run is only to see that it runs.
    pub is_quick: bool,
    /// For the user who waits. It is drawn between rounds, never while something is measured: nothing ticks.
    #[serde(skip)]
    pub progress: ProgressBar,
}

/// How long a slice takes.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Untimed, to bring the contender's data back into the caches.
    pub warm_up: Duration,
    /// Timed.
    pub timed: Duration,
    /// The number of the round, for choices that are the same for all contenders.
    pub seed: usize,
}

/// What one slice has shown under one condition.
#[derive(Clone, Debug)]
pub struct Figure {
    /// In the table's unit; less is better.
    pub value: f64,
    /// What was counted besides, by name.
    pub also: Vec<(String, f64)>,
}

/// The figures of each contender under each condition, round by round.
#[derive(Default)]
pub struct Samples(pub(super) Vec<(String, Conditions)>);

/// By the number of the step, and which of its figures it is.
pub(super) type Conditions = BTreeMap<[usize; 2], Vec<Figure>>;

impl Plan {
    /// How often a thorough run builds anew, or opens a session or a process where there are no rounds.
    pub const BUILDS: usize = 5;

    /// Minutes, for figures to quote; or seconds, to see that it runs. With a bar on stderr, if that is a terminal.
    pub fn new(is_quick: bool) -> Self {
        let style =
            ProgressStyle::with_template("{msg}  {bar:40}  round {pos} of {len}, {elapsed}");
        let progress = ProgressBar::new(0).with_style(style.expect("a template"));
        progress.finish_and_clear();
        Plan {
            rounds: if is_quick { 8 } else { 60 },
            builds: if is_quick { 1 } else { Self::BUILDS },
            slice: Duration::from_millis(if is_quick { 3 } else { 8 }),
            is_quick,
            progress,
        }
    }

    /// No more than this many rounds and builds.
    pub fn at_most(&self, rounds: usize, builds: usize) -> Self {
        Plan {
            rounds: self.rounds.min(rounds),
            builds: self.builds.min(builds),
            ..self.clone()
        }
    }

    /// Runs the rounds. In each of them every contender, made anew by `build` now and then, takes each of `steps`
    /// steps, which gives its figures under one condition or several.
    ///
    /// The order is shuffled for each round, so that nobody always runs after the same neighbour, whose data is what
    /// the caches hold then.
    pub fn run<C, F: IntoIterator<Item: Into<Figure>>>(
        &self,
        steps: usize,
        mut build: impl FnMut() -> Vec<(&'static str, C)>,
        mut step: impl FnMut(&mut C, usize, Pace) -> F,
    ) -> Samples {
        let mut random = SmallRng::seed_from_u64(0x5eed);
        let mut samples = Samples::default();
        let builds = self.builds.min(self.rounds);
        self.progress.set_length(self.rounds as u64);
        self.progress.reset();
        for number in 0..builds {
            let mut contenders = build();
            if samples.0.is_empty() {
                let names = contenders.iter().map(|(name, _)| name.to_string());
                samples.0 = names.map(|name| (name, Conditions::new())).collect();
            }
            let is_same = contenders
                .iter()
                .map(|(name, _)| *name)
                .eq(samples.0.iter().map(|row| &row.0));
            assert!(is_same, "other contenders than before");
            let mut order: Vec<_> = (0..contenders.len() * steps).collect();
            // The rounds are dealt out to the builds; what does not divide goes to the first.
            for round in (number..self.rounds).step_by(builds) {
                let pace = Pace {
                    warm_up: self.slice / 2,
                    timed: self.slice,
                    seed: round,
                };
                order.shuffle(&mut random);
                for (contender, number) in order.iter().map(|at| (at / steps, at % steps)) {
                    let figures = step(&mut contenders[contender].1, number, pace);
                    for (place, figure) in figures.into_iter().enumerate() {
                        let conditions = &mut samples.0[contender].1;
                        conditions
                            .entry([number, place])
                            .or_default()
                            .push(figure.into());
                    }
                }
                self.progress.inc(1);
            }
        }
        self.progress.finish_and_clear();
        samples
    }
}

impl From<f64> for Figure {
    fn from(value: f64) -> Self {
        let also = Vec::new();
        Figure { value, also }
    }
}

impl Samples {
    /// Of rows that were not measured in rounds: the figures of each, condition by condition.
    pub fn of<R: IntoIterator<Item = Vec<f64>>>(
        rows: impl IntoIterator<Item = (impl ToString, R)>,
    ) -> Self {
        let figures = |figures: Vec<f64>| figures.into_iter().map(Figure::from).collect();
        let row = |(name, conditions): (_, R)| {
            let conditions = conditions.into_iter().enumerate();
            let conditions = conditions.map(|(number, sample)| ([number, 0], figures(sample)));
            (ToString::to_string(&name), conditions.collect())
        };
        Samples(rows.into_iter().map(row).collect())
    }

    /// The same contenders under further conditions, which may have had other rounds.
    pub fn beside(mut self, others: Samples) -> Samples {
        for ((name, own), (other, others)) in self.0.iter_mut().zip(others.0) {
            assert_eq!(*name, other, "contenders");
            let steps = own.last_key_value().map_or(0, |([step, _], _)| step + 1);
            own.extend(
                others
                    .into_iter()
                    .map(|([step, place], figures)| ([steps + step, place], figures)),
            );
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_contender_takes_each_step_once_in_each_round() {
        let plan = Plan {
            rounds: 7,
            builds: 3,
            ..Plan::new(true)
        };
        let mut built = 0;
        let build = || {
            built += 1;
            vec![("one", 10), ("two", 20)]
        };
        // The second step gives two figures.
        let samples = plan.run(2, build, |&mut contender, step, pace| {
            (0..=step).map(move |place| (100 * (contender + place) + pace.seed) as f64)
        });
        assert_eq!(built, 3);
        for ((name, conditions), contender) in samples.0.into_iter().zip([10, 20]) {
            assert_eq!(name, if contender == 10 { "one" } else { "two" });
            assert_eq!(conditions.len(), 3);
            for ([_, place], figures) in conditions {
                let rounds = figures
                    .iter()
                    .map(|figure| figure.value as usize - 100 * (contender + place));
                let mut rounds: Vec<_> = rounds.collect();
                rounds.sort_unstable();
                assert_eq!(rounds, [0, 1, 2, 3, 4, 5, 6]);
            }
        }
    }
}
