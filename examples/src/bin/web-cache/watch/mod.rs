//! Notices that the table's file has changed, and asks for a reload once the file is complete.
//!
//! # When a file is complete
//! - One that was renamed over the old one is: it is read after a moment.
//! - One that is written in place is when its writer has closed it, or has paused for so long that it may never do so.
//! - Where the system does not tell who closes what, a file that has been quiet for a moment is taken as complete.

mod file_event;

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::{status::Status, table::Stamp, writer::Reload};
use file_event::{FileEvent, Names};

/// How often the file is looked at, whatever the system tells: some file systems tell nothing.
const POLL: Duration = Duration::from_millis(500);
/// A program that has closed a file may open it again to append to it.
const QUIET_IN_PLACE: Duration = Duration::from_millis(120);
/// A file that was renamed over the old one is nearly always complete.
const QUIET_REPLACED: Duration = Duration::from_millis(20);
/// A file that is never quiet is read all the same, unless it is known to be half-written.
const LONGEST_WAIT: Duration = Duration::from_millis(500);
/// A writer that has written nothing for this long may keep the file open forever.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// Whether the system tells when a file that was written is closed.
const TELLS_OF_CLOSING: bool = cfg!(any(target_os = "linux", target_os = "android"));

type Events = Receiver<notify::Result<Event>>;

struct Watch {
    file: PathBuf,
    names: Names,
    events: Events,
    /// Dropping it would end the events.
    _watcher: Option<RecommendedWatcher>,
    reloads: Sender<Reload>,
    status: Arc<Status>,
    /// The file's state at the last request for a reload; none if it was not there.
    seen: Option<Stamp>,
    /// Whether a program has written that still has the file open.
    open_to_writer: bool,
    /// When a reload was last asked for.
    asked: Instant,
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
    let names = Names::of(file);
    let watcher = if poll_only {
        None
    } else {
        subscribe(&names, sender.clone())
            .inspect_err(|error| {
                tracing::warn!(%error, "changes are not announced here; looking every {POLL:?}");
            })
            .ok()
    };
    let watch = Watch {
        file: file.to_path_buf(),
        names,
        events,
        _watcher: watcher,
        reloads,
        status,
        seen,
        open_to_writer: false,
        asked: Instant::now(),
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
    names: &Names,
    events: Sender<notify::Result<Event>>,
) -> notify::Result<RecommendedWatcher> {
    let mut watcher = notify::recommended_watcher(events)?;
    for directory in names.directories() {
        watcher.watch(directory, RecursiveMode::NonRecursive)?;
    }
    Ok(watcher)
}

impl Watch {
    fn run(mut self) {
        loop {
            let touched = match self.wait(POLL) {
                Wake::End => return,
                Wake::Touched => true,
                Wake::Look => false,
            };
            let cause = if touched || self.stamp() != self.seen {
                self.status.source_changed();
                self.seen = self.wait_until_complete();
                Reload::FileChanged
            } else if self.status.failure_may_pass() && self.asked.elapsed() >= POLL {
                // Asked for here, where it is known that nobody is writing the file.
                Reload::Retry
            } else {
                continue;
            };
            self.asked = Instant::now();
            if self.reloads.send(cause).is_err() {
                return;
            }
        }
    }

    /// Waits for the next event, and takes those that are there already with it.
    fn wait(&mut self, timeout: Duration) -> Wake {
        let first = match self.events.recv_timeout(timeout) {
            Ok(event) => event,
            Err(RecvTimeoutError::Timeout) => return Wake::Look,
            Err(RecvTimeoutError::Disconnected) => return Wake::End,
        };
        let mut wake = Wake::Look;
        let mut next = Some(first);
        while let Some(event) = next {
            if let Some(event) = self.names.file_event(&event) {
                self.note(event);
                wake = Wake::Touched;
            }
            next = self.events.try_recv().ok();
        }
        wake
    }

    fn note(&mut self, event: FileEvent) {
        match event {
            FileEvent::Written if TELLS_OF_CLOSING => self.open_to_writer = true,
            FileEvent::Closed | FileEvent::Replaced => self.open_to_writer = false,
            FileEvent::Written | FileEvent::Changed => {}
        }
    }

    /// Waits until the file may be read, and returns its state then.
    ///
    /// What the events that are taken here tell of has happened before the file is read.
    fn wait_until_complete(&mut self) -> Option<Stamp> {
        let started = Instant::now();
        let mut changed = started;
        let mut stamp = self.stamp();
        loop {
            let due = self.due(started, changed, stamp);
            match self.wait(due.saturating_duration_since(Instant::now())) {
                Wake::Touched => {}
                Wake::Look if Instant::now() < due => continue,
                Wake::Look | Wake::End => {
                    if started.elapsed() >= LONGEST_WAIT || self.stamp() == stamp {
                        self.open_to_writer = false;
                        return stamp;
                    }
                }
            }
            changed = Instant::now();
            stamp = self.stamp();
        }
    }

    /// When the file, whose state has been `stamp` since `changed`, may be taken as complete.
    fn due(&self, started: Instant, changed: Instant, stamp: Option<Stamp>) -> Instant {
        if self.open_to_writer {
            return changed + LONGEST_PAUSE;
        }
        let replaced = match (&stamp, &self.seen) {
            (Some(now), Some(seen)) => !now.same_file(seen),
            _ => false,
        };
        let quiet = if replaced {
            QUIET_REPLACED
        } else {
            QUIET_IN_PLACE
        };
        (changed + quiet).min(started + LONGEST_WAIT)
    }

    fn stamp(&self) -> Option<Stamp> {
        Stamp::of_path(&self.file).ok()
    }
}
