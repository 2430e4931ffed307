//! [`Case`]: what one table shows: every contender's rounds, and what follows from them.

use benches::stats::{Quartiles, ratios};
use serde::Serialize;

use crate::memory::Memory;
use crate::noise::Noise;

/// What one slice has shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// Nanoseconds per lookup, upsert or refresh.
    pub ns: f64,
    /// Writes in each publication, where the contender counts them.
    pub group: Option<f64>,
    /// Processor time, where it was measured.
    pub spent: Option<Spent>,
}

/// Nanoseconds of processor time per write.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spent {
    /// Of all threads of the process.
    pub all: f64,
    /// Of those that write.
    pub writing: f64,
}

/// The figures of each contender, under each condition, in each round.
#[derive(Default)]
pub struct Samples {
    /// By contender, then by condition.
    series: Vec<Vec<Series>>,
}

/// The figures of one contender under one condition.
#[derive(Clone, Default)]
struct Series {
    ns: Vec<f64>,
    group: Vec<f64>,
    spent: Vec<Spent>,
}

/// What a table is about.
#[derive(Serialize)]
pub struct Heading {
    /// What was measured: `read`, `write`.
    pub operation: &'static str,
    /// On what.
    pub case: String,
    /// One sentence for people.
    pub title: String,
    /// What the first ratio is to: the first row.
    pub base: &'static str,
    /// What the second ratio is to.
    pub ours: &'static str,
    /// Under which conditions, in the order of each row's cells.
    pub conditions: Vec<String>,
}

/// One table.
#[derive(Serialize)]
pub struct Case {
    #[serde(flatten)]
    pub heading: Heading,
    /// How far the control is off, under each condition.
    pub noise: Vec<Noise>,
    /// How far the control's scaling is off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scaling_noise: Option<Noise>,
    /// The contenders; the first is the base, the second the control.
    pub rows: Vec<Row>,
}

/// One contender.
#[derive(Serialize)]
pub struct Row {
    /// Its name.
    pub contender: &'static str,
    /// One for each condition.
    pub cells: Vec<Cell>,
    /// How much more is done under the second condition than under the first, against how much
    /// more bare hashbrown does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scaling: Option<Quartiles>,
    /// How much of its own rate a reader has left beside a writer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<Quartiles>,
    /// Of the whole map, where that was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<Memory>,
}

/// One contender under one condition.
#[derive(Serialize)]
pub struct Cell {
    /// Nanoseconds per lookup, upsert or refresh.
    pub ns: Quartiles,
    /// Ratios to the base.
    pub to_base: Quartiles,
    /// Ratios of this contender to the one that is ours.
    pub to_ours: Quartiles,
    /// Writes in each publication.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<Quartiles>,
    /// Processor time per write, where it was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processor_time: Option<ProcessorTime>,
    /// Nanoseconds, round by round.
    pub rounds: Vec<f64>,
}

/// Nanoseconds of processor time per write.
#[derive(Clone, Copy, Serialize)]
pub struct ProcessorTime {
    /// Of all threads of the process.
    pub all_threads: Quartiles,
    /// Of those that write; the rest is what other threads do for them.
    pub writing_threads: Quartiles,
}

impl From<f64> for Figure {
    fn from(ns: f64) -> Self {
        Figure {
            ns,
            group: None,
            spent: None,
        }
    }
}

impl Samples {
    pub fn resize(&mut self, contenders: usize, conditions: usize) {
        self.series.resize(contenders, Vec::new());
        for contender in &mut self.series {
            contender.resize(conditions, Series::default());
        }
    }

    pub fn push(&mut self, contender: usize, condition: usize, figure: Figure) {
        let series = &mut self.series[contender][condition];
        series.ns.push(figure.ns);
        series.group.extend(figure.group);
        series.spent.extend(figure.spent);
    }

    /// The same contenders under further conditions, which may have had other rounds.
    ///
    /// # Panics
    /// If there are not as many of them.
    pub fn beside(mut self, others: Samples) -> Samples {
        assert_eq!(self.series.len(), others.series.len(), "contenders");
        for (own, others) in self.series.iter_mut().zip(others.series) {
            own.extend(others);
        }
        self
    }

    /// The times, round by round.
    pub fn of(&self, contender: usize, condition: usize) -> &[f64] {
        &self.series[contender][condition].ns
    }

