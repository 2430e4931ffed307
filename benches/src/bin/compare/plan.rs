//! [`Plan`]: how many rounds, how long a slice; and the rounds themselves.

use std::time::Duration;

use benches::slice::Pace;
use benches::stream::SplitMix;
use serde::Serialize;

use crate::case::{Figure, Samples};
use crate::progress::Progress;

/// How long to measure.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// Rounds for each table.
    pub rounds: usize,
    /// How often the maps are built anew meanwhile.
    pub builds: usize,
    /// The timed part of a slice.
    pub slice: Duration,
    /// Whether this run is only to see that it runs.
    pub is_quick: bool,
    /// Where people see how far it is.
    #[serde(skip)]
    pub progress: Progress,
}

impl Plan {
    pub const THOROUGH: Plan = Plan {
        rounds: 60,
        builds: 5,
        slice: Duration::from_millis(8),
        is_quick: false,
        progress: Progress::HIDDEN,
    };

    pub const QUICK: Plan = Plan {
        rounds: 8,
        builds: 1,
        slice: Duration::from_millis(3),
        is_quick: true,
        progress: Progress::HIDDEN,
    };

    /// Runs the rounds: each contender, made anew by `build` now and then, one slice under each of
    /// `conditions` in each round.
    ///
    /// The order is shuffled for each round, so that nobody always runs after the same neighbour,
    /// whose data is what the caches hold then.
    pub fn run<E>(
        &self,
        conditions: usize,
        build: impl FnMut() -> Vec<E>,
        mut slice: impl FnMut(&mut E, usize, Pace) -> Figure,
    ) -> Samples {
        self.run_courses(&vec![1; conditions], build, |contender, condition, pace| {
            vec![slice(contender, condition, pace)]
        })
    }

    /// As [`run`](Self::run), with courses in place of slices: each gives the figures of as many
    /// conditions as `courses` says of it, one after the other.
    ///
    /// # Panics
    /// If a course gives more or fewer.
    pub fn run_courses<E>(
        &self,
        courses: &[usize],
        mut build: impl FnMut() -> Vec<E>,
        mut course: impl FnMut(&mut E, usize, Pace) -> Vec<Figure>,
    ) -> Samples {
        let mut random = SplitMix(0x5eed);
        let mut samples = Samples::default();
        let builds = self.builds.min(self.rounds);
        let rounds = self.progress.begin(self.rounds);
        for number in 0..builds {
            let mut contenders = build();
            samples.resize(contenders.len(), courses.iter().sum());
            let mut order: Vec<_> = (0..contenders.len())
                .flat_map(|contender| (0..courses.len()).map(move |course| (contender, course)))
                .collect();
            // The rounds are dealt out to the builds; what does not divide goes to the first.
            for round in (number..self.rounds).step_by(builds) {
                let pace = Pace {
                    warm_up: self.slice / 2,
                    timed: self.slice,
                    seed: round,
                };
                random.shuffle(&mut order);
                for &(contender, number) in &order {
                    let figures = course(&mut contenders[contender], number, pace);
                    assert_eq!(figures.len(), courses[number], "figures of a course");
                    let first: usize = courses[..number].iter().sum();
                    for (condition, figure) in (first..).zip(figures) {
                        samples.push(contender, condition, figure);
                    }
                }
                rounds.next();
            }
        }
        samples
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_contender_runs_once_under_each_condition_in_each_round() {
        let plan = Plan {
            rounds: 7,
            builds: 3,
            ..Plan::QUICK
        };
        let mut built = 0;
        let samples = plan.run(
            2,
            || {
                built += 1;
                vec![10.0, 20.0]
            },
            |&mut contender, condition, pace| {
                (contender + condition as f64 + pace.seed as f64 / 100.0).into()
            },
        );
        assert_eq!(built, 3);
        for (contender, condition, base) in [(0, 0, 10.0), (0, 1, 11.0), (1, 0, 20.0), (1, 1, 21.0)]
        {
            let mut seeds: Vec<_> = samples
                .of(contender, condition)
                .iter()
                .map(|ns| ((ns - base) * 100.0).round() as usize)
                .collect();
            seeds.sort_unstable();
            assert_eq!(seeds, [0, 1, 2, 3, 4, 5, 6]);
        }
    }

    #[test]
    fn a_course_gives_the_figures_of_several_conditions() {
        let plan = Plan {
            rounds: 2,
            ..Plan::QUICK
        };
        let samples = plan.run_courses(
            &[1, 2],
            || vec![10.0, 20.0],
            |&mut contender, course, _| {
                let figures = [vec![0.0], vec![1.0, 2.0]];
                let of_course = figures[course].iter();
                of_course
                    .map(|figure| (contender + figure).into())
                    .collect()
            },
        );
        for (condition, of_second) in [20.0, 21.0, 22.0].into_iter().enumerate() {
            assert_eq!(samples.of(1, condition), [of_second; 2]);
        }
    }
}
