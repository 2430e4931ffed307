//! `compare memory`: what each map takes of the machine's memory, and what a log keeps.
//!
//! Each figure comes from several processes, in each of which one map is built and nothing else; see
//! [`memory`].

mod log;
mod pairs;
mod values;

use benches::stats::Quartiles;
use serde::Serialize;

use crate::memory::{self, Subject};
use crate::plan::Plan;
use crate::report::count;
use crate::table::Table;

pub use pairs::{BASE as BARE, OURS};
pub use values::{BASE as ONE_COPY, OURS as OURS_SHARED};

/// Bytes in a large value.
pub const LARGE: usize = 1024;
/// For large values the number of entries is divided by this.
const FEWER: usize = 10;

/// One table: what this number of entries takes in each map.
#[derive(Serialize)]
pub struct Footprint {
    /// `pairs`, `values`, `log`.
    pub table: &'static str,
    /// For the list of targets.
    pub case: String,
    /// One sentence for people.
    pub title: String,
    pub entries: usize,
    /// What the ratios are to: the first row, in tables that have ratios.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<&'static str>,
    pub rows: Vec<Row>,
}

/// One map.
#[derive(Serialize)]
pub struct Row {
    pub contender: &'static str,
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What was found out.
#[derive(Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    Measured {
        bytes_per_entry: Quartiles,
        #[serde(skip_serializing_if = "Option::is_none")]
        to_base: Option<Quartiles>,
        /// Bytes per entry, process by process.
        processes: Vec<f64>,
    },
    NotMeasured {
        reason: String,
    },
}

/// A map under a name.
struct Contender {
    name: &'static str,
    keep: Subject,
}

/// All tables.
pub fn measure(entries: usize, plan: &Plan) -> Vec<Footprint> {
    let processes = match plan.builds {
        1 => "one process".to_string(),
        n => format!("{n} processes"),
    };
    let of = |table, what: String, entries, contenders: &[Contender]| {
        let title = format!(
            "{what}, {} entries; bytes per entry, {processes}",
            count(entries)
        );
        let rounds = plan.progress.begin(contenders.len());
        let measured = contenders.iter().map(|contender| {
            let name = subject_name(table, contender.name);
            let bytes = || memory::bytes(&name, entries).map(|bytes| bytes as f64 / entries as f64);
            let processes = (0..plan.builds).map(|_| bytes()).collect();
            rounds.next();
            (contender.name, processes)
        });
        let base = contenders.first().map(|contender| contender.name);
        Footprint::new(table, title, entries, base, measured.collect())
    };
    let large = format!("values of {LARGE} bytes");
    let fewer = (entries / FEWER).max(1);
    vec![
        of(
            pairs::TABLE,
            "u64 pairs".to_string(),
            entries,
            &pairs::CONTENDERS,
        ),
        of(values::TABLE, large, fewer, &values::CONTENDERS),
        log::measure(entries, plan),
    ]
}

/// All that can be asked for.
pub fn subject(name: &str) -> Option<Subject> {
    let of = |table, contenders: &[Contender]| {
        let mut contenders = contenders.iter();
        let contender = contenders.find(|contender| name == subject_name(table, contender.name))?;
        Some(contender.keep)
    };
    of(pairs::TABLE, &pairs::CONTENDERS)
        .or_else(|| of(values::TABLE, &values::CONTENDERS))
        .or_else(|| log::subject(name))
}

fn subject_name(table: &str, contender: &str) -> String {
    format!("{table}/{contender}")
}

/// Of one map, process by process.
type Processes = Result<Vec<f64>, String>;

impl Footprint {
    /// If there is a base, ratios are to the first row, process by process.
    pub fn new(
        table: &'static str,
        title: String,
        entries: usize,
        base: Option<&'static str>,
        measured: Vec<(&'static str, Processes)>,
    ) -> Self {
        let of_base = match measured.first() {
            Some((_, Ok(first))) if base.is_some() => first.clone(),
            _ => Vec::new(),
        };
        let outcome = |processes: Processes| match processes {
            Ok(processes) => Outcome::Measured {
                bytes_per_entry: Quartiles::of(&processes),
                to_base: (of_base.len() == processes.len())
                    .then(|| Quartiles::of_ratios(&processes, &of_base)),
                processes,
            },
            Err(reason) => Outcome::NotMeasured { reason },
        };
        let row = |(contender, processes)| Row {
            contender,
            outcome: outcome(processes),
        };
        Footprint {
            table,
            case: format!("memory/{table}/{}", count(entries)),
            title,
            entries,
            base,
            rows: measured.into_iter().map(row).collect(),
        }
    }

    /// A map that every table of this kind has.
    ///
    /// # Panics
    /// If this one has not: a target about it would go unchecked.
    pub fn row(&self, contender: &str) -> &Row {
        let row = self.rows.iter().find(|row| row.contender == contender);
        row.unwrap_or_else(|| panic!("{} without {contender}", self.case))
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut table = Table::default();
        let mut head = vec!["contender".to_string(), "bytes".to_string()];
        head.extend(self.base.map(|base| format!("× {base}")));
        table.row(head);
        for row in &self.rows {
            let mut cells = vec![row.contender.to_string()];
            match &row.outcome {
                Outcome::Measured {
                    bytes_per_entry,
                    to_base,
                    ..
                } => {
                    cells.push(format!("{:.1}", bytes_per_entry.median));
                    cells.extend(to_base.map(crate::report::spread));
                }
                Outcome::NotMeasured { reason } => cells.push(format!("not measured ({reason})")),
            }
            table.row(cells);
        }
        format!("{}: {}\n{}", self.case, self.title, table.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_to_the_first_row() {
        let failed = Err("no such thing".to_string());
        let measured = vec![
            ("bare", Ok(vec![10.0, 20.0])),
            ("ours", Ok(vec![20.0, 40.0])),
            ("peer", failed),
        ];
        let found = Footprint::new("pairs", "some".to_string(), 1_000, Some("bare"), measured);
        assert_eq!(
            found.text(),
            "memory/pairs/1k: some\n\
             contender                         bytes             × bare\n\
             bare                               15.0  1.00 [1.00, 1.00]\n\
             ours                               30.0  2.00 [2.00, 2.00]\n\
             peer       not measured (no such thing)\n"
        );
    }

    #[test]
    fn what_has_no_base_has_no_ratios() {
        let measured = vec![("ours", Ok(vec![-0.5])), ("evmap", Ok(vec![24.0]))];
        let found = Footprint::new("log", "kept".to_string(), 1_000, None, measured);
        let right = "memory/log/1k: kept\ncontender  bytes\nours        -0.5\nevmap       24.0\n";
        assert_eq!(found.text(), right);
    }

    #[test]
    fn every_map_can_be_built_by_its_name() {
        for (table, contenders) in [
            (pairs::TABLE, &pairs::CONTENDERS[..]),
            (values::TABLE, &values::CONTENDERS[..]),
        ] {
            for contender in contenders {
                let keep = subject(&subject_name(table, contender.name));
                // It looks itself whether all entries are there.
                drop(keep.expect(contender.name)(2_500));
            }
        }
        for name in ["log/ours, before", "log/evmap, after"] {
            drop(subject(name).expect(name)(2_500));
        }
        assert!(subject("pairs").is_none());
    }
}
