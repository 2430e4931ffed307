//! A shop: web pages from a SQLite database, through a cache.
//!
//! ```sh
//! cargo run --release -p examples --example shop
//! curl -i http://127.0.0.1:8080/product/1
//! curl -X PUT -H 'Content-Type: application/json' -d '{"percent":20}' http://127.0.0.1:8080/category/fruit/discount
//! ```
//!
//! A change is visible when it is answered: it removes the pages that it concerns from the cache, by key or by tag. A page
//! that another program changes in the database is loaded anew after some seconds. While the database is locked, pages that
//! were loaded within the last minute are still served.
//!
//! Anyone on this machine may write. A real shop would ask who it is.

mod catalog;
mod database;
#[expect(dead_code, reason = "it uses a part of the file")]
#[path = "../../src/bin/web-cache/http/etag.rs"]
mod etag;
mod http;
mod metrics;
mod page;

use std::{
    error::Error,
    future,
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    thread,
    time::Duration,
};

use clap::{Args, Parser, Subcommand};
use tokio::net::TcpListener;

use catalog::{Catalog, Limits};
use database::Database;

/// How long answers that are under way may take once the program has been told to end.
const LONGEST_END: Duration = Duration::from_secs(5);

/// A shop whose pages come from a SQLite database, through a cache.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Options {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Serve,
}

#[derive(Subcommand)]
enum Command {
    /// Locks the database of a shop, so that nobody else can read it. Prints `locked` once it is.
    Lock {
        #[arg(long)]
        database: PathBuf,
        #[arg(long, default_value_t = 5)]
        seconds: u64,
    },
}

#[derive(Args)]
struct Serve {
    /// The port on 127.0.0.1. With 0, a free one. The address is printed.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// The file of the database. It is made if it does not exist, filled if it has no products, and set to a rollback
    /// journal. By default, a temporary file.
    #[arg(long)]
    database: Option<PathBuf>,
    /// How many products an empty database is filled with.
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    products: u32,
    /// Ask the database for each request.
    #[arg(long)]
    no_cache: bool,
    /// The number of pages that the cache holds at most.
    #[arg(long, default_value_t = 10_000)]
    capacity: u64,
    /// For how many milliseconds a page is served before it is loaded anew. Changes that this program makes are seen at
    /// once; this is for those of other programs.
    #[arg(long, default_value_t = 10_000)]
    ttl_ms: u64,
    /// For how many milliseconds more it is served if the database cannot be read.
    #[arg(long, default_value_t = 60_000)]
    stale_ms: u64,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let done = match options.command {
        Some(Command::Lock { database, seconds }) => {
            lock(&database, Duration::from_secs(seconds)).map_err(Into::into)
        }
        None => run(&options.serve),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Serve) -> Result<(), Box<dyn Error>> {
    // Removed at the end, after all threads that read the database.
    let mut temporary = None;
    let path = match &options.database {
        Some(path) => path.clone(),
        None => {
            let directory = tempfile::tempdir()?;
            temporary.insert(directory).path().join("shop.sqlite")
        }
    };
    let database = Database::open(&path, options.products)
        .map_err(|error| format!("cannot use the database {}: {error}", path.display()))?;
    let limits = (!options.no_cache).then(|| Limits {
        capacity: options.capacity,
        time_to_live: Duration::from_millis(options.ttl_ms),
        stale_if_error: Duration::from_millis(options.stale_ms),
    });
    let catalog = Catalog::new(database, limits);
    serve(options.port, Arc::new(catalog))
}

#[tokio::main]
async fn serve(port: u16, catalog: Arc<Catalog>) -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .map_err(|error| format!("cannot listen on port {port}: {error}"))?;
    say(&listener.local_addr()?.to_string());
    let server = axum::serve(listener, http::router(catalog)).with_graceful_shutdown(end());
    let late = async {
        end().await;
        tokio::time::sleep(LONGEST_END).await;
    };
    tokio::select! {
        ended = server => ended?,
        () = late => {}
    }
    Ok(())
}

/// Waits until the program is told to end.
async fn end() {
    #[cfg(unix)]
    let terminated = async {
        use tokio::signal::unix::{SignalKind, signal};

        match signal(SignalKind::terminate()) {
            Ok(mut signals) => _ = signals.recv().await,
            Err(_) => future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = future::pending::<()>();
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}

fn lock(database: &Path, time: Duration) -> rusqlite::Result<()> {
    let locked = database::lock(database)?;
    say("locked");
    thread::sleep(time);
    locked.execute_batch("ROLLBACK")
}

/// Prints a line for the program that has started this one, which may not listen.
fn say(line: &str) {
    _ = writeln!(std::io::stdout(), "{line}");
}
