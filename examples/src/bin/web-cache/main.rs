//! `web-cache`: serves a table over HTTP from memory, and follows the file it came from.
//!
//! All share one `evmap-core` map: no read waits for a write, and a request for several keys sees one version.
//! One thread reads the file again when the file changes, and makes the file's changes to the map in one step.
//! Clients that have the token write single keys.
//! A key that the map does not have may be asked for at another server, through an `evmap-core` cache.
//!
//! ```text
//! watch, signals ──reload──> writer ──rows──> store <──read, write── http <── server
//!                                                              └──missing key──> upstream
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
mod token;
mod upstream;
mod watch;
mod write_counts;
mod writer;

use std::{error::Error, io::Write, process::ExitCode, sync::Arc, time::Duration};

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
            // One line: the program that starts the server may show it as it is. If nobody listens, the exit code has to do.
            let line = one_line(&error.to_string());
            let _ = writeln!(std::io::stderr(), "error: {line}");
            ExitCode::FAILURE
        }
    }
}

/// How long threads that cannot be interrupted may take at the end: a write of the map, or the system's lookup of a name.
const LONGEST_END: Duration = Duration::from_secs(5);

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let done = runtime.block_on(serve(args));
    runtime.shutdown_timeout(LONGEST_END);
    done
}

async fn serve(args: &Args) -> Result<(), Box<dyn Error>> {
    let source = args.source();
    let token = args.admin_token()?;
    let upstream = args.upstream()?;
    let name = source.name();
    let file = source.file().map(ToOwned::to_owned);
    // A program that renews the file need not know whether it is being loaded for the first time.
    let hangups = signals::catch_hangups()?;
    let loaded = source.load(None, &mut Progress::on_terminal())?;
    let seen = loaded.stamp;

    let listener = TcpListener::bind(&args.listen)
        .await
        .map_err(|error| format!("cannot listen on {}: {error}", args.listen))?;
    let address = listener.local_addr()?;

    let telemetry = Telemetry::install()?;
    let status = Arc::new(Status::default());
    let (reloads, store) =
        writer::start(source, loaded, status.clone(), telemetry.refresh_times())?;
    if let Some(file) = &file {
        watch::start(file, seen, args.poll, status.clone(), reloads.clone())?;
    }
    let stop = signals::handle(hangups, reloads)?;

    let table = store.summary();
    tracing::info!(
        source = name,
        entries = table.entries,
        "serving at http://{address}"
    );
    // Only now: a program that reads this line may send requests and signals at once.
    let mut output = std::io::stdout();
    writeln!(output, "{address}")?;
    output.flush()?;

    let app = Arc::new(App::new(
        store,
        status.clone(),
        telemetry,
        name,
        token,
        upstream,
    ));
    let limits = Limits {
        client_timeout: args.client_timeout(),
        max_connections: args.max_connections(),
    };
    server::serve(listener, http::router(app), limits, status, stop).await;
    tracing::info!("stopped");
    Ok(())
}
