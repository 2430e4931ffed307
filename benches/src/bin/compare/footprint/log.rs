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
struct Contender {
    name: &'static str,
    before: Subject,
    after: Subject,
}

const CONTENDERS: [Contender; 2] = [
    Contender {
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
    Contender {
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
    let left = |contender: &Contender| {
        let [before, after] = ["before", "after"].map(|when| {
            let bytes = memory::bytes(&name_of(contender, when), entries)?;
            Ok::<_, String>(bytes as f64)
        });
        Ok((after? - before?) / entries as f64)
    };
    let measured = CONTENDERS.iter().map(|contender| {
        let processes = (0..plan.builds).map(|_| left(contender));
        (contender.name, processes.collect())
    });
    let title = format!(
        "{} upserts in one refresh: bytes that stay for each, two empty refreshes later",
        count(entries)
    );
    Footprint::new(TABLE, title, entries, None, measured.collect())
}

pub(super) fn subject(name: &str) -> Option<Subject> {
    CONTENDERS.iter().find_map(|contender| {
        let subjects = [("before", contender.before), ("after", contender.after)];
        let mut subjects = subjects.into_iter();
        let found = subjects.find(|(when, _)| name == name_of(contender, when));
        found.map(|(_, subject)| subject)
    })
}

fn name_of(contender: &Contender, when: &str) -> String {
    subject_name(TABLE, &format!("{}, {when}", contender.name))
}
