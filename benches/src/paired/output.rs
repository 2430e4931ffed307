//! [`Output`]: the file that `--json` names.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

/// A file that was opened before the run: minutes of measuring are not lost to a wrong path.
pub struct Output {
    path: PathBuf,
    file: File,
}

impl Output {
    /// Opens the file and leaves what is in it, in case the run fails.
    ///
    /// # Errors
    /// If that cannot be done; says which file it is.
    pub fn open(path: &Path) -> Result<Self, String> {
        let mut options = OpenOptions::new();
        let opened = options.write(true).create(true).truncate(false).open(path);
        Ok(Output {
            path: path.to_path_buf(),
            file: opened.map_err(|error| format!("{}: {error}", path.display()))?,
        })
    }

    /// Replaces what was there.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(mut self, report: &impl Serialize) -> Result<(), String> {
        let text = serde_json::to_string_pretty(report).map_err(|error| error.to_string())? + "\n";
        self.replace(&text)
            .map_err(|error| format!("{}: {error}", self.path.display()))
    }

    fn replace(&mut self, text: &str) -> io::Result<()> {
        self.file.write_all(text.as_bytes())?;
        // A terminal or a pipe has no length.
        if self.file.metadata()?.is_file() {
            self.file.set_len(text.len() as u64)?;
        }
        Ok(())
    }
}
