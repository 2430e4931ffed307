//! [`Verdict`]: what the project promises, held against what was measured.

use serde::Serialize;

use crate::case::Case;
use crate::{read, write};

/// One promise and what became of it.
#[derive(Serialize)]
pub struct Verdict {
    /// Where.
    pub case: String,
    /// What was promised.
    pub promise: String,
    /// The median that decides.
    pub measured: f64,
    /// Whether it is kept.
    pub is_kept: bool,
}

impl Verdict {
    fn at_most(case: &Case, promise: String, measured: f64, limit: f64) -> Self {
        Self::new(case, promise, measured, measured <= limit)
    }

    fn at_least(case: &Case, promise: String, measured: f64, limit: f64) -> Self {
        Self::new(case, promise, measured, measured >= limit)
    }

    fn new(case: &Case, promise: String, measured: f64, is_kept: bool) -> Self {
        Verdict {
            case: format!("{}/{}", case.operation, case.case),
            promise,
            measured,
            is_kept,
        }
    }

    /// For people: verdict, promise, figure.
    pub fn cells(&self) -> [String; 3] {
        let word = if self.is_kept { "kept  " } else { "MISSED" };
        [
            format!("{word}  {}: {}", self.case, self.promise),
            String::new(),
            format!("{:.2}", self.measured),
        ]
    }
}

/// What the cases say about the promises that they bear on.
pub fn verdicts(cases: &[Case]) -> Vec<Verdict> {
    cases
        .iter()
        .flat_map(|case| match (case.operation, case.case.as_str()) {
            ("read", size @ ("1k" | "100k" | "4M")) => read_verdicts(case, size),
            ("write", "10k") => write_verdicts(case),
            _ => Vec::new(),
        })
        .collect()
}

fn read_verdicts(case: &Case, size: &str) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    if let Some(ours) = case.row(read::OURS) {
        let promise = "a lookup costs at most 1.6 times bare".to_string();
        let measured = ours.cells[0].to_bare.median;
        verdicts.push(Verdict::at_most(case, promise, measured, 1.6));
        if let Some(scaling) = ours.scaling {
            let promise = "two threads scale at least 0.95 times as well as bare".to_string();
            verdicts.push(Verdict::at_least(case, promise, scaling.median, 0.95));
        }
    }
    let far = if size == "4M" { 1.5 } else { 2.0 };
    for (peer, factor) in [
        ("evmap", far),
        ("papaya", far),
        ("arc-swap load", 1.2),
        ("dashmap", 1.2),
        ("parking_lot", 1.2),
        ("std RwLock", 1.2),
    ] {
        if let Some(row) = case.row(peer) {
            let promise = format!("at least {factor} times as fast as {peer}");
            let measured = row.cells[0].to_ours.median;
            verdicts.push(Verdict::at_least(case, promise, measured, factor));
        }
    }
    verdicts
}

fn write_verdicts(case: &Case) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for peer in ["evmap", "dashmap"] {
        let Some(row) = case.row(peer) else { continue };
        for (cell, condition) in row.cells.iter().zip(case.conditions) {
            let promise = format!("{}, {condition}: no dearer than {peer}", write::OURS);
            verdicts.push(Verdict::at_least(case, promise, cell.to_ours.median, 1.0));
        }
    }
    verdicts
}
