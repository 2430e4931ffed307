//! The log, on standard error.

use std::io::{self, IsTerminal};

use tracing_subscriber::{EnvFilter, filter::LevelFilter};

/// Logs from now on what `RUST_LOG` asks for.
pub fn to_stderr() {
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .from_env_lossy();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        // The reader of the log may go away, and the server must outlive it: the subscriber would tell of a failed
        // write on standard error too, and panic as that fails.
        .log_internal_errors(false)
        .init();
}
