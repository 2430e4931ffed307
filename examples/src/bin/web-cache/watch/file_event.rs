//! What the system's events tell of the watched file.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use notify::{
    Event, EventKind,
    event::{AccessKind, AccessMode, ModifyKind},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileEvent {
    /// A program wrote into the file, and may write more.
    Written,
    /// A program that might have written has closed the file.
    Closed,
    /// Another file has the name, or none.
    Replaced,
    /// Something else has changed, or events were lost.
    Changed,
}

/// The names of one file: the one that it was given by, and that of the file it links to.
#[derive(Debug)]
pub struct Names(BTreeSet<PathBuf>);

impl Names {
    pub fn of(file: &Path) -> Self {
        let target = file.canonicalize().ok();
        let names = [Some(file), target.as_deref()]
            .into_iter()
            .flatten()
            .map(|path| {
                let directory = match path.parent() {
                    Some(parent) if parent != Path::new("") => parent,
                    _ => Path::new("."),
                };
                // Events name the file below the directory that is watched.
                let directory = directory.canonicalize().unwrap_or(directory.into());
                directory.join(path.file_name().unwrap_or_default())
            });
        Names(names.collect())
    }

    /// The directories in which they stand.
    pub fn directories(&self) -> BTreeSet<&Path> {
        self.0.iter().filter_map(|name| name.parent()).collect()
    }

    /// What the event tells of the file, if anything.
    pub fn file_event(&self, event: &notify::Result<Event>) -> Option<FileEvent> {
        let Ok(event) = event else {
            return Some(FileEvent::Changed);
        };
        if event.need_rescan() {
            return Some(FileEvent::Changed);
        }
        if !event.paths.iter().any(|path| self.0.contains(path)) {
            return None;
        }
        match event.kind {
            EventKind::Access(AccessKind::Close(AccessMode::Write)) => Some(FileEvent::Closed),
            // Reading the file is an event too: our own reading must not cause another.
            EventKind::Access(_) => None,
            EventKind::Modify(ModifyKind::Data(_)) => Some(FileEvent::Written),
            EventKind::Modify(ModifyKind::Name(_))
            | EventKind::Create(_)
            | EventKind::Remove(_) => Some(FileEvent::Replaced),
            _ => Some(FileEvent::Changed),
        }
    }
}
