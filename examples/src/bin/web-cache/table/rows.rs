//! What a file said when it was last read, so that the next reading can be told from it.
//!
//! The file is compared with itself, not with what is served: a row that clients have written over is no change of the
//! file's.

use std::collections::HashMap;

use super::{Key, Table, Value};

/// The file's rows as they were last read. They share their texts with what is served, so they cost little more than
/// their keys' places.
#[derive(Debug, Default)]
pub struct Rows(HashMap<Key, Value>);

/// What a file says otherwise than before.
#[derive(Debug, Default)]
pub struct Changes {
    /// New rows, and rows whose value is another one.
    pub set: Vec<(Key, Value)>,
    /// Keys that have no row any more.
    pub removed: Vec<Key>,
}

impl Rows {
    /// Takes what the file says now, and tells how that differs.
    pub fn update(&mut self, table: Table) -> Changes {
        let mut changes = Changes::default();
        let Rows(rows) = self;
        rows.retain(|key, _| {
            let stays = table.entries.contains_key(key);
            if !stays {
                changes.removed.push(key.clone());
            }
            stays
        });
        for (key, value) in table.into_values() {
            // A row that has not changed keeps its old text, which is the one that is served.
            if rows.get(&key) != Some(&value) {
                rows.insert(key.clone(), value.clone());
                changes.set.push((key, value));
            }
        }
        changes
    }
}

impl Changes {
    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.removed.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Duplicates;

    fn table(duplicates: Duplicates, rows: &[(&str, &'static str)]) -> Table {
        let mut table = Table::new(duplicates);
        for (offset, &(key, value)) in rows.iter().enumerate() {
            let added = table.add(key, Value::from_static(value.as_bytes()), offset);
            assert!(added.is_ok());
        }
        table
    }

    fn last(rows: &[(&str, &'static str)]) -> Table {
        table(Duplicates::Last, rows)
    }

    #[test]
    fn only_what_differs_from_the_last_reading_is_a_change() {
        let mut rows = Rows::default();
        let changes = rows.update(last(&[("a", "1"), ("b", "2"), ("c", "3")]));
        assert_eq!((changes.set.len(), changes.removed.len()), (3, 0));
        assert!(
            rows.update(last(&[("c", "3"), ("a", "1"), ("b", "2")]))
                .is_empty()
        );
        let mut changes = rows.update(last(&[("a", "1"), ("b", "20"), ("d", "4")]));
        changes.set.sort();
        let set: Vec<_> = changes.set.iter().map(|(k, v)| (&**k, &**v)).collect();
        assert_eq!(set, [("b", &b"20"[..]), ("d", b"4")]);
        assert_eq!(changes.removed, ["c".into()]);
        // A row that went and comes back is a new one.
        let changes = rows.update(last(&[("c", "3")]));
        assert_eq!((changes.set.len(), changes.removed.len()), (1, 3));
    }

    #[test]
    fn all_rows_of_a_key_are_one_array_without_spare_capacity() {
        let all = [("a", "1"), ("b", "{}"), ("a", "\"x\"")];
        let changes = Rows::default().update(table(Duplicates::All, &all));
        let found: HashMap<_, _> = changes.set.into_iter().collect();
        assert_eq!(found["a"], r#"[1,"x"]"#);
        assert_eq!(found["b"], "[{}]");
        for array in found.into_values() {
            let array = array.try_into_mut().expect("nobody else has it");
            assert_eq!(array.capacity(), array.len());
        }
    }
}
