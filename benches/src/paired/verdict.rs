//! [`Verdict`]: a figure held against the threshold of a [`Target`].
//!
//! # When a figure decides
//!
//! A median that noise has moved says nothing, so a target is neither met nor missed unless
//! - **V1** the figure comes from at least 20 rounds, or from [`Plan::BUILDS`](super::Plan::BUILDS) sessions or
//!   processes;
//! - **V2** the control, in the same table and under the same condition, has both quartiles within [`NOISE`] of 1, and
//!   its median too; within half of that for a derived figure; and no further from 1 than the threshold is, unless that
//!   is 1 itself or no ratio;
//! - **V3** the threshold lies outside the median's *notch*, `median ± 1.57 × (upper − lower) / √rounds`
//!   (McGill, Tukey and Larsen, 1978): about where the median would fall in 95 of 100 such runs;
//! - **V4** the table itself does not doubt what is derived.
//!
//! V3 and not the quartiles themselves, since those come no closer with more rounds.

use serde::Serialize;

use super::case::{Case, Noise};
use super::quartiles::Quartiles;
use super::text::{count, ratio};

/// How far the control may be from 1.
const NOISE: f64 = 0.1;

/// A row held against each of some other rows, under each of some conditions, in each of some tables.
pub struct Target {
    /// The first part of the tables' names.
    pub operation: &'static str,
    /// The second part: each of these; or there is none.
    pub sizes: &'static [usize],
    /// The rest of the name: each of these; or there is none.
    pub variants: &'static [&'static str],
    /// Whose figure it is.
    pub row: &'static str,
    /// Whom it is compared with; nobody where the figure stands for itself.
    pub against: &'static [&'static str],
    /// Those that were measured of these; all, if there is none.
    pub conditions: &'static [&'static str],
    /// What is wanted.
    pub limit: Limit,
    /// Why.
    pub why: &'static str,
}

/// What a target wants of a figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// This many times the other's value, at most.
    Times(f64),
    /// The same of the better one of the others.
    TimesBest(f64),
    /// This many times as fast as the other, at least.
    Faster(f64),
    /// This much more than the other, in the table's unit, at most.
    Added(f64),
    /// This much more than the better one of the others, in the table's unit, at least: where more is better.
    AboveBest(f64),
    /// The value itself, in the table's unit, at most.
    Value(f64),
    /// The derived figure, at least.
    Derived(f64),
}

/// What became of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The figure is on the right side of the threshold.
    Met,
    /// It is not.
    Missed,
    /// The figure does not decide.
    TooNoisy,
}

/// One target and what became of it.
#[derive(Serialize)]
pub struct Verdict {
    case: String,
    target: String,
    why: &'static str,
    threshold: f64,
    /// The median is held against the threshold.
    measured: Option<Quartiles>,
    pub(super) outcome: Outcome,
    /// Why the figure does not decide.
    doubt: Option<String>,
}

/// What keeps a check from passing, if anything does.
pub(super) fn failure(outcomes: &[Outcome]) -> Option<String> {
    let count = |outcome| outcomes.iter().filter(|&&found| found == outcome).count();
    match (
        outcomes.len(),
        count(Outcome::Missed),
        count(Outcome::TooNoisy),
    ) {
        (0, ..) => Some("nothing was checked: no target is about these tables".to_string()),
        (_, 0, 0) => None,
        (all, missed, noisy) => Some(format!(
            "of {all} targets {missed} missed, {noisy} too noisy to tell"
        )),
    }
}

impl Target {
    /// The names of its tables.
    pub fn cases(&self) -> Vec<String> {
        let mut names = vec![self.operation.to_string()];
        let sizes: Vec<_> = self.sizes.iter().map(|&size| count(size)).collect();
        let variants: Vec<_> = self.variants.iter().map(ToString::to_string).collect();
        for parts in [sizes, variants]
            .into_iter()
            .filter(|parts| !parts.is_empty())
        {
            let with = |name: &String, part: &String| match part.is_empty() {
                true => name.clone(),
                false => format!("{name}/{part}"),
            };
            names = names
                .iter()
                .flat_map(|name| parts.iter().map(|part| with(name, part)))
                .collect();
        }
        names
    }

    /// What this table says about it.
    pub(super) fn verdicts(&self, case: &Case) -> Vec<Verdict> {
        // Where the system does not tell anything, there is nothing to decide.
        if !self.cases().contains(&case.head.name) || case.rows.is_empty() {
            return Vec::new();
        }
        let conditions = case.head.conditions.iter().enumerate();
        let is_meant = |name: &str| self.conditions.is_empty() || self.conditions.contains(&name);
        let conditions = conditions.filter(|(_, name)| is_meant(name));
        let of_one = |(number, name): (usize, &String)| {
            let others = self.others(case, number).into_iter();
            others
                .map(|other| self.verdict(case, other, number, name))
                .collect::<Vec<_>>()
        };
        conditions.flat_map(of_one).collect()
    }

