//! What is wrong with a source, and where.

use std::{error::Error, fmt, io, path::Path};

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
pub enum TableError {
    /// The file could not be read: this may pass although nobody touches the file.
    Unreadable(String),
    /// What was read is not a complete table: only an edit can repair that.
    Invalid(String),
}

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
        let file = name_of(file);
        TableError::Invalid(match earlier {
            None => format!("{file}:{line}:{column}: {message}"),
            Some(earlier) => {
                let (earlier, _) = place_of(text, earlier);
                format!("{file}:{line}:{column}: {message}, first on line {earlier}")
            }
        })
    }
}

impl TableError {
    pub fn unreadable(file: &Path, error: &io::Error) -> Self {
        TableError::Unreadable(format!("{}: {error}", name_of(file)))
    }
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TableError::Unreadable(line) | TableError::Invalid(line) => f.write_str(line),
        }
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

/// A file's name as it stands in a message of one line.
pub fn name_of(file: &Path) -> String {
    one_line(&file.display().to_string())
}

/// The text with its control characters escaped: a name may hold line breaks.
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    line
}

/// The line and column of a byte, both from 1; columns count characters.
///
/// A line ends with `\n`, with `\r\n`, or with a `\r` alone, as a row of CSV does.
fn place_of(text: &[u8], offset: usize) -> (usize, usize) {
    let before = &text[..offset.min(text.len())];
    let mut line = 1;
    let mut line_start = 0;
    for (at, &byte) in before.iter().enumerate() {
        if byte == b'\n' || (byte == b'\r' && text.get(at + 1) != Some(&b'\n')) {
            line += 1;
            line_start = at + 1;
        }
    }
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
    fn a_lone_carriage_return_ends_a_line_and_half_a_line_break_does_not() {
        let text = b"a\rb\r\rc\r\nd";
        let places: Vec<_> = (0..text.len()).map(|at| place_of(text, at)).collect();
        let expected = [
            (1, 1),
            (1, 2),
            (2, 1),
            (2, 2),
            (3, 1),
            (4, 1),
            (4, 2),
            (4, 3),
            (5, 1),
        ];
        assert_eq!(places, expected);
    }

    #[test]
    fn a_name_with_line_breaks_stays_on_one_line() {
        assert_eq!(
            name_of(Path::new("a\nb\r\u{1b} ä.csv")),
            "a\\nb\\r\\u{1b} ä.csv"
        );
    }

    #[test]
    fn a_quoted_text_stays_on_one_line() {
        assert_eq!(quote("a\nb"), r#""a\nb""#);
        assert_eq!(quote(&"ä".repeat(61)), format!("\"{}\"...", "ä".repeat(60)));
    }
}
