//! What a log keeps of a large batch: each entry is written once more, all in one refresh.
//!
//! As much memory as that takes in the log is in use once; the figure is what is left of it after two
//! empty refreshes, beyond what the same map takes that was never written in one batch.

use benches::value_of;

use super::pairs::{evmap_pair, ours_pair};
use super::{Footprint, subject_name};
use crate::memory::{self, Subject};
use crate::plan::Plan;
use crate::report::count;

const TABLE: &str = "log";

/// A map, and the same after a large batch.
struct Entrant {
    name: &'static str,
    before: Subject,
    after: Subject,
}

const ENTRANTS: [Entrant; 2] = [
    Entrant {
        name: "ours",
        before: |entries| Box::new(ours_pair(entries)),
        after: |entries| {
            let (mut writer, reader) = ours_pair(entries);
            writer.extend((0..entries as u64).map(|key| (key, value_of(key))));
            for _ in 0..3 {
                writer.refresh();
            }
            Box::new((writer, reader))
        },
    },
    Entrant {
        name: "evmap",
        before: |entries| Box::new(evmap_pair(entries)),
        after: |entries| {
            let (mut writer, reader) = evmap_pair(entries);
            for key in 0..entries as u64 {
                writer.update(key, value_of(key));
            }
            for _ in 0..3 {
                writer.publish();
            }
            Box::new((writer, reader))
        },
    },
];

pub(super) fn measure(entries: usize, plan: &Plan) -> Footprint {
    let left = |entrant: &Entrant| {
        let [before, after] = ["before", "after"].map(|when| {
            let bytes = memory::bytes(&name_of(entrant, when), entries)?;
            Ok::<_, String>(bytes as f64)
        });
        Ok((after? - before?) / entries as f64)
    };
    let measured = ENTRANTS.iter().map(|entrant| {
        let processes = (0..plan.builds).map(|_| left(entrant));
        (entrant.name, processes.collect())
    });
    let title = format!(
        "{} upserts in one refresh: bytes that stay for each, two empty refreshes later",
        count(entries)
    );
    Footprint::new(TABLE, title, entries, None, measured.collect())
}

pub(super) fn subject(name: &str) -> Option<Subject> {
    ENTRANTS.iter().find_map(|entrant| {
        let subjects = [("before", entrant.before), ("after", entrant.after)];
        let mut subjects = subjects.into_iter();
        let found = subjects.find(|(when, _)| name == name_of(entrant, when));
        found.map(|(_, subject)| subject)
    })
}

fn name_of(entrant: &Entrant, when: &str) -> String {
    subject_name(TABLE, &format!("{}, {when}", entrant.name))
}