    /// The rows of a table; `ours` is the contender that others are compared with besides the
    /// first.
    ///
    /// # Panics
    /// If `ours` is not among them.
    pub fn rows(&self, names: &[&'static str], ours: &str, has_scaling: bool) -> Vec<Row> {
        let place = names.iter().position(|&name| name == ours);
        let ours = place.unwrap_or_else(|| panic!("{names:?} without {ours}"));
        let conditions = self.series[0].len();
        names
            .iter()
            .enumerate()
            .map(|(contender, &name)| Row {
                contender: name,
                cells: (0..conditions)
                    .map(|condition| self.cell(contender, ours, condition))
                    .collect(),
                scaling: has_scaling.then(|| self.scaling(contender)),
                kept: None,
                memory: None,
            })
            .collect()
    }

    fn cell(&self, contender: usize, ours: usize, condition: usize) -> Cell {
        let rounds = self.of(contender, condition);
        let Series { group, spent, .. } = &self.series[contender][condition];
        Cell {
            ns: Quartiles::of(rounds),
            to_base: Quartiles::of_ratios(rounds, self.of(0, condition)),
            to_ours: Quartiles::of_ratios(rounds, self.of(ours, condition)),
            group: (!group.is_empty()).then(|| Quartiles::of(group)),
            processor_time: ProcessorTime::of(spent),
            rounds: rounds.to_vec(),
        }
    }

    fn scaling(&self, contender: usize) -> Quartiles {
        let gain = |contender| ratios(self.of(contender, 0), self.of(contender, 1));
        Quartiles::of_ratios(&gain(contender), &gain(0))
    }
}

impl ProcessorTime {
    /// Of all rounds, if there are any.
    fn of(spent: &[Spent]) -> Option<Self> {
        let part =
            |part: fn(&Spent) -> f64| Quartiles::of(&spent.iter().map(part).collect::<Vec<_>>());
        (!spent.is_empty()).then(|| ProcessorTime {
            all_threads: part(|spent| spent.all),
            writing_threads: part(|spent| spent.writing),
        })
    }
}

impl Case {
    /// A table, with the noise that its control shows.
    pub fn new(heading: Heading, rows: Vec<Row>) -> Self {
        let control = &rows[1];
        Case {
            heading,
            noise: control
                .cells
                .iter()
                .map(|cell| Noise::of(cell.to_base))
                .collect(),
            scaling_noise: control.scaling.map(Noise::of),
            rows,
        }
    }

    /// For the list of targets.
    pub fn name(&self) -> String {
        format!("{}/{}", self.heading.operation, self.heading.case)
    }

    /// Of all rows.
    pub fn cells(&self) -> impl Iterator<Item = &Cell> {
        self.rows.iter().flat_map(|row| &row.cells)
    }

    /// How many rounds the figures under this condition come from.
    pub fn rounds(&self, condition: usize) -> usize {
        self.rows[0].cells[condition].rounds.len()
    }

    /// How many times as fast one contender is as another.
    pub fn speed(&self, contender: &str, other: &str, condition: usize) -> Quartiles {
        let rounds = |name| &self.row(name).cells[condition].rounds;
        Quartiles::of_ratios(rounds(other), rounds(contender))
    }

    /// How many times as much the base gets done under the second condition as under the first.
    pub fn gain(&self) -> f64 {
        let cells = &self.rows[0].cells;
        Quartiles::of_ratios(&cells[0].rounds, &cells[1].rounds).median
    }

    /// The number of a condition, if it was measured.
    pub fn condition(&self, name: &str) -> Option<usize> {
        let mut conditions = self.heading.conditions.iter();
        conditions.position(|condition| condition == name)
    }

    /// A contender that every table of this kind has.
    ///
    /// # Panics
    /// If this one has not: a target about it would go unchecked.
    pub fn row(&self, contender: &str) -> &Row {
        let row = self.rows.iter().find(|row| row.contender == contender);
        row.unwrap_or_else(|| panic!("{} without {contender}", self.heading.operation))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_compare_with_the_base_and_with_ours() {
        let mut samples = Samples::default();
        samples.resize(3, 2);
        for (contender, one, two) in [(0, 10.0, 5.0), (1, 20.0, 10.0), (2, 40.0, 40.0)] {
            samples.push(contender, 0, one.into());
            samples.push(contender, 1, two.into());
        }
        let rows = samples.rows(&["bare", "ours", "peer"], "ours", true);
        assert_eq!(rows[2].cells[0].to_base.median, 4.0);
        assert_eq!(rows[2].cells[0].to_ours.median, 2.0);
        assert_eq!(rows[1].scaling.unwrap().median, 1.0);
        // Two threads of the peer get as much done as one; two of bare twice as much.
        assert_eq!(rows[2].scaling.unwrap().median, 0.5);
    }

    #[test]
    fn conditions_may_have_different_rounds() {
        let [mut first, mut second] = [Samples::default(), Samples::default()];
        first.resize(2, 1);
        second.resize(2, 1);
        for contender in 0..2 {
            first.push(contender, 0, (10.0 + contender as f64).into());
            second.push(contender, 0, 20.0.into());
            second.push(contender, 0, 30.0.into());
        }
        let both = first.beside(second);
        assert_eq!(both.of(1, 0), [11.0]);
        assert_eq!(both.of(1, 1), [20.0, 30.0]);
        let rows = both.rows(&["base", "ours"], "ours", false);
        assert_eq!(rows[1].cells[1].to_base.median, 1.0);
    }

    #[test]
    fn groups_and_processor_time_are_shown_where_they_were_counted() {
        let mut samples = Samples::default();
        samples.resize(2, 1);
        for group in [2.0, 4.0] {
            samples.push(0, 0, Figure::from(10.0));
            let figure = Figure {
                group: Some(group),
                spent: Some(Spent {
                    all: 10.0 * group,
                    writing: group,
                }),
                ..Figure::from(5.0)
            };
            samples.push(1, 0, figure);
        }
        let rows = samples.rows(&["base", "ours"], "ours", false);
        assert_eq!(rows[0].cells[0].group, None);
        assert!(rows[0].cells[0].processor_time.is_none());
        assert_eq!(rows[1].cells[0].group.unwrap().median, 3.0);
        let time = rows[1].cells[0].processor_time.unwrap();
        assert_eq!(time.all_threads.median, 30.0);
        assert_eq!(time.writing_threads.median, 3.0);
    }
}
