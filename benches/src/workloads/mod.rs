//! The measurements: each in a file of its own, with its arguments, its names, and what it times.

pub mod blocked;
pub mod cache;
pub mod engines;
pub mod field;
pub mod filled;
pub mod growth;
mod guard;
pub mod idle;
mod lookups;
pub mod many;
pub mod memory;
pub mod mixed;
pub mod peer;
pub mod read;
pub mod shared;
pub mod stall;
pub mod words;
pub mod write;

use crate::contenders::{ALL, Contender};
use crate::paired::{CONTROL, Case, Plan, count};

/// A measurement, by its arguments.
pub trait Workload {
    /// Measures, and shows each table when it is complete.
    fn measure(&self, plan: &Plan, show: &mut dyn FnMut(Case));
}

/// The base, a control made like it, and every other contender that can; each built anew.
fn rows<T>(base: &Contender, can: impl Fn(&Contender) -> Option<T>) -> Vec<(&'static str, T)> {
    let bases = [base.name, CONTROL]
        .into_iter()
        .filter_map(|name| Some((name, can(base)?)));
    let others = ALL.iter().filter(|contender| contender.name != base.name);
    let others = others.filter_map(|contender| Some((contender.name, can(contender)?)));
    bases.chain(others).collect()
}

/// What fits the memory of a usual machine in every contender.
const MOST: usize = 200_000_000;

/// A number such as `100k` or `4M`, within these bounds.
///
/// # Errors
/// Says what the bounds are.
pub fn number<const LEAST: usize, const MOST: usize>(text: &str) -> Result<usize, String> {
    let units = [('k', 1_000), ('M', 1_000_000)];
    let with_unit = units
        .iter()
        .find_map(|&(name, unit)| Some((text.strip_suffix(name)?, unit)));
    let (digits, unit) = with_unit.unwrap_or((text, 1));
    let number: usize = digits.parse().map_err(|_| "not a number".to_string())?;
    let number = number
        .checked_mul(unit)
        .filter(|number| (LEAST..=MOST).contains(number));
    number.ok_or_else(|| format!("must lie between {} and {}", count(LEAST), count(MOST)))
}

/// As a condition: `1 thread`, `2 threads`.
fn in_threads(threads: &usize) -> String {
    format!("{threads} thread{}", if *threads == 1 { "" } else { "s" })
}

/// What was chosen, each once, or what is usual.
fn or<T: Clone + PartialEq>(chosen: &[T], usual: &[T]) -> Vec<T> {
    let mut all = Vec::new();
    for one in if chosen.is_empty() { usual } else { chosen } {
        if !all.contains(one) {
            all.push(one.clone());
        }
    }
    all
}
