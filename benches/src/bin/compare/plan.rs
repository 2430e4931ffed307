//! [`Plan`]: how many rounds, how long a slice; and the rounds themselves.

use std::time::Duration;

use benches::slice::Pace;
use benches::stream::SplitMix;
use serde::Serialize;

use crate::case::{Figure, Samples};

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
}

impl Plan {
    pub const THOROUGH: Plan = Plan {
        rounds: 60,
        builds: 5,
        slice: Duration::from_millis(8),
        is_quick: false,
    };

    pub const QUICK: Plan = Plan {
        rounds: 8,
        builds: 1,
        slice: Duration::from_millis(3),
        is_quick: true,
    };

    /// Runs the rounds: each contender, made anew by `build` now and then, one slice under each of
    /// `conditions` in each round.
    ///
    /// The order is shuffled for each round, so that nobody always runs after the same neighbour,
    /// whose data is what the caches hold then.
    pub fn run<E>(
        &self,
        conditions: usize,
        mut build: impl FnMut() -> Vec<E>,
        mut slice: impl FnMut(&mut E, usize, Pace) -> Figure,
    ) -> Samples {
        let mut random = SplitMix(0x5eed);
        let mut samples = Samples::default();
        let builds = self.builds.min(self.rounds);
        for number in 0..builds {
            let mut entrants = build();
            samples.resize(entrants.len(), conditions);
            let mut order: Vec<_> = (0..entrants.len())
                .flat_map(|entrant| (0..conditions).map(move |condition| (entrant, condition)))
                .collect();
            // The rounds are dealt out to the builds; what does not divide goes to the first.
            for round in (number..self.rounds).step_by(builds) {
                let pace = Pace {
                    warm_up: self.slice / 2,
                    timed: self.slice,
                    turn: round,
                };
                random.shuffle(&mut order);
                for &(entrant, condition) in &order {
                    let figure = slice(&mut entrants[entrant], condition, pace);
                    samples.push(entrant, condition, figure);
                }
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
            |&mut entrant, condition, pace| {
                (entrant + condition as f64 + pace.turn as f64 / 100.0).into()
            },
        );
        assert_eq!(built, 3);
        for (entrant, condition, base) in [(0, 0, 10.0), (0, 1, 11.0), (1, 0, 20.0), (1, 1, 21.0)] {
            let mut turns: Vec<_> = samples
                .of(entrant, condition)
                .iter()
                .map(|ns| ((ns - base) * 100.0).round() as usize)
                .collect();
            turns.sort_unstable();
            assert_eq!(turns, [0, 1, 2, 3, 4, 5, 6]);
        }
    }
}
