//! What is wrong with a source, and where.

use std::{error::Error, fmt, path::Path};

/// A fault in a text, at a byte of it.
#[derive(Debug)]
pub struct Fault {
    pub offset: usize,
    pub message: String,
    /// A place in the text that belongs to it.
    pub earlier: Option<usize>,
}

/// Why a source gave no table: one line that names the file, and the line and column if the fault has a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableError(String);

impl Fault {
    pub fn new(offset: usize, message: impl Into<String>) -> Self {
        Fault {
            offset,
            message: message.into(),
            earlier: None,
        }
    }

    pub fn in_text(self, text: &[u8], file: &Path) -> TableError {
        let Fault {
            offset,
            message,
            earlier,
        } = self;
        let (line, column) = place_of(text, offset);
        let file = file.display();
        TableError(match earlier {
            None => format!("{file}:{line}:{column}: {message}"),
            Some(earlier) => {
                let (earlier, _) = place_of(text, earlier);
                format!("{file}:{line}:{column}: {message}, first on line {earlier}")
            }
        })
    }
}

impl TableError {
    /// A fault of the whole file.
    pub fn of_file(file: &Path, message: impl fmt::Display) -> Self {
        TableError(format!("{}: {message}", file.display()))
    }
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for TableError {}

/// The line of a byte, from 1.
pub fn line_of(text: &str, offset: usize) -> usize {
    place_of(text.as_bytes(), offset).0
}

/// The text as it stands in a message of one line: escaped, and cut if it is long.
pub fn quote(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?}...", &text[..end]),
    }
}

/// The line and column of a byte, both from 1; columns count characters.
fn place_of(text: &[u8], offset: usize) -> (usize, usize) {
    let before = &text[..offset.min(text.len())];
    let line_start = before
        .iter()
        .rposition(|&byte| byte == b'\n')
        .map_or(0, |newline| newline + 1);
    let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
    // A UTF-8 character has one byte that is no continuation byte.
    let characters = before[line_start..]
        .iter()
        .filter(|&&byte| byte & 0xC0 != 0x80)
        .count();
    (line, characters + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_lines_and_characters_from_one() {
        let text = "a,b\nä,ö\r\n".as_bytes();
        assert_eq!(place_of(text, 0), (1, 1));
        assert_eq!(place_of(text, 2), (1, 3));
        assert_eq!(place_of(text, 4), (2, 1));
        assert_eq!(place_of(text, 7), (2, 3));
        assert_eq!(place_of(text, text.len()), (3, 1));
        assert_eq!(place_of(text, 1000), (3, 1));
    }

    #[test]
    fn a_quoted_text_stays_on_one_line() {
        assert_eq!(quote("a\nb"), r#""a\nb""#);
        assert_eq!(quote(&"ä".repeat(61)), format!("\"{}\"...", "ä".repeat(60)));
    }
}
