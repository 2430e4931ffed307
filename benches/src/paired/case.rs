//! [`Case`]: one table. Every contender's figures, and what follows from them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::plan::{Figure, Plan, Samples};
use super::quartiles::Quartiles;

/// The second base of a table, made as the first is.
pub const CONTROL: &str = "control";
/// The fewest rounds whose median decides.
pub(super) const ROUNDS: usize = 20;

/// What a table is about.
#[derive(Clone, Serialize, Deserialize)]
pub struct Head {
    /// Its name, of parts with slashes in between: `read/1k`.
    pub name: String,
    /// One sentence for people.
    pub title: String,
    /// Of all values.
    pub unit: String,
    /// The row that ratios are to, and the one that the second ratios are to; if there are any.
    pub bases: Option<[String; 2]>,
    /// In the order of each row's cells.
    pub conditions: Vec<String>,
}

/// One table.
#[derive(Serialize, Deserialize)]
pub struct Case {
    /// What it is about.
    #[serde(flatten)]
    pub head: Head,
    /// How many rounds decide.
    pub(super) enough: usize,
    /// Why nothing in it decides, if nothing does.
    pub(super) doubt: Option<String>,
    /// How far the control is off, under each condition; empty where there is no control.
    pub noise: Vec<Noise>,
    /// What `derived` of each row is, if there is such a figure.
    pub(super) derived: Option<Derived>,
    /// The contenders.
    pub rows: Vec<Row>,
    /// What else is to be said.
    pub notes: Vec<String>,
}

/// One contender.
#[derive(Serialize, Deserialize)]
pub struct Row {
    /// Its name.
    pub contender: String,
    /// One for each condition.
    pub cells: Vec<Cell>,
    /// A figure made of several conditions.
    pub derived: Option<Quartiles>,
}

/// One contender under one condition.
#[derive(Serialize, Deserialize)]
pub struct Cell {
    /// In the table's unit.
    pub value: Quartiles,
    /// To the base, and of this contender to the one that is ours.
    pub ratios: Option<[Quartiles; 2]>,
    /// What was counted besides.
    pub also: BTreeMap<String, Quartiles>,
    /// The values, round by round.
    pub rounds: Vec<f64>,
}

/// A figure that is made of several conditions: more is better.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Derived {
    pub name: String,
    pub noise: Noise,
    /// Why it decides nothing on this machine, if it does not.
    pub doubt: Option<String>,
}

/// How far the control is from 1, which it would be exactly if there were no noise.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Noise {
    /// Of its median.
    pub median: f64,
    /// Of the further one of its quartiles.
    pub quartile: f64,
}

