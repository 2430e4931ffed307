//! The thread that reloads: it reads the source again when told to, and makes the source's changes to what is served.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

use crate::{
    status::Status,
    store::{Difference, Store, Written},
    table::{Ending, Loaded, Progress, Rows, Source, TableError},
    telemetry::RefreshTimes,
};

/// How often the thread looks after itself when nothing happens.
const TICK: Duration = Duration::from_millis(500);
/// After this many flushes no removed value is left in memory.
const FLUSHES: u32 = 2;

/// Read the source again, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reload {
    FileChanged,
    #[cfg(unix)]
    Signal,
    /// What kept the source from being read may have passed; nobody would tell.
    Retry,
}

struct Writer {
    store: Store,
    source: Source,
    /// What it said last.
    rows: Rows,
    status: Arc<Status>,
    refresh_times: RefreshTimes,
    /// Told once, not at every reload.
    warning: Option<String>,
    /// Why the last reload failed, if it did.
    failure: Option<TableError>,
    /// Of the last good table.
    ending: Ending,
    /// The version that is flushed, and how often it still has to be.
    flushed: u64,
    flushes_left: u32,
}

/// Publishes the table that was `loaded` from `source` and starts the thread.
///
/// The thread ends when the last sender is gone.
pub fn start(
    source: Source,
    loaded: Loaded,
    status: Arc<Status>,
    refresh_times: RefreshTimes,
) -> std::io::Result<(Sender<Reload>, Store)> {
    let store = Store::new(loaded.table.len());
    let mut writer = Writer {
        store: store.clone(),
        source,
        rows: Rows::default(),
        status,
        refresh_times,
        warning: None,
        failure: None,
        ending: loaded.ending,
        flushed: 0,
        flushes_left: 0,
    };
    writer.show(loaded);
    let (sender, receiver) = channel();
    thread::Builder::new()
        .name("writer".into())
        .spawn(move || writer.run(&receiver))?;
    Ok((sender, store))
}

impl Writer {
    fn run(mut self, reloads: &Receiver<Reload>) {
        let _notice = NoticeOfDeath(self.status.clone());
        loop {
            match reloads.recv_timeout(TICK) {
                Ok(cause) => {
                    // One reading answers every request for it that came before; a retry is the least of them.
                    let cause = reloads.try_iter().fold(cause, |cause, next| match cause {
                        Reload::Retry => next,
                        _ => cause,
                    });
                    if cause != Reload::Retry || self.failure_may_pass() {
                        self.reload(cause);
                    }
                }
                Err(RecvTimeoutError::Timeout) => self.flush(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn reload(&mut self, cause: Reload) {
        let started = Instant::now();
        match self.source.load(Some(self.ending), &mut Progress::silent()) {
            Err(error) => {
                // A retry that fails as before is no news.
                if cause == Reload::Retry && self.failure.as_ref() == Some(&error) {
                    return;
                }
                tracing::error!(?cause, "{error}; the last good table stays");
                let message = error.to_string();
                self.failure = Some(error);
                self.status.reload_failed(message, self.failure_may_pass());
            }
            Ok(loaded) => {
                self.failure = None;
                let (difference, version) = self.show(loaded);
                if difference.is_none() {
                    self.status.reload_unchanged();
                    tracing::debug!(?cause, version, "the table has not changed");
                } else {
                    self.status.reload_applied();
                    tracing::info!(
                        ?cause,
                        version,
                        inserted = difference.inserted,
                        changed = difference.changed,
                        removed = difference.removed,
                        elapsed = ?started.elapsed(),
                        "the table has changed"
                    );
                }
            }
        }
    }

    /// Makes the changes between what the source said before and `loaded`.
    fn show(&mut self, loaded: Loaded) -> (Difference, u64) {
        if let Some(warning) = &loaded.warning
            && self.warning != loaded.warning
        {
            tracing::warn!("{warning}");
        }
        self.warning = loaded.warning;
        self.ending = loaded.ending;
        let changes = self.rows.update(loaded.table);
        if changes.is_empty() {
            return (Difference::default(), self.store.version());
        }
        let started = Instant::now();
        let Written { version, outcome } = self.store.reload(changes, loaded.read_at);
        if !outcome.is_none() {
            self.refresh_times.record(started.elapsed());
        }
        (outcome, version)
    }

    fn failure_may_pass(&self) -> bool {
        matches!(self.failure, Some(TableError::Unreadable(_)))
    }

    fn flush(&mut self) {
        let version = self.store.version();
        if version != self.flushed {
            self.flushed = version;
            self.flushes_left = FLUSHES;
        }
        if self.flushes_left > 0 {
            self.flushes_left -= 1;
            self.store.flush();
        }
    }
}

/// The table no longer follows its source if the thread has panicked: health must say so.
struct NoticeOfDeath(Arc<Status>);

impl Drop for NoticeOfDeath {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.reload_failed("the writer has stopped".into(), false);
        }
    }
}
