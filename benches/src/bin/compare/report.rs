//! [`Report`]: what is printed, and what goes into the JSON file.

use benches::stats::Quartiles;
use serde::Serialize;

use crate::case::{Case, Cell, Heading, ProcessorTime};
use crate::footprint::Footprint;
use crate::machine::Machine;
use crate::plan::Plan;
use crate::plot::Chart;
use crate::stall::Stall;
use crate::table::Table;
use crate::targets::{failure, verdicts};
use crate::verdict::Verdict;

/// Which fields the JSON file has: one more with each change that its readers must know of.
///
/// 2 brought the noise, and verdicts that are neither met nor missed.
/// 3 named what ratios are to (`base` and `ours`, and `to_base` in place of `to_bare`), and brought
/// the groups of many writers, and what a guard costs that is held forever.
/// 4 brought the growth of the array of words (`grow`), the table engines (`engines`) with the memory
/// of each row, and conditions that have fewer rounds than others.
/// 5 brought the variants of lookups, whose names follow the size (`1k/misses`), readers that all
/// threads share (`shared`), and readers beside a writer (`mixed`) with what they keep of their rates;
/// and a case of `write` that is no number of upserts (`idle-handles`).
/// 6 changed what many writers do (`many/visible`: half of the writes compute), and brought their
/// processor time, the threshold of each target, and a file of another kind, with `runs`, where there were
/// several processes.
/// 7 calls promises `targets`, their bar `threshold`, and one that is kept `met`.
/// `memory` came later and changed nothing else: it is absent unless it was measured.
pub const SCHEMA: u32 = 7;

/// Conditions side by side; further ones stand below.
const ABREAST: usize = 4;

/// Everything that a run has found out.
#[derive(Serialize)]
pub struct Report {
    schema: u32,
    machine: Machine,
    plan: Plan,
    cases: Vec<Case>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stall: Option<Stall>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    memory: Vec<Footprint>,
    targets: Vec<Verdict>,
}

impl Report {
    pub fn new(plan: &Plan) -> Self {
        Report {
            schema: SCHEMA,
            machine: Machine::describe(),
            plan: plan.clone(),
            cases: Vec::new(),
            stall: None,
            memory: Vec::new(),
            targets: Vec::new(),
        }
    }

    pub fn header(&self) -> String {
        let Plan {
            rounds,
            builds,
            slice,
            is_quick,
            ..
        } = &self.plan;
        let mut text = self.machine.text();
        text += &format!(
            "{rounds} rounds of slices of {slice:?}, maps built {builds} times; \
             ratios: median [lower quartile, upper quartile]\n"
        );
        if *is_quick {
            text += "a quick run: it shows that the program works, and no figure worth quoting\n";
        }
        text
    }

    /// Prints a table and keeps it.
    pub fn show(&mut self, case: Case) {
        print!("\n{}{}", text(&case), rounds(&case, self.plan.rounds));
        self.cases.push(case);
    }

    /// Prints the rest about guards that are held forever, and keeps it.
    pub fn show_stall(&mut self, stall: Stall) {
        print!("{}", stall.text());
        self.stall = Some(stall);
    }

    /// Prints what maps take in memory, and keeps it.
    pub fn show_footprint(&mut self, footprint: Footprint) {
        print!("\n{}", footprint.text());
        self.memory.push(footprint);
    }

    /// What there is to draw.
    pub fn charts(&self) -> impl Iterator<Item = Chart> {
        let of_cases = self.cases.iter();
        let of_memory = self.memory.iter();
        of_cases
            .map(|case| Chart::of_case(case, &self.plan))
            .chain(of_memory.filter_map(|table| Chart::of_footprint(table, &self.plan)))
    }

    /// Prints what became of the project's targets, of those that were measured: why a check of
    /// them fails, if it does.
    pub fn check(&mut self) -> Option<String> {
        self.targets = verdicts(&self.cases, self.stall.as_ref(), &self.memory);
        if !self.targets.is_empty() {
            println!("\ntargets");
            let mut table = Table::default();
            for verdict in &self.targets {
                table.row(verdict.cells());
            }
            print!("{}", table.text());
        }
        failure(self.targets.iter().map(|verdict| verdict.outcome))
    }
}

