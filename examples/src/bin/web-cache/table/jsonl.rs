//! Rows of a JSON Lines text: one object a line.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    fmt,
};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Columns, Progress, Rejected, Table, Value, fault::Fault, fault::quote};

/// The fields of one object.
#[derive(Default)]
struct Row<'a> {
    cells: BTreeMap<String, &'a RawValue>,
    /// A field that the object has already, and its second value: which of them is meant cannot be known.
    again: Option<(String, &'a RawValue)>,
}

/// Adds the rows of `text`. Values are kept exactly as they are written.
pub fn read(
    text: &str,
    columns: &Columns,
    table: &mut Table,
    progress: &mut Progress,
) -> Result<(), Fault> {
    let mut line_start = 0;
    let mut any = false;
    for line in text.split_inclusive('\n') {
        let row = line.trim_ascii();
        let start = line_start + (line.len() - line.trim_ascii_start().len());
        line_start += line.len();
        progress.reached(line_start);
        if row.is_empty() {
            continue;
        }
        any = true;
        add(row, start, columns, table)?;
    }
    if any {
        Ok(())
    } else {
        Err(Fault::new(0, "the file is empty"))
    }
}

/// Adds the row that begins at `start`.
fn add(row: &str, start: usize, columns: &Columns, table: &mut Table) -> Result<(), Fault> {
    let Row { cells, again } = serde_json::from_str(row).map_err(|error| syntax(start, &error))?;
    if let Some((name, value)) = again {
        let message = format!("the column {} stands here again", quote(&name));
        return Err(Fault::new(start + offset_in(row, value), message));
    }
    let key = cell(&cells, &columns.key, start)?;
    let offset = start + offset_in(row, key);
    let name = key_text(key, offset)?;
    let value = match &columns.value {
        Some(column) => cell(&cells, column, start)?.get(),
        None => row,
    };
    table
        .add(&name, Value::copy_from_slice(value.as_bytes()), start)
        .map_err(|Rejected { message, earlier }| Fault {
            offset,
            message,
            earlier,
        })
}

fn cell<'a>(
    cells: &BTreeMap<String, &'a RawValue>,
    column: &str,
    start: usize,
) -> Result<&'a RawValue, Fault> {
    cells.get(column).copied().ok_or_else(|| {
        let names: Vec<_> = cells.keys().map(|name| quote(name)).collect();
        let message = format!(
            "no column {}; there are {}",
            quote(column),
            names.join(", ")
        );
        Fault::new(start, message)
    })
}

/// The key that stands at `offset`: a text's content; a number or a truth value as it is written.
fn key_text(key: &RawValue, offset: usize) -> Result<String, Fault> {
    match key.get().as_bytes()[0] {
        b'"' => serde_json::from_str(key.get()).map_err(|error| syntax(offset, &error)),
        b'{' | b'[' | b'n' => {
            let message = format!("{} is no key", quote(key.get()));
            Err(Fault::new(offset, message))
        }
        _ => Ok(key.get().into()),
    }
}

/// Where a cell stands in the row that it was read from.
fn offset_in(row: &str, cell: &RawValue) -> usize {
    cell.get().as_ptr().addr() - row.as_ptr().addr()
}

/// What is wrong with the JSON text that begins at `start`.
fn syntax(start: usize, error: &serde_json::Error) -> Fault {
    let message = error.to_string();
    // Its own place counts from the text's beginning.
    let message = match message.rfind(" at line ") {
        Some(end) => &message[..end],
        None => &message,
    };
    // JSON that is no object is wrong from its beginning, wherever that was noticed.
    let within = if error.is_data() {
        0
    } else {
        error.column().saturating_sub(1)
    };
    Fault::new(start + within, message)
}

impl<'de> Deserialize<'de> for Row<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = Row<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Row<'de>, A::Error> {
                let mut row = Row::default();
                while let Some((name, value)) = fields.next_entry::<String, &RawValue>()? {
                    match row.cells.entry(name) {
                        Entry::Vacant(cell) => {
                            cell.insert(value);
                        }
                        Entry::Occupied(cell) => {
                            row.again.get_or_insert((cell.key().clone(), value));
                        }
                    }
                }
                Ok(row)
            }
        }

        deserializer.deserialize_map(Fields)
    }
}
