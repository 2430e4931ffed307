//! [`Report`]: what is printed, and what goes into the JSON file.

use std::collections::BTreeMap;
use std::{env, fs, thread};

use serde::Serialize;
use serde_json::Value;

use super::case::Case;
use super::plan::Plan;
use super::text::{aligned, table};
use super::verdict::{Outcome, Target, Verdict, failure};

/// Which fields the JSON file has: one more with each change that its readers must know of.
///
/// 8 has one shape for all tables, in `cases`: also for memory, for what has no ratios, and for several processes.
pub const SCHEMA: u32 = 8;

/// Everything that a run has found out.
#[derive(Serialize)]
pub struct Report {
    schema: u32,
    /// What a figure cannot be understood without.
    machine: BTreeMap<&'static str, String>,
    plan: Plan,
    /// The tables.
    pub cases: Vec<Case>,
    targets: Vec<Verdict>,
    /// What each process has written, where there were several.
    pub runs: Vec<Value>,
}

impl Report {
    /// Prints the machine and the plan; `known` is one more line about the machine.
    pub fn begin(plan: &Plan, known: (&'static str, String)) -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let machine = BTreeMap::from([
            ("processor", processor()),
            ("cores", cores.to_string()),
            ("kernel", first_word("/proc/sys/kernel/osrelease")),
            ("compiler", env!("BENCHES_RUSTC").to_string()),
            ("load before the run", first_word("/proc/loadavg")),
            known,
        ]);
        machine
            .iter()
            .for_each(|(what, value)| println!("{what}: {value}"));
        let Plan {
            rounds,
            builds,
            slice,
            ..
        } = plan;
        println!(
            "{rounds} rounds of slices of {slice:?}, maps built {builds} times; ratios: median [quartiles]"
        );
        if plan.is_quick {
            println!("a quick run: it shows that the program works, and no figure worth quoting");
        }
        Report {
            schema: SCHEMA,
            machine,
            plan: plan.clone(),
            cases: Vec::new(),
            targets: Vec::new(),
            runs: Vec::new(),
        }
    }

    /// Prints a table and keeps it.
    pub fn show(&mut self, case: Case) {
        print!("\n{}", table(&case, self.plan.rounds));
        self.cases.push(case);
    }

    /// Prints what became of those targets that were measured. Returns why a check of them fails, if it does.
    pub fn check(&mut self, targets: &[Target]) -> Option<String> {
        let verdicts = self
            .cases
            .iter()
            .flat_map(|case| targets.iter().flat_map(|target| target.verdicts(case)));
        self.targets = verdicts.collect();
        if !self.targets.is_empty() {
            let lines: Vec<_> = self.targets.iter().map(Verdict::cells).collect();
            print!("\ntargets\n{}", aligned(&lines));
        }
        let outcomes: Vec<Outcome> = self.targets.iter().map(|verdict| verdict.outcome).collect();
        failure(&outcomes)
    }
}

fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    let model = lines.find(|(key, _)| key.trim() == "model name");
    model
        .map_or(env::consts::ARCH, |(_, name)| name.trim())
        .to_string()
}

fn first_word(path: &str) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.split_whitespace()
        .next()
        .unwrap_or("unknown")
        .to_string()
}