impl Head {
    /// In nanoseconds, with ratios to these two rows, if there are any.
    pub fn new<S: ToString>(
        name: impl ToString,
        title: String,
        bases: impl Into<Option<[&'static str; 2]>>,
        conditions: impl AsRef<[S]>,
    ) -> Self {
        Head {
            name: name.to_string(),
            title,
            unit: "ns".to_string(),
            bases: bases.into().map(|bases| bases.map(String::from)),
            conditions: conditions
                .as_ref()
                .iter()
                .map(ToString::to_string)
                .collect(),
        }
    }

    /// In another unit.
    pub fn unit(self, unit: &str) -> Self {
        let unit = unit.to_string();
        Head { unit, ..self }
    }
}

impl Case {
    /// A table of these samples.
    ///
    /// # Panics
    /// If a row that ratios are to is missing.
    pub fn new(head: Head, samples: Samples) -> Self {
        let rounds = |figures: &Vec<Figure>| {
            figures
                .iter()
                .map(|figure| figure.value)
                .collect::<Vec<_>>()
        };
        let of = |name: &String| {
            let row = samples.0.iter().find(|row| row.0 == *name);
            let row = row.unwrap_or_else(|| panic!("{} without {name}", head.name));
            row.1.values().map(rounds).collect::<Vec<_>>()
        };
        let bases = head.bases.as_ref().map(|bases| bases.each_ref().map(of));
        let cell = |(number, figures): (usize, &Vec<Figure>)| {
            let mut also = BTreeMap::<_, Vec<_>>::new();
            for (name, value) in figures.iter().flat_map(|figure| &figure.also) {
                also.entry(name.clone()).or_default().push(*value);
            }
            let rounds = rounds(figures);
            let bases = bases.as_ref();
            Cell {
                value: Quartiles::of(&rounds),
                ratios: bases.map(|bases| {
                    bases
                        .each_ref()
                        .map(|base| Quartiles::of_ratios(&rounds, &base[number]))
                }),
                also: also
                    .into_iter()
                    .map(|(name, values)| (name, Quartiles::of(&values)))
                    .collect(),
                rounds,
            }
        };
        let rows = samples.0.iter().map(|(name, conditions)| Row {
            contender: name.clone(),
            cells: conditions.values().enumerate().map(cell).collect(),
            derived: None,
        });
        let rows: Vec<_> = rows.collect();
        for Row {
            contender, cells, ..
        } in &rows
        {
            assert_eq!(
                cells.len(),
                head.conditions.len(),
                "{}: {contender}",
                head.name
            );
        }
        let control = rows.iter().find(|row| row.contender == CONTROL);
        let noise = control
            .into_iter()
            .flat_map(|row| &row.cells)
            .filter_map(|cell| Some(Noise::of(cell.ratios?[0])));
        let noise: Vec<_> = noise.collect();
        Case {
            head,
            enough: if noise.is_empty() {
                Plan::BUILDS
            } else {
                ROUNDS
            },
            doubt: None,
            noise,
            derived: None,
            rows,
            notes: Vec::new(),
        }
    }

    /// Adds a figure to each row, which `of` makes of a row and the base, and why it may decide nothing.
    pub fn derive(
        mut self,
        name: &str,
        doubt: Option<String>,
        of: impl Fn(&Row, &Row) -> Quartiles,
    ) -> Self {
        let derived: Vec<_> = self.rows.iter().map(|row| of(row, &self.rows[0])).collect();
        for (row, derived) in self.rows.iter_mut().zip(derived) {
            row.derived = Some(derived);
        }
        let control = self.row(CONTROL).and_then(|row| row.derived);
        self.derived = control.map(|control| Derived {
            name: name.to_string(),
            noise: Noise::of(control),
            doubt,
        });
        self
    }

    /// This many rounds decide: where nothing in them is a time, few are enough.
    pub fn decided_by(self, enough: usize) -> Self {
        Case { enough, ..self }
    }

    /// Says something more below the table.
    pub fn note(mut self, note: String) -> Self {
        self.notes.push(note);
        self
    }

    /// The same table of several processes, each of which counts as one round, by its medians.
    pub(super) fn of_processes(processes: &[&Case]) -> Self {
        let mut head = processes[0].head.clone();
        head.title += &format!("; {} processes", processes.len());
        let is_everywhere = |name: &String| processes.iter().all(|case| case.row(name).is_some());
        head.bases = head.bases.filter(|bases| bases.iter().all(is_everywhere));
        let rows = processes[0]
            .rows
            .iter()
            .filter(|row| is_everywhere(&row.contender));
        let medians = |name: &str, number: usize| {
            let rows = processes.iter().filter_map(|case| case.row(name));
            let figure = |cell: &Cell| Figure {
                value: cell.value.median,
                also: cell
                    .also
                    .iter()
                    .map(|(name, also)| (name.clone(), also.median))
                    .collect(),
            };
            rows.map(|row| figure(&row.cells[number])).collect()
        };
        let conditions = 0..head.conditions.len();
        let row = |Row { contender, .. }: &Row| {
            let conditions = conditions
                .clone()
                .map(|number| ([number, 0], medians(contender, number)));
            (contender.clone(), conditions.collect())
        };
        let mut case = Case::new(head, Samples(rows.map(row).collect()));
        case.enough = Plan::BUILDS;
        case.doubt = processes.iter().find_map(|case| case.too_short());
        let all_rows = processes
            .iter()
            .flat_map(|case| &case.rows)
            .map(|row| &row.contender);
        let missing = all_rows.filter(|name| !is_everywhere(name));
        let missing = missing.map(|name| format!("{name} was not measured in every process"));
        case.notes = processes
            .iter()
            .flat_map(|case| case.notes.clone())
            .chain(missing)
            .collect();
        case.notes.sort();
        case.notes.dedup();
        let Some(Derived { name, .. }) = &processes[0].derived else {
            return case;
        };
        let doubt = processes
            .iter()
            .find_map(|case| case.derived.as_ref()?.doubt.clone());
        case.derive(name, doubt, |row, _| {
            let rows = processes.iter().filter_map(|case| case.row(&row.contender));
            Quartiles::of(
                &rows
                    .filter_map(|row| Some(row.derived?.median))
                    .collect::<Vec<_>>(),
            )
        })
    }

