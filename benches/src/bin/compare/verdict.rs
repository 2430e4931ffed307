//! [`Verdict`]: a figure held against the threshold of a target.
//!
//! # When a figure decides
//!
//! A median that noise has moved says nothing, so a target is neither met nor missed unless
//! - **V1** the figure comes from at least [`ROUNDS`] rounds,
//! - **V2** the control, in the same case and under the same condition, has its median and both
//!   quartiles within [`NOISE`] of 1; for scaling the control's scaling is asked, whose median has
//!   to be within [`SCALING_NOISE`], since the threshold itself is no further from 1; so too where another
//!   threshold is as close,
//!   For what a reader keeps of its rate it is what the control keeps, whose writer has another map,
//!   within [`KEPT_NOISE`],
//! - **V3** the threshold lies outside the median's *notch*, `median ± 1.57 × (upper − lower) / √rounds`
//!   (McGill, Tukey and Larsen, 1978): about where the median would fall in 95 of 100 such runs,
//! - **V4** for scaling, two threads of bare get at least [`GAIN`] times as much done as one: where
//!   they have one processor between them, everybody scales as well as bare.
//!
//! A time or a share that has a target of its own, about which no control says anything, is held against
//! the threshold by V3, once it comes from as many sessions as a thorough run has.
//!
//! V3 and not the quartiles themselves, since those come no closer with more rounds.

use benches::stats::Quartiles;
use serde::{Deserialize, Serialize};

use crate::case::Case;
use crate::noise::Noise;
use crate::plan::Plan;

/// The fewest rounds whose median decides.
pub const ROUNDS: usize = 20;
/// How far the control's median and its quartiles may be from 1.
const NOISE: f64 = 0.1;
/// How far the median of the control's scaling may be from 1.
const SCALING_NOISE: f64 = 0.03;
/// How far the median of what the control keeps may be from 1.
const KEPT_NOISE: f64 = 0.05;
/// How many times as much two threads of bare have to get done as one, of 2 at best.
const GAIN: f64 = 1.5;

/// What became of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Met,
    Missed,
    /// The figure does not decide.
    TooNoisy,
}

/// One target and what became of it.
#[derive(Serialize)]
pub struct Verdict {
    /// Where.
    pub case: String,
    /// What is demanded.
    pub target: String,
    /// The median is held against the threshold.
    pub measured: Quartiles,
    /// Where it has to be.
    pub threshold: Threshold,
    /// Met, missed, or neither.
    pub outcome: Outcome,
    /// Why neither.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doubt: Option<String>,
}

/// What a target asks of a figure.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Threshold {
    AtMost(f64),
    AtLeast(f64),
}

/// What a figure is judged with.
#[derive(Clone, Copy)]
pub struct Circumstances {
    rounds: usize,
    /// This many of them decide.
    enough: usize,
    noise: Option<Noise>,
    /// How far the control's median may be from 1.
    bound: f64,
    /// Of two threads of bare over one, where that matters.
    gain: Option<f64>,
}

impl Outcome {
    /// For people, each as long as the others.
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Met => "met      ",
            Outcome::Missed => "MISSED   ",
            Outcome::TooNoisy => "TOO NOISY",
        }
    }
}

impl Threshold {
    pub fn limit(self) -> f64 {
        let (Threshold::AtMost(limit) | Threshold::AtLeast(limit)) = self;
        limit
    }

    pub fn is_met_by(self, median: f64) -> bool {
        match self {
            Threshold::AtMost(threshold) => median <= threshold,
            Threshold::AtLeast(threshold) => median >= threshold,
        }
    }
}

impl Circumstances {
    /// The same, where the threshold is so close to 1 that the control's median has to be closer than usual.
    pub fn within(self, bound: f64) -> Self {
        Circumstances { bound, ..self }
    }

    /// Of ratios of times under one of the conditions.
    pub fn of(case: &Case, condition: usize) -> Self {
        Circumstances {
            noise: Some(case.noise[condition]),
            enough: ROUNDS,
            ..Self::of_sessions(case.rounds(condition))
        }
    }

    /// Of scaling, where there is such a thing.
    pub fn of_scaling(case: &Case) -> Option<Self> {
        Some(Circumstances {
            noise: Some(case.scaling_noise?),
            bound: SCALING_NOISE,
            gain: Some(case.gain()),
            ..Self::of(case, 0)
        })
    }

    /// Of what readers keep of their rates, where there is such a thing.
    pub fn of_kept(case: &Case) -> Option<Self> {
        Some(Circumstances {
            noise: Some(Noise::of(case.rows[1].kept?)),
            bound: KEPT_NOISE,
            ..Self::of(case, 0)
        })
    }

    /// Of what was measured in this many sessions, and has no control.
    pub fn of_sessions(sessions: usize) -> Self {
        Circumstances {
            rounds: sessions,
            enough: Plan::THOROUGH.builds,
            noise: None,
            bound: NOISE,
            gain: None,
        }
    }

    /// Why such a figure does not decide, if it does not.
    fn doubt(self, measured: Quartiles, threshold: Threshold) -> Option<String> {
        if self.rounds < self.enough {
            return Some(format!("only {} of {} rounds", self.rounds, self.enough));
        }
        if let Some(gain) = self.gain.filter(|&gain| gain < GAIN) {
            return Some(format!("two threads of bare do {gain:.2} times as much"));
        }
        let noise = self.noise.filter(|noise| noise.exceeds(self.bound, NOISE));
        if let Some(noise) = noise {
            return Some(format!("the control is {}", noise.text()));
        }
        let notch = 1.57 * (measured.upper - measured.lower) / (self.rounds as f64).sqrt();
        if (measured.median - threshold.limit()).abs() < notch {
            return Some(format!("± {notch:.2}, which holds the threshold"));
        }
        None
    }
}

impl Verdict {
    pub fn new(
        case: String,
        target: String,
        measured: Quartiles,
        threshold: Threshold,
        with: Circumstances,
    ) -> Self {
        let doubt = with.doubt(measured, threshold);
        let outcome = if doubt.is_some() {
            Outcome::TooNoisy
        } else if threshold.is_met_by(measured.median) {
            Outcome::Met
        } else {
            Outcome::Missed
        };
        Verdict {
            case,
            target,
            measured,
            threshold,
            outcome,
            doubt,
        }
    }

    /// For people: verdict and target, figure, and what speaks against the figure.
    pub fn cells(&self) -> [String; 3] {
        [
            format!("{}  {}: {}", self.outcome.word(), self.case, self.target),
            number(self.measured.median),
            self.doubt.clone().unwrap_or_default(),
        ]
    }
}

/// Two decimals, or four of a number so small that two would show nothing of it.
pub fn number(value: f64) -> String {
    if value < 0.1 {
        format!("{value:.4}")
    } else {
        format!("{value:.2}")
    }
}
