//! Notices that the table's file has changed, and asks for a reload once the file is quiet.

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

use notify::{
    Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _,
    event::{AccessKind, AccessMode},
};

use crate::{status::Status, table::Stamp, writer::Reload};

/// How often the file is looked at, whatever the system tells: some file systems tell nothing.
const POLL: Duration = Duration::from_millis(500);
/// A file that is written in place is half-written for a while.
const QUIET_IN_PLACE: Duration = Duration::from_millis(120);
/// A file that was renamed over the old one is nearly always whole.
const QUIET_REPLACED: Duration = Duration::from_millis(20);
/// A file that is never quiet is read all the same.
const LONGEST_WAIT: Duration = Duration::from_millis(500);

type Events = Receiver<notify::Result<Event>>;

struct Watch {
    file: PathBuf,
    events: Events,
    /// Dropping it would end the events.
    _watcher: Option<RecommendedWatcher>,
    reloads: Sender<Reload>,
    status: Arc<Status>,
    /// The file's state at the last request for a reload; none if it was not there.
    seen: Option<Stamp>,
}

/// What woke the watch up.
enum Wake {
    /// Something that must have touched the file, however alike it looks.
    Touched,
    /// Perhaps nothing.
    Look,
    End,
}

/// Starts a thread that watches `file`, whose state `seen` has been loaded.
pub fn start(
    file: &Path,
    seen: Option<Stamp>,
    poll_only: bool,
    status: Arc<Status>,
    reloads: Sender<Reload>,
) -> io::Result<()> {
    let (sender, events) = channel();
    let watcher = if poll_only {
        None
    } else {
        subscribe(file, sender.clone())
            .inspect_err(|error| {
                tracing::warn!(%error, "changes are not announced here; looking every {POLL:?}");
            })
            .ok()
    };
    let watch = Watch {
        file: file.to_path_buf(),
        events,
        _watcher: watcher,
        reloads,
        status,
        seen,
    };
    thread::Builder::new().name("watch".into()).spawn(move || {
        // Without a watcher, this keeps the channel open: its timeouts are the clock.
        let _sender = sender;
        watch.run();
    })?;
    Ok(())
}

/// Watches the directories, not the file: a file that is replaced takes its watch with it.
fn subscribe(
    file: &Path,
    events: Sender<notify::Result<Event>>,
) -> notify::Result<RecommendedWatcher> {
    let mut watcher = notify::recommended_watcher(events)?;
    for directory in directories(file) {
        watcher.watch(&directory, RecursiveMode::NonRecursive)?;
    }
    Ok(watcher)
}

/// Where the file's name stands, and where the file stands if the name is a link to it.
fn directories(file: &Path) -> BTreeSet<PathBuf> {
    let target = file.canonicalize().ok();
    [Some(file), target.as_deref()]
        .into_iter()
        .flatten()
        .map(|path| match path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        })
        .map(|directory| directory.canonicalize().unwrap_or(directory.into()))
        .collect()
}

impl Watch {
    fn run(mut self) {
        loop {
            let touched = match self.wait(POLL) {
                Wake::End => return,
                Wake::Touched => true,
                Wake::Look => false,
            };
            if !touched && self.stamp() == self.seen {
                continue;
            }
            self.status.source_changed();
            self.seen = self.wait_until_quiet();
            if self.reloads.send(Reload::FileChanged).is_err() {
                return;
            }
        }
    }

    /// Waits for the next event, and takes those that are there already with it.
    fn wait(&self, timeout: Duration) -> Wake {
        let first = match self.events.recv_timeout(timeout) {
            Ok(event) => event,
            Err(RecvTimeoutError::Timeout) => return Wake::Look,
            Err(RecvTimeoutError::Disconnected) => return Wake::End,
        };
        let mut touched = touches(&first, self.file.file_name());
        for event in self.events.try_iter() {
            touched |= touches(&event, self.file.file_name());
        }
        if touched { Wake::Touched } else { Wake::Look }
    }

    fn wait_until_quiet(&self) -> Option<Stamp> {
        let started = Instant::now();
        loop {
            let before = self.stamp();
            let replaced = match (&before, &self.seen) {
                (Some(now), Some(seen)) => !now.same_file(seen),
                _ => false,
            };
            thread::sleep(if replaced {
                QUIET_REPLACED
            } else {
                QUIET_IN_PLACE
            });
            // What they tell of has happened before the file is read.
            self.events.try_iter().for_each(drop);
            if self.stamp() == before || started.elapsed() > LONGEST_WAIT {
                return before;
            }
        }
    }

    fn stamp(&self) -> Option<Stamp> {
        Stamp::of_path(&self.file).ok()
    }
}

/// Whether the event says that the file of that name has changed.
fn touches(event: &notify::Result<Event>, name: Option<&OsStr>) -> bool {
    match event {
        // Events were lost.
        Err(_) => true,
        Ok(event) if event.need_rescan() => true,
        // Reading the file is an event too: our own reading must not cause another.
        Ok(event) if is_reading(event.kind) => false,
        Ok(event) => event.paths.iter().any(|path| path.file_name() == name),
    }
}

fn is_reading(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => false,
        EventKind::Access(_) => true,
        _ => false,
    }
}