    /// Whom the figure is compared with; the row itself, where it stands for itself.
    fn others(&self, case: &Case, number: usize) -> Vec<&'static str> {
        let value = |name: &str| {
            case.row(name)
                .map_or(f64::MAX, |row| row.cells[number].value.median)
        };
        let most_of = |name: &str| {
            case.row(name)
                .map_or(f64::MIN, |row| row.cells[number].value.median)
        };
        let best = || {
            self.against
                .iter()
                .min_by(|a, b| value(a).total_cmp(&value(b)))
        };
        let most = || {
            let others = self.against.iter();
            others.max_by(|a, b| most_of(a).total_cmp(&most_of(b)))
        };
        match self.limit {
            Limit::Value(_) | Limit::Derived(_) => vec![self.row],
            Limit::TimesBest(_) => best().into_iter().copied().collect(),
            Limit::AboveBest(_) => most().into_iter().copied().collect(),
            _ => self.against.to_vec(),
        }
    }

    fn verdict(&self, case: &Case, other: &str, number: usize, condition: &str) -> Verdict {
        let (row, unit, threshold) = (self.row, &case.head.unit, self.limit.number());
        let derived = case.derived.as_ref().map_or("", |derived| &derived.name);
        let wanted = match self.limit {
            Limit::Times(limit) => format!("at most {limit} times {other}"),
            Limit::TimesBest(limit) => format!("at most {limit} times {other}, the better one"),
            Limit::Faster(limit) => format!("at least {limit} times as fast as {other}"),
            Limit::Added(limit) => format!("at most {limit} {unit} more than {other}"),
            Limit::AboveBest(limit) => {
                format!("at least {limit:+} {unit} to {other}, the better one")
            }
            Limit::Value(limit) => format!("at most {limit} {unit}"),
            Limit::Derived(limit) => format!("{derived} at least {limit}"),
        };
        let measured = self.figure(case, other, number);
        let doubt = match measured {
            Some(measured) => self.doubt(case, number, measured),
            None => Some("not measured".to_string()),
        };
        let is_met = |measured: Quartiles| match self.limit {
            Limit::Faster(_) | Limit::Derived(_) | Limit::AboveBest(_) => {
                measured.median >= threshold
            }
            _ => measured.median <= threshold,
        };
        Verdict {
            case: case.head.name.clone(),
            target: format!("{row}, {condition}: {wanted}"),
            why: self.why,
            threshold,
            measured,
            outcome: match measured.filter(|_| doubt.is_none()) {
                None => Outcome::TooNoisy,
                Some(measured) if is_met(measured) => Outcome::Met,
                Some(_) => Outcome::Missed,
            },
            doubt,
        }
    }

    fn figure(&self, case: &Case, other: &str, number: usize) -> Option<Quartiles> {
        let (row, other) = (case.row(self.row)?, case.row(other)?);
        let (own, other) = (&row.cells[number], &other.cells[number].rounds);
        let added = || own.rounds.iter().zip(other).map(|(own, other)| own - other);
        match self.limit {
            Limit::Times(_) | Limit::TimesBest(_) => Some(Quartiles::of_ratios(&own.rounds, other)),
            Limit::Faster(_) => Some(Quartiles::of_ratios(other, &own.rounds)),
            Limit::Added(_) | Limit::AboveBest(_) => {
                Some(Quartiles::of(&added().collect::<Vec<_>>()))
            }
            Limit::Value(_) => Some(own.value),
            Limit::Derived(_) => row.derived,
        }
    }

    /// Why such a figure does not decide, if it does not.
    fn doubt(&self, case: &Case, number: usize, measured: Quartiles) -> Option<String> {
        let (rounds, limit) = (case.rounds(number), self.limit.number());
        let derived = case
            .derived
            .as_ref()
            .filter(|_| matches!(self.limit, Limit::Derived(_)));
        let usual = if derived.is_some() {
            NOISE / 2.0
        } else {
            NOISE
        };
        let is_ratio = !matches!(
            self.limit,
            Limit::Added(_) | Limit::AboveBest(_) | Limit::Value(_)
        );
        let far = (limit - 1.0).abs() + f64::EPSILON;
        let bound = if is_ratio && limit != 1.0 {
            usual.min(far)
        } else {
            usual
        };
        let noise = derived
            .map(|derived| derived.noise)
            .or(case.noise.get(number).copied());
        let is_far = |noise: &Noise| noise.median > bound || noise.quartile > NOISE;
        let notch = 1.57 * (measured.upper - measured.lower) / (rounds as f64).sqrt();
        if let Some(doubt) = &case.doubt {
            Some(doubt.clone())
        } else if rounds < case.enough {
            Some(format!("only {rounds} of {} rounds", case.enough))
        } else if let Some(doubt) = derived.and_then(|derived| derived.doubt.clone()) {
            Some(doubt)
        } else if let Some(noise) = noise.filter(is_far) {
            Some(format!("the control is {}", noise.text()))
        } else {
            let is_within = (measured.median - limit).abs() < notch;
            is_within.then(|| format!("± {notch:.2}, which holds the threshold"))
        }
    }
}

