//! Rows of a CSV text with a header.

use csv::{ReaderBuilder, StringRecord};
use serde::Serializer as _;

use super::{Columns, Progress, Rejected, Table, Value, fault::Fault, fault::quote};

/// Adds the rows of `text`.
pub fn read(
    text: &str,
    columns: &Columns,
    table: &mut Table,
    progress: &mut Progress,
) -> Result<(), Fault> {
    // A row's length is checked here, for an error that can name the column.
    let mut reader = ReaderBuilder::new()
        .flexible(true)
        .from_reader(text.as_bytes());
    let header = reader.headers().map_err(unexpected)?.clone();
    if header.is_empty() {
        return Err(Fault::new(0, "the file is empty; a header was expected"));
    }
    let header_at = record_start(text, 0);
    if let Some(open) = locate(text, header_at).open_quote {
        return Err(never_closed(open));
    }
    let key = column(text, &header, header_at, &columns.key)?;
    let value = match &columns.value {
        Some(name) => Some(column(text, &header, header_at, name)?),
        None => {
            for name in &header {
                column(text, &header, header_at, name)?;
            }
            None
        }
    };

    let mut record = StringRecord::new();
    let mut json = Vec::new();
    let mut last = None;
    loop {
        let start = record_start(text, reader.position().byte() as usize);
        progress.reached(start);
        if !reader.read_record(&mut record).map_err(unexpected)? {
            break;
        }
        last = Some(start);
        if record.len() != header.len() {
            return Err(wrong_length(text, start, record.len(), header.len()));
        }
        json.clear();
        match value {
            Some(column) => write_text(&mut json, &record[column]),
            None => write_object(&mut json, &header, &record),
        }
        // A copy has no spare capacity; a value that took over a buffer would keep all of it.
        let value = Value::copy_from_slice(&json);
        table
            .add(&record[key], value, start)
            .map_err(|Rejected { message, earlier }| Fault {
                offset: locate(text, start).fields[key],
                message,
                earlier,
            })?;
    }
    match last {
        None => Err(Fault::new(text.len(), "the file has a header and no row")),
        // The reader takes the end of the text for the end of a quote: that is how a half-written file looks.
        Some(start) => match locate(text, start).open_quote {
            Some(open) => Err(never_closed(open)),
            None => Ok(()),
        },
    }
}

/// The index of the column of that name, which must stand once.
fn column(text: &str, header: &StringRecord, start: usize, name: &str) -> Result<usize, Fault> {
    let mut found = header
        .iter()
        .enumerate()
        .filter(|(_, candidate)| *candidate == name)
        .map(|(index, _)| index);
    match (found.next(), found.next()) {
        (Some(index), None) => Ok(index),
        (Some(_), Some(again)) => {
            let message = format!("the column {} stands twice", quote(name));
            Err(Fault::new(locate(text, start).fields[again], message))
        }
        (None, _) => {
            let names: Vec<_> = header.iter().map(quote).collect();
            let message = format!("no column {}; there are {}", quote(name), names.join(", "));
            Err(Fault::new(start, message))
        }
    }
}

fn wrong_length(text: &str, start: usize, found: usize, expected: usize) -> Fault {
    let row = locate(text, start);
    if let Some(open) = row.open_quote {
        return never_closed(open);
    }
    // Where the first field too many begins, or where the row ends too early.
    let offset = row.fields.get(expected).copied().unwrap_or(row.end);
    let fields = if found == 1 { "field" } else { "fields" };
    Fault::new(
        offset,
        format!("the row has {found} {fields}, the header {expected}"),
    )
}

fn never_closed(open: usize) -> Fault {
    Fault::new(open, "the quote that opens here is never closed")
}

/// Text from memory that is known to be UTF-8 cannot fail to be read.
fn unexpected(error: csv::Error) -> Fault {
    let offset = error.position().map_or(0, |at| at.byte() as usize);
    Fault::new(offset, error.to_string())
}

fn write_text(json: &mut Vec<u8>, field: &str) {
    serde_json::to_writer(json, field).expect("text is always JSON");
}

fn write_object(json: &mut Vec<u8>, header: &StringRecord, record: &StringRecord) {
    serde_json::Serializer::new(json)
        .collect_map(header.iter().zip(record))
        .expect("a map of texts is always JSON");
}

/// Where the fields of one record stand in the text.
struct Location {
    fields: Vec<usize>,
    end: usize,
    /// The last quote, if the text ends inside it.
    open_quote: Option<usize>,
}

/// The first byte of the record that the reader reads next: it skips empty lines, and the second half of a line break.
fn record_start(text: &str, position: usize) -> usize {
    let rest = text.as_bytes().get(position..).unwrap_or_default();
    let breaks = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    position + breaks.count()
}

/// Walks over the record at `start`. The reader keeps no places of fields, and they are wanted for errors only.
fn locate(text: &str, start: usize) -> Location {
    let mut location = Location {
        fields: vec![start],
        end: text.len(),
        open_quote: None,
    };
    let mut bytes = text.bytes().enumerate().skip(start).peekable();
    while let Some((at, byte)) = bytes.next() {
        let field_start = location.fields.last() == Some(&at);
        match byte {
            b',' => location.fields.push(at + 1),
            b'\r' | b'\n' => {
                location.end = at;
                break;
            }
            b'"' if field_start => {
                location.open_quote = Some(at);
                while let Some((_, byte)) = bytes.next() {
                    if byte == b'"' && bytes.next_if(|&(_, next)| next == b'"').is_none() {
                        location.open_quote = None;
                        break;
                    }
                }
            }
            _ => {}
        }
    }
    location
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Duplicates;

    #[test]
    fn values_take_no_more_memory_than_their_text() {
        for value in [Some("v".to_owned()), None] {
            let columns = Columns {
                key: "id".into(),
                value,
            };
            let mut table = Table::new(Duplicates::Last);
            let long = "x".repeat(300);
            let text = format!("id,v\na,1\nb,{long}\nc,\n");
            read(&text, &columns, &mut table, &mut Progress::silent()).expect("a table");
            assert_eq!(table.entries.len(), 3);
            for entry in table.entries.into_values() {
                let value = entry.value.try_into_mut().expect("nobody else has it");
                assert_eq!(value.capacity(), value.len());
            }
        }
    }

    #[test]
    fn fields_are_located_behind_quotes_and_line_breaks() {
        let text = "x\r\n\"a,\"\"\r\n\",b,,\"c\"d\r\ny";
        let start = record_start(text, 1);
        assert_eq!(start, 3);
        let row = locate(text, start);
        let starts: Vec<_> = row.fields.iter().map(|&at| &text[at..at + 1]).collect();
        assert_eq!(starts, ["\"", "b", ",", "\""]);
        assert_eq!(&text[row.end..], "\r\ny");
        assert_eq!(row.open_quote, None);
    }

    #[test]
    fn an_open_quote_is_found() {
        assert_eq!(locate("a,\"b\"\"", 0).open_quote, Some(2));
        assert_eq!(locate("a,b\"", 0).open_quote, None);
        assert_eq!(locate("a,\"b\"", 0).open_quote, None);
    }
}
