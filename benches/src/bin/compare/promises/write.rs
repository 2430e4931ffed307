//! What is promised of an upsert.

use crate::case::Case;
use crate::verdict::{Bar, Circumstances, Verdict};
use crate::write;

pub fn verdicts(case: &Case) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for peer in ["evmap", "dashmap"] {
        for (number, condition) in case.heading.conditions.iter().enumerate() {
            let promise = format!("{}, {condition}: no dearer than {peer}", write::OURS);
            let measured = case.row(peer).cells[number].to_ours;
            let with = Circumstances::of(case, number);
            verdicts.push(Verdict::new(
                case.name(),
                promise,
                measured,
                Bar::AtLeast(1.0),
                with,
            ));
        }
    }
    verdicts
}