impl Limit {
    /// The number in it.
    fn number(self) -> f64 {
        use Limit::{AboveBest, Added, Derived, Faster, Times, TimesBest, Value};
        let (Times(limit) | TimesBest(limit) | Faster(limit) | Added(limit) | AboveBest(limit)
        | Value(limit) | Derived(limit)) = self;
        limit
    }
}

impl Verdict {
    /// For people: verdict and target, figure, and what speaks against the figure.
    pub(super) fn cells(&self) -> Vec<String> {
        let word = match self.outcome {
            Outcome::Met => "met      ",
            Outcome::Missed => "MISSED   ",
            Outcome::TooNoisy => "TOO NOISY",
        };
        vec![
            format!("{word}  {}: {}", self.case, self.target),
            self.measured
                .map_or("-".to_string(), |measured| ratio(measured.median)),
            self.doubt.clone().unwrap_or_default(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::super::case::tests::case;
    use super::super::case::{CONTROL, ROUNDS};
    use super::*;
    use Outcome::{Met, Missed, TooNoisy};

    const TARGET: Target = Target {
        operation: "read",
        sizes: &[1_000],
        variants: &[],
        row: "ours",
        against: &["slow", "bare"],
        conditions: &["1 threads", "64 threads"],
        limit: Limit::Times(1.3),
        why: "",
    };

    /// What becomes of a target about `ours`, where a base takes 10 and the control this much more.
    fn outcome(limit: Limit, ours: &[f64], noise: f64) -> Outcome {
        let rounds = |value: &[f64]| {
            [(0..ROUNDS)
                .map(|round| value[round % value.len()])
                .collect()]
        };
        let control = rounds(&[10.0 * (1.0 + noise)]);
        let rows = [
            ("bare", rounds(&[10.0])),
            (CONTROL, control),
            ("slow", rounds(&[20.0])),
            ("ours", rounds(ours)),
        ];
        let kept = |row: &_, base: &_| Quartiles::of_ratios(row_rounds(base), row_rounds(row));
        let case = case(&rows).derive("kept", None, kept);
        let target = Target { limit, ..TARGET };
        target
            .verdicts(&case)
            .last()
            .map(|verdict| verdict.outcome)
            .expect("a verdict")
    }

    fn row_rounds(row: &super::super::case::Row) -> &[f64] {
        &row.cells[0].rounds
    }

    #[test]
    fn each_kind_of_target_can_be_met_and_missed() {
        for (limit, met, missed) in [
            (Limit::Times(1.3), 12.9, 13.1),
            (Limit::TimesBest(1.3), 12.9, 13.1),
            (Limit::Faster(2.0), 4.9, 5.1),
            (Limit::Added(80.0), 89.0, 91.0),
            // Than the slow one, with 20.
            (Limit::AboveBest(1.0), 21.1, 20.9),
            (Limit::AboveBest(-2.5), 17.6, 17.4),
            (Limit::Value(5.0), 4.9, 5.1),
            (Limit::Derived(0.9), 11.0, 11.2),
        ] {
            assert_eq!(outcome(limit, &[met], 0.0), Met, "{limit:?}");
            assert_eq!(outcome(limit, &[missed], 0.0), Missed, "{limit:?}");
        }
    }

    #[test]
    fn a_figure_that_noise_may_have_moved_decides_nothing() {
        use Limit::{Derived, Times};
        for (limit, noise, found) in [
            (Times(1.3), 0.09, Met),
            (Times(1.3), 0.26, TooNoisy),
            (Times(1.3), -0.13, TooNoisy),
            // A threshold that is itself no further from 1.
            (Times(1.05), 0.04, Met),
            (Times(1.05), 0.06, TooNoisy),
            (Derived(0.9), 0.04, Met),
            (Derived(0.9), 0.06, TooNoisy),
        ] {
            assert_eq!(outcome(limit, &[10.0], noise), found, "{limit:?}, {noise}");
        }
        // The threshold is within the notch.
        assert_eq!(
            outcome(Times(1.3), &[12.0, 13.1, 13.1, 14.0], 0.0),
            TooNoisy
        );
    }

    #[test]
    fn what_is_not_there_or_too_short_decides_nothing() {
        let short = case(&[
            ("bare", [vec![1.0]]),
            (CONTROL, [vec![1.0]]),
            ("ours", [vec![1.0]]),
        ]);
        let doubts = TARGET
            .verdicts(&short)
            .into_iter()
            .map(|verdict| verdict.doubt.expect("a doubt"));
        assert!(doubts.eq(["not measured", "only 1 of 20 rounds"]));
        let elsewhere = Target {
            sizes: &[2_000],
            variants: &["", "misses"],
            ..TARGET
        };
        assert_eq!(elsewhere.cases(), ["read/2k", "read/2k/misses"]);
        assert!(elsewhere.verdicts(&short).is_empty());
        assert!(
            failure(&[])
                .expect("a failure")
                .contains("nothing was checked")
        );
        let failed = failure(&[Met, Missed, TooNoisy]);
        assert_eq!(
            failed.as_deref(),
            Some("of 3 targets 1 missed, 1 too noisy to tell")
        );
        assert_eq!(failure(&[Met]), None);
    }
}
