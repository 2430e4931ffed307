//! The one thread that writes: it owns the map's writer, reads the source again when told to, and applies what differs.

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
    store::{self, Difference, Reader},
    table::{Ending, Loaded, Progress, Source, TableError},
    telemetry::RefreshTimes,
};

/// How often the thread looks after itself when nothing happens.
const TICK: Duration = Duration::from_millis(500);
/// So many publications of nothing leave no removed value in memory.
const SETTLING: u32 = 2;

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
    store: store::Writer,
    source: Source,
    status: Arc<Status>,
    refresh_times: RefreshTimes,
    /// Told once, not at every reload.
    warning: Option<String>,
    /// Why the last reload failed, if it did.
    failure: Option<TableError>,
    /// Of the last good table.
    ending: Ending,
    settling_left: u32,
}

/// Publishes the table that was `loaded` from `source` and starts the thread.
///
/// The thread ends when the last sender is gone.
pub fn start(
    source: Source,
    loaded: Loaded,
    status: Arc<Status>,
    refresh_times: RefreshTimes,
) -> std::io::Result<(Sender<Reload>, Reader)> {
    let (store, reader) = store::open(source.keeps_all_rows(), loaded.table.entries.len());
    let mut writer = Writer {
        store,
        source,
        status,
        refresh_times,
        warning: None,
        failure: None,
        ending: loaded.ending,
        settling_left: 0,
    };
    writer.show(loaded);
    let (sender, receiver) = channel();
    thread::Builder::new()
        .name("writer".into())
        .spawn(move || writer.run(&receiver))?;
    Ok((sender, reader))
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
                Err(RecvTimeoutError::Timeout) => self.settle(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.status.set_load(self.store.load());
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

    /// Publishes `loaded`, unless it is what is published already.
    fn show(&mut self, loaded: Loaded) -> (Difference, u64) {
        if let Some(warning) = &loaded.warning
            && self.warning != loaded.warning
        {
            tracing::warn!("{warning}");
        }
        self.warning = loaded.warning;
        self.ending = loaded.ending;
        let difference = self.store.stage(loaded.table, loaded.read_at);
        if difference.is_none() {
            return (difference, self.store.version());
        }
        self.status.set_load(self.store.load());
        let started = Instant::now();
        let version = self.store.publish();
        self.refresh_times.record(started.elapsed());
        self.status.set_load(self.store.load());
        self.settling_left = SETTLING;
        (difference, version)
    }

    fn failure_may_pass(&self) -> bool {
        matches!(self.failure, Some(TableError::Unreadable(_)))
    }

    fn settle(&mut self) {
        if self.settling_left > 0 {
            self.settling_left -= 1;
            self.store.publish();
        }
    }
}

/// The table can no longer change if the thread has panicked: health must say so.
struct NoticeOfDeath(Arc<Status>);

impl Drop for NoticeOfDeath {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.reload_failed("the writer has stopped".into(), false);
        }
    }
}
