//! `web-cache`: serves a table over HTTP from memory, and follows the file it came from.
//!
//! Requests read an `evmap-core` map: no request waits for a reload, and a request for several keys sees one version.
//! One thread writes. It reads the file again when the file changes, applies the rows that differ, and publishes them
//! in one step.
//!
//! ```text
//! watch, signals ──reload──> writer ──publish──> store <──read── http <── server
//! ```

mod args;
mod http;
mod log;
mod server;
mod signals;
mod stall;
mod status;
mod store;
mod table;
mod telemetry;
mod watch;
mod writer;

use std::{error::Error, io::Write, process::ExitCode, sync::Arc};

use clap::Parser;
use tokio::net::TcpListener;

use crate::{
    args::Args,
    http::App,
    server::Limits,
    status::Status,
    table::{Progress, one_line},
    telemetry::Telemetry,
};

fn main() -> ExitCode {
    let args = Args::parse();
    log::to_stderr();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line: whoever starts the server may show it as it is. If nobody listens, the exit code has to do.
            let line = one_line(&error.to_string());
            let _ = writeln!(std::io::stderr(), "error: {line}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let source = args.source();
    let name = source.name();
    let file = source.file().map(ToOwned::to_owned);
    // Whoever renews the file need not know whether it is being loaded for the first time.
    let hangups = signals::catch_hangups()?;
    let loaded = source.load(None, &mut Progress::on_terminal())?;
    let seen = loaded.stamp;

    let listener = TcpListener::bind(&args.listen)
        .await
        .map_err(|error| format!("cannot listen on {}: {error}", args.listen))?;
    let address = listener.local_addr()?;

    let telemetry = Telemetry::install()?;
    let status = Arc::new(Status::default());
    let (reloads, reader) =
        writer::start(source, loaded, status.clone(), telemetry.refresh_times())?;
    if let Some(file) = &file {
        watch::start(file, seen, args.poll, status.clone(), reloads.clone())?;
    }
    let stop = signals::handle(hangups, reloads)?;

    let table = reader.summary();
    tracing::info!(
        source = name,
        entries = table.entries,
        "serving at http://{address}"
    );
    // Only now: whoever reads this line may send requests and signals at once.
    let mut output = std::io::stdout();
    writeln!(output, "{address}")?;
    output.flush()?;

    let app = Arc::new(App::new(reader, status.clone(), telemetry, name));
    let limits = Limits {
        client_timeout: args.client_timeout(),
        max_connections: args.max_connections(),
    };
    server::serve(listener, http::router(app), limits, status, stop).await;
    tracing::info!("stopped");
    Ok(())
}
