//! Where a table comes from.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    thread,
    time::{Duration, SystemTime},
};

use super::{
    Columns, Duplicates, Progress, Stamp, Table, csv,
    fault::{Fault, TableError},
    jsonl,
};

/// Served when no file is named. Country codes do not change often enough to be followed.
const SHIPPED: &[u8] = include_bytes!("../../../../data/countries.csv");
const SHIPPED_NAME: &str = "countries.csv";

/// How often a file is read again that changed while it was read, and how long to wait before.
const ATTEMPTS: usize = 5;
const PAUSE: Duration = Duration::from_millis(20);

#[derive(Debug)]
pub struct Source {
    /// The shipped table if there is none.
    file: Option<PathBuf>,
    columns: Columns,
    duplicates: Duplicates,
}

#[derive(Debug)]
pub struct Loaded {
    pub table: Table,
    /// One line about what was left out of it.
    pub warning: Option<String>,
    /// The state of the file that was read.
    pub stamp: Option<Stamp>,
    /// When reading began.
    pub read_at: SystemTime,
    pub ending: Ending,
}

/// How a text ends, which tells a program that ends every line from one whose last line may lack its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    LineBreak,
    /// In the midst of a line, for all that can be known.
    Open,
}

impl Source {
    pub fn new(file: Option<PathBuf>, columns: Columns, duplicates: Duplicates) -> Self {
        Source {
            file,
            columns,
            duplicates,
        }
    }

    /// The file to follow.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    pub fn name(&self) -> String {
        match &self.file {
            Some(file) => file.display().to_string(),
            None => format!("{SHIPPED_NAME} (shipped)"),
        }
    }

    /// Reads the whole table; if `before` was the last good table's ending, at least as much is asked of this one.
    ///
    /// # Errors
    /// The source cannot be read, or is not wholly a table.
    pub fn load(
        &self,
        before: Option<Ending>,
        progress: &mut Progress,
    ) -> Result<Loaded, TableError> {
        let Some(file) = &self.file else {
            return self.parse(SHIPPED, Path::new(SHIPPED_NAME), before, progress);
        };
        let read_at = SystemTime::now();
        let (bytes, stamp) =
            read_at_rest(file).map_err(|error| TableError::unreadable(file, &error))?;
        let loaded = self.parse(&bytes, file, before, progress)?;
        Ok(Loaded {
            stamp: Some(stamp),
            read_at,
            ..loaded
        })
    }

    fn parse(
        &self,
        bytes: &[u8],
        name: &Path,
        before: Option<Ending>,
        progress: &mut Progress,
    ) -> Result<Loaded, TableError> {
        const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
        let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
        let text = std::str::from_utf8(bytes).map_err(|error| {
            Fault::new(error.valid_up_to(), "this is not UTF-8").in_text(bytes, name)
        })?;
        progress.expect(text.len());
        let mut table = Table::new(self.duplicates);
        let read = if is_json_lines(name) {
            jsonl::read
        } else {
            csv::read
        };
        read(text, &self.columns, &mut table, progress)
            .map_err(|fault| fault.in_text(bytes, name))?;
        let ending = Ending::of(text);
        if ending == Ending::Open && before == Some(Ending::LineBreak) {
            // A row that was cut within its last field looks complete.
            let message =
                "no line break ends the last row, as one did before: the file looks unfinished";
            return Err(Fault::new(text.len(), message).in_text(bytes, name));
        }
        let warning = table
            .repeats
            .as_ref()
            .map(|repeats| repeats.describe(text, self.duplicates));
        Ok(Loaded {
            table,
            warning,
            stamp: None,
            read_at: SystemTime::now(),
            ending,
        })
    }
}

impl Ending {
    fn of(text: &str) -> Self {
        if text.ends_with(['\n', '\r']) {
            Ending::LineBreak
        } else {
            Ending::Open
        }
    }
}

fn is_json_lines(file: &Path) -> bool {
    let extension = file.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| {
        ["jsonl", "ndjson", "json"]
            .iter()
            .any(|json| extension.eq_ignore_ascii_case(json))
    })
}

/// The file's bytes, and its state while they were read: bytes of two states together may be a table that never was.
fn read_at_rest(path: &Path) -> io::Result<(Vec<u8>, Stamp)> {
    for _ in 0..ATTEMPTS {
        // A pipe would block, and cannot be read twice.
        if !path.metadata()?.is_file() {
            return Err(io::Error::other("this is not a regular file"));
        }
        let mut file = File::open(path)?;
        let metadata = file.metadata()?;
        let stamp = Stamp::of(&metadata);
        let mut bytes = Vec::with_capacity(metadata.len() as usize + 1);
        file.read_to_end(&mut bytes)?;
        if Stamp::of(&file.metadata()?) == stamp {
            return Ok((bytes, stamp));
        }
        thread::sleep(PAUSE);
    }
    Err(io::Error::other("the file changes while it is read"))
}
