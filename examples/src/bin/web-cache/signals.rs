//! What the operating system may ask of the server: to read the table again, or to stop.

use std::{io, sync::mpsc::Sender};

use crate::writer::Reload;

/// The signals that ask for a reload.
#[cfg(unix)]
pub struct Hangups(tokio::signal::unix::Signal);

/// There is no signal here that asks for a reload.
#[cfg(not(unix))]
pub struct Hangups;

/// Catches hangups from now on, for [`handle`]: one that nobody catches ends the process.
#[cfg(unix)]
pub fn catch_hangups() -> io::Result<Hangups> {
    use tokio::signal::unix::{SignalKind, signal};

    signal(SignalKind::hangup()).map(Hangups)
}

#[cfg(not(unix))]
pub fn catch_hangups() -> io::Result<Hangups> {
    Ok(Hangups)
}

/// Handles signals from now on; returns what is done once one of them asks to stop.
///
/// Until then, the signals that ask to stop do so at once: nothing is served yet that would have to be finished.
#[cfg(unix)]
pub fn handle(hangups: Hangups, reloads: Sender<Reload>) -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let Hangups(mut hangup) = hangups;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            if reloads.send(Reload::Signal).is_err() {
                tracing::error!("nobody is left to read the table again");
            }
        }
    });
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Handles the interrupt from now on.
#[cfg(not(unix))]
pub fn handle(_: Hangups, reloads: Sender<Reload>) -> io::Result<impl Future<Output = ()>> {
    Ok(async move {
        // The writer ends with its last sender.
        let _reloads = reloads;
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "cannot wait for the interrupt");
            std::future::pending::<()>().await;
        }
    })
}
