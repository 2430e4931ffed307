//! [`Plots`]: the directory that `--plot` names.

mod chart;
mod draw;

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use crate::report::Report;

pub use chart::Chart;

/// A directory that was made before the run: minutes of measuring are not lost to a wrong path.
pub struct Plots {
    directory: PathBuf,
}

impl Plots {
    pub fn open(directory: &Path) -> Result<Self, String> {
        fs::create_dir_all(directory).map_err(|error| failure(directory, error))?;
        Ok(Plots {
            directory: directory.to_path_buf(),
        })
    }

    /// One file for each table that has ratios; what is there under other names stays.
    pub fn write(&self, report: &Report) -> Result<(), String> {
        for chart in report.charts() {
            let path = self.directory.join(format!("{}.svg", chart.file));
            let text = draw::svg(&chart).map_err(|error| failure(&path, error))?;
            fs::write(&path, text).map_err(|error| failure(&path, error))?;
        }
        Ok(())
    }
}

fn failure(path: &Path, error: impl Display) -> String {
    format!("{}: {error}", path.display())
}
