//! Builds the book into `target/book`, and serves it on this machine: `cargo run -p book`.

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use mdbook_driver::MDBook;

/// Builds the book and serves it on 127.0.0.1 until Ctrl-C. Opens no browser.
#[derive(Parser)]
struct Arguments {
    /// The port to serve on; 0 takes a free one.
    #[arg(long, default_value_t = 3000)]
    port: u16,
    /// Only build, and print where the pages are.
    #[arg(long)]
    build_only: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("book: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let book = MDBook::load(Path::new(env!("CARGO_MANIFEST_DIR")))
        .and_then(|book| book.build().map(|()| book))
        .map_err(|error| format!("{error:#}"))?;
    let pages = book.build_dir_for("html").canonicalize()?;
    if arguments.build_only {
        println!("{}", pages.join("index.html").display());
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    runtime.block_on(async {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, arguments.port));
        let listener = tokio::net::TcpListener::bind(address)
            .await
            .map_err(|error| format!("{address}: {error}; --port chooses another port"))?;
        println!("http://{}/ (Ctrl-C ends)", listener.local_addr()?);
        Ok(axum::serve(listener, book::site(&pages)).await?)
    })
}
