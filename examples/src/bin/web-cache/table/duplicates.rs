//! Keys that stand in more than one row.

use clap::ValueEnum;

use super::{Key, fault::line_of, fault::quote};

/// What to do with the rows of such a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Duplicates {
    /// Serve the first row
    First,
    /// Serve the last row
    Last,
    /// Refuse the table
    Error,
    /// Serve all rows
    All,
}

/// The rows that one policy left out.
#[derive(Debug)]
pub struct Repeats {
    keys: usize,
    rows: usize,
    first_key: Key,
    /// Where the first repeated key's first two rows begin.
    first_rows: [usize; 2],
}

impl Repeats {
    /// Of no row yet; the first will be that of `key` at `again`.
    pub fn new(key: &str, earlier: usize, again: usize) -> Self {
        Repeats {
            keys: 0,
            rows: 0,
            first_key: key.into(),
            first_rows: [earlier, again],
        }
    }

    pub fn count(&mut self, new_key: bool) {
        self.rows += 1;
        self.keys += usize::from(new_key);
    }

    /// One line for the log.
    pub fn describe(&self, text: &str, policy: Duplicates) -> String {
        let wins = match policy {
            Duplicates::First => "first",
            _ => "last",
        };
        let [first, again] = self.first_rows.map(|offset| line_of(text, offset));
        format!(
            "{} {} in more than one row, the {wins} row of each is served and {} left out; \
             the first is {} on line {first} and again on line {again}",
            self.keys,
            if self.keys == 1 {
                "key stands"
            } else {
                "keys stand"
            },
            if self.rows == 1 {
                "1 row is".into()
            } else {
                format!("{} rows are", self.rows)
            },
            quote(&self.first_key),
        )
    }
}
