//! The targets for a guard that is held forever.

use crate::case::Case;
use crate::stall::{Call, HELD, Stall, UNHELD};
use crate::verdict::{Circumstances, Threshold, Verdict};

/// Of the refreshes that a writer makes without a guard.
const OF_RATE: f64 = 0.9;
/// Of one processor.
const SHARE: f64 = 0.05;
/// For 99 of 100 calls.
const MILLISECONDS: f64 = 10.0;

/// Of the rates.
pub fn rate_verdicts(case: &Case) -> Vec<Verdict> {
    let conditions = case.heading.conditions.iter().enumerate();
    conditions
        .map(|(number, map)| {
            Verdict::new(
                case.name(),
                format!(
                    "{map}, {HELD}: at least {OF_RATE} times as many refreshes as with {UNHELD}"
                ),
                case.row(UNHELD).cells[number].to_ours,
                Threshold::AtLeast(OF_RATE),
                Circumstances::of(case, number),
            )
        })
        .collect()
}

/// Of a refresh that waits.
pub fn verdicts(stall: &Stall) -> Vec<Verdict> {
    let blocked = &stall.blocked;
    let with = Circumstances::of_sessions(blocked.sessions);
    let case = || "stall/blocked".to_string();
    let share = blocked.share.map(|share| {
        let target = format!("a refresh that waits uses at most {SHARE} of a processor");
        Verdict::new(case(), target, share, Threshold::AtMost(SHARE), with)
    });
    let of_call = |call: &Call| {
        let target = format!("{}: 99 of 100 within {MILLISECONDS} ms", call.name);
        Verdict::new(
            case(),
            target,
            call.most,
            Threshold::AtMost(MILLISECONDS),
            with,
        )
    };
    let calls = blocked.calls.iter().map(of_call);
    share.into_iter().chain(calls).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stall::{Blocked, Peer};
    use crate::verdict::Outcome;
    use benches::stats::Quartiles;
    use std::time::Duration;

    /// Figures of this many sessions.
    fn stall(sessions: usize, share: f64, most: f64) -> Stall {
        let always = |value| Quartiles::of(&[value]);
        Stall {
            past: Vec::new(),
            blocked: Blocked {
                sessions,
                lasting: Duration::from_secs(1),
                share: Some(always(share)),
                calls: vec![Call {
                    name: "clone",
                    repetitions: 1_000,
                    median: always(1.0),
                    most: always(most),
                    longest: 20_000.0,
                }],
            },
            peer: Peer::Untried {
                error: String::new(),
            },
        }
    }

    fn outcomes(stall: &Stall) -> Vec<Outcome> {
        let verdicts = verdicts(stall);
        verdicts.iter().map(|verdict| verdict.outcome).collect()
    }

    #[test]
    fn shares_and_times_are_held_against_their_thresholds() {
        assert_eq!(outcomes(&stall(5, 0.01, 0.2)), [Outcome::Met; 2]);
        let slow = outcomes(&stall(5, 0.06, 9.0));
        assert_eq!(slow, [Outcome::Missed, Outcome::Met]);
        let late = outcomes(&stall(5, 0.04, 11.0));
        assert_eq!(late, [Outcome::Met, Outcome::Missed]);
    }

    #[test]
    fn a_few_sessions_decide_nothing() {
        assert_eq!(outcomes(&stall(4, 0.01, 0.2)), [Outcome::TooNoisy; 2]);
    }
}
