//! Rows of a JSON Lines text: one object a line.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::{Columns, Progress, Rejected, Table, Value, fault::Fault, fault::quote};

type Row<'a> = BTreeMap<String, &'a RawValue>;

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
    let cells: Row = serde_json::from_str(row).map_err(|error| syntax(start, &error))?;
    let key = cell(&cells, &columns.key, start)?;
    let offset = start + offset_in(row, key);
    let name = key_text(key).map_err(|message| Fault::new(offset, message))?;
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

fn cell<'a>(cells: &Row<'a>, column: &str, start: usize) -> Result<&'a RawValue, Fault> {
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

/// A text's content; a number or a truth value as it is written.
fn key_text(key: &RawValue) -> Result<String, String> {
    match key.get().as_bytes()[0] {
        b'"' => serde_json::from_str(key.get()).map_err(|error| error.to_string()),
        b'{' | b'[' | b'n' => Err(format!("{} is no key", quote(key.get()))),
        _ => Ok(key.get().into()),
    }
}

/// Where a cell stands in the row that it was read from.
fn offset_in(row: &str, cell: &RawValue) -> usize {
    cell.get().as_ptr().addr() - row.as_ptr().addr()
}

fn syntax(start: usize, error: &serde_json::Error) -> Fault {
    let message = error.to_string();
    // Its own place counts from the row.
    let message = match message.rfind(" at line ") {
        Some(end) => &message[..end],
        None => &message,
    };
    Fault::new(start + error.column().saturating_sub(1), message)
}
