//! [`Row`]: one engine, and all that it is measured by.

use std::any::Any;

use benches::contender::Hasher;
use evmap_core::table::{Engine, Incremental, RobinHood, Swiss};

use super::held::{self, Ask};
use crate::case::Figure;
use crate::course::Course;
use crate::kind::{Kind, Number, Text};
use crate::memory::Subject;
use crate::name;

/// An engine under a name.
pub struct Row<K: Kind> {
    pub name: &'static str,
    /// Whether a growth goes on after the insertion that began it.
    pub grows_later: bool,
    pub settled: fn(u64, &Hasher) -> Box<dyn Ask<K>>,
    pub just_grown: fn(usize, &Hasher) -> Box<dyn Ask<K>>,
    pub run: fn(Course, &Hasher) -> Vec<Figure>,
    /// For the measurement of memory.
    keep: Subject,
}

/// The rows of a table.
pub fn rows<K: Kind>() -> [Row<K>; 4] {
    [
        row::<K, Swiss>(name::SWISS, false),
        row::<K, Swiss>(name::CONTROL, false),
        row::<K, Incremental>(name::INCREMENTAL, true),
        row::<K, RobinHood>(name::ROBIN_HOOD, false),
    ]
}

fn row<K: Kind, E: Engine>(name: &'static str, grows_later: bool) -> Row<K> {
    Row {
        name,
        grows_later,
        settled: |entries, hasher| Box::new(held::settled::<K, E>(entries, hasher)),
        just_grown: |capacity, hasher| Box::new(held::just_grown::<K, E>(capacity, hasher)),
        run: |course, hasher| course.run::<K, E>(hasher),
        keep: |entries| {
            let map = held::settled::<K, E>(entries as u64, &Hasher::default());
            Box::new(map) as Box<dyn Any>
        },
    }
}

impl<K: Kind> Row<K> {
    /// What its map is called where memory is measured.
    pub fn subject_name(&self) -> String {
        format!("engines/{}/{}", K::NAME, self.name)
    }
}

/// The map that is called so where memory is measured.
pub fn subject(name: &str) -> Option<Subject> {
    fn of<K: Kind>(name: &str) -> Option<Subject> {
        let rows = rows::<K>();
        let row = rows.iter().find(|row| row.subject_name() == name)?;
        Some(row.keep)
    }
    of::<Number>(name).or_else(|| of::<Text>(name))
}