    /// Why no figure under some condition decides, if there are too few rounds.
    fn too_short(&self) -> Option<String> {
        let rounds = (0..self.head.conditions.len())
            .map(|number| self.rounds(number))
            .min()?;
        let enough = self.enough;
        (rounds < enough).then(|| format!("a process had only {rounds} of {enough} rounds"))
    }

    /// The row of this contender, if it was measured.
    pub fn row(&self, contender: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.contender == contender)
    }

    /// How many rounds the figures under this condition come from.
    pub(super) fn rounds(&self, condition: usize) -> usize {
        self.rows
            .first()
            .map_or(0, |row| row.cells[condition].rounds.len())
    }
}

impl Noise {
    /// From the ratios of the control to the base.
    fn of(control: Quartiles) -> Self {
        Noise {
            median: (control.median - 1.0).abs(),
            quartile: (1.0 - control.lower).max(control.upper - 1.0),
        }
    }

    /// For people.
    pub(super) fn text(self) -> String {
        let [median, quartile] = [self.median, self.quartile].map(|part| part * 100.0);
        format!("off by {median:.1}%, its quartiles by {quartile:.1}%")
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A table of rows, each with the times of its rounds under each condition.
    pub fn case<const N: usize>(rows: &[(&'static str, [Vec<f64>; N])]) -> Case {
        let bases = [rows[0].0, rows[rows.len() - 1].0];
        let conditions: Vec<_> = (1..=N).map(|number| format!("{number} threads")).collect();
        let head = Head::new("read/1k", "one & the other".to_string(), bases, conditions);
        Case::new(head, Samples::of(rows.iter().cloned()))
    }

    #[test]
    fn rows_are_compared_with_the_base_and_with_ours_in_each_round() {
        let of = |factor: f64| {
            let case = case(&[
                ("bare", [vec![10.0, 20.0], vec![5.0]]),
                (CONTROL, [vec![11.0, 22.0], vec![5.0]]),
                ("peer", [vec![40.0 * factor, 80.0 * factor], vec![40.0]]),
                ("ours", [vec![20.0, 40.0], vec![10.0]]),
            ]);
            case.derive("slowness", None, |row, _| {
                row.cells[0].ratios.expect("ratios")[0]
            })
        };
        let case = of(1.0);
        let ratios = case.rows[2].cells[0].ratios.expect("ratios");
        assert_eq!(
            ratios.map(|ratio| [ratio.lower, ratio.upper]),
            [[4.0; 2], [2.0; 2]]
        );
        // Conditions may have different rounds.
        assert_eq!((case.rounds(0), case.rounds(1)), (2, 1));
        assert_eq!(case.noise[0].text(), "off by 10.0%, its quartiles by 10.0%");
        let joint = Case::of_processes(&[&case, &of(2.0), &of(3.0)]);
        let row = joint.row("peer").expect("a row");
        assert_eq!(row.cells[0].rounds, [60.0, 120.0, 180.0]);
        assert_eq!(row.derived.expect("a figure").median, 8.0);
    }

    #[test]
    #[should_panic(expected = "read/1k without ours")]
    fn a_table_without_the_row_that_ratios_are_to_is_refused() {
        let head = Head::new("read/1k", String::new(), ["bare", "ours"], [""]);
        Case::new(head, Samples::of([("bare", [vec![1.0]])]));
    }
}