fn text(case: &Case) -> String {
    let Heading {
        operation,
        case: name,
        title,
        base,
        ours,
        conditions,
    } = &case.heading;
    let has_scaling = case.rows.iter().any(|row| row.scaling.is_some());
    let has_kept = case.rows.iter().any(|row| row.kept.is_some());
    let has_groups = case.cells().any(|cell| cell.group.is_some());
    let mut text = format!("{operation}/{name}: {title}\n");
    for first in (0..conditions.len()).step_by(ABREAST) {
        let part = first..(first + ABREAST).min(conditions.len());
        let is_last = part.end == conditions.len();
        let (has_scaling, has_kept) = (has_scaling && is_last, has_kept && is_last);
        let mut table = Table::default();
        let mut head = vec![String::new()];
        for condition in &conditions[part.clone()] {
            head.extend([condition, "", ""].map(String::from));
            head.extend(has_groups.then(String::new));
        }
        table.row(head);
        let mut head = vec!["contender".to_string()];
        for _ in part.clone() {
            head.extend(["ns".to_string(), format!("× {base}"), format!("× {ours}")]);
            head.extend(has_groups.then(|| "group".to_string()));
        }
        head.extend(has_scaling.then(|| "scaling".to_string()));
        head.extend(has_kept.then(|| "kept".to_string()));
        table.row(head);
        for row in &case.rows {
            let mut cells = vec![row.contender.to_string()];
            for part in &row.cells[part.clone()] {
                cells.extend(cell(part));
                cells.extend(has_groups.then(|| group(part)));
            }
            cells.extend(row.scaling.filter(|_| has_scaling).map(spread));
            cells.extend(row.kept.filter(|_| has_kept).map(spread));
            table.row(cells);
        }
        text += &table.text();
    }
    text += &processor_time(case);
    let conditions = conditions.iter().map(String::as_str);
    let noises = conditions.zip(case.noise.iter().copied());
    for (name, noise) in noises.chain(case.scaling_noise.map(|noise| ("scaling", noise))) {
        text += &format!("noise, {name}: the control is {}\n", noise.text());
    }
    text + &memory(case)
}

/// The processor time of each write, where that was measured.
fn processor_time(case: &Case) -> String {
    if case.cells().all(|cell| cell.processor_time.is_none()) {
        return String::new();
    }
    let mut table = Table::default();
    let mut head = vec![String::new()];
    for condition in &case.heading.conditions {
        head.extend([condition, ""].map(String::from));
    }
    table.row(head);
    let mut head = vec!["contender".to_string()];
    for _ in &case.heading.conditions {
        head.extend(["all threads", "writing"].map(String::from));
    }
    table.row(head);
    for row in &case.rows {
        let mut cells = vec![row.contender.to_string()];
        for cell in &row.cells {
            cells.extend(match cell.processor_time {
                Some(ProcessorTime {
                    all_threads,
                    writing_threads,
                }) => [all_threads, writing_threads].map(|part| time(part.median)),
                None => ["-", "-"].map(String::from),
            });
        }
        table.row(cells);
    }
    "processor time per write, in ns: of all threads of the process, and of the writing ones alone; \
     the difference is what other threads do for the writers, on another core if there is one\n"
        .to_string()
        + &table.text()
}

/// What the whole map takes, where that was measured.
fn memory(case: &Case) -> String {
    let rows = case.rows.iter();
    rows.filter_map(|row| Some((row.contender, row.memory.as_ref()?)))
        .map(|(name, memory)| {
            format!(
                "bytes per entry in both copies, {name}: {}\n",
                memory.text()
            )
        })
        .collect()
}

/// Under which conditions there were not as many rounds as usual.
fn rounds(case: &Case, usual: usize) -> String {
    let conditions = case.heading.conditions.iter().enumerate();
    conditions
        .map(|(number, condition)| (condition, case.rounds(number)))
        .filter(|&(_, rounds)| rounds != usual)
        .map(|(condition, rounds)| format!("rounds, {condition}: {rounds}\n"))
        .collect()
}

fn cell(cell: &Cell) -> [String; 3] {
    [
        time(cell.ns.median),
        spread(cell.to_base),
        ratio(cell.to_ours.median),
    ]
}

/// How many writes shared a publication, for those who count that.
fn group(cell: &Cell) -> String {
    cell.group
        .map_or_else(|| "-".to_string(), |group| ratio(group.median))
}

fn time(ns: f64) -> String {
    if ns < 99.95 {
        format!("{ns:.1}")
    } else {
        format!("{ns:.0}")
    }
}

/// A ratio, with as many digits as one can see.
pub fn ratio(value: f64) -> String {
    if value < 99.995 {
        format!("{value:.2}")
    } else {
        format!("{value:.0}")
    }
}

/// `median [lower, upper]`.
pub fn spread(quartiles: Quartiles) -> String {
    format!(
        "{} [{}, {}]",
        ratio(quartiles.median),
        ratio(quartiles.lower),
        ratio(quartiles.upper)
    )
}

/// A number as people write it: `100k`, `4M`.
pub fn count(number: usize) -> String {
    if number > 0 && number.is_multiple_of(1_000_000) {
        format!("{}M", number / 1_000_000)
    } else if number > 0 && number.is_multiple_of(1_000) {
        format!("{}k", number / 1_000)
    } else {
        number.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!(count(1_000), "1k");
        assert_eq!(count(4_000_000), "4M");
        assert_eq!(count(1_500), "1500");
        assert_eq!(time(7.26), "7.3");
        assert_eq!(time(15_037.2), "15037");
        assert_eq!(ratio(1.234), "1.23");
        assert_eq!(ratio(431.0), "431");
    }
}
