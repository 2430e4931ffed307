//! The command line.

use std::{path::PathBuf, time::Duration};

use clap::Parser;

use crate::{
    table::{Columns, Duplicates, Source},
    token::{Token, TokenError},
    upstream::{BaseUrlError, Options, Upstream},
};

/// Serve a table over HTTP from memory, and follow the file it came from.
///
/// Rows are read from FILE: as JSON Lines if its name ends in .jsonl, .ndjson or .json, else as CSV with a header.
/// Without FILE, a table of country codes is served by its column alpha2.
///
/// The first line on standard output is the address that is listened on; logs go to standard error.
/// RUST_LOG sets what is logged (for instance `debug`).
/// When the file changes, or on SIGHUP, the rows that differ are applied in one step; a file that cannot be read
/// completely leaves the last good table in place.
/// With --admin-token-file, clients that have the token may write too; what they wrote stays until the file's own row
/// for that key changes, and is never written to the file.
/// With --upstream, a request for one key that the table does not have is passed on to another server, and its answer
/// is kept in memory for a while; requests for several keys are answered from the table only.
#[derive(Debug, Parser)]
#[command(name = "web-cache", version)]
pub struct Args {
    /// The file with the rows to serve
    #[arg(long, value_name = "FILE", requires = "key")]
    table: Option<PathBuf>,

    /// The column to look rows up by; its cells hold 1 to 4096 bytes
    #[arg(long, value_name = "COLUMN")]
    key: Option<String>,

    /// The column to serve; all columns as a JSON object if none is named
    #[arg(long, value_name = "COLUMN")]
    value: Option<String>,

    /// What to do with a key that stands in more than one row; `all` serves a JSON array for every key of the file
    #[arg(long, value_enum, value_name = "POLICY", default_value_t = Duplicates::Last)]
    duplicates: Duplicates,

    /// The address to listen on; port 0 picks a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub listen: String,

    /// Only look at the file twice a second, for file systems that tell nobody about changes
    #[arg(long)]
    pub poll: bool,

    /// Let requests write that carry the token in FILE (at least 16 bytes), as `Authorization: Bearer TOKEN`
    #[arg(long, value_name = "FILE")]
    admin_token_file: Option<PathBuf>,

    /// How long a client may take to send a request's head or to take a response
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    client_timeout: u64,

    /// How many connections are served at a time; more wait to be accepted
    #[arg(long, value_name = "N", default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    max_connections: u32,

    #[command(flatten)]
    upstream: Options,
}

impl Args {
    pub fn source(&self) -> Source {
        let columns = Columns {
            key: self.key.clone().unwrap_or_else(|| "alpha2".into()),
            value: self.value.clone(),
        };
        Source::new(self.table.clone(), columns, self.duplicates)
    }

    /// The token that lets a client write, if any does.
    pub fn admin_token(&self) -> Result<Option<Token>, TokenError> {
        self.admin_token_file
            .as_deref()
            .map(Token::read)
            .transpose()
    }

    /// Where a key is asked for that the table does not have, if anywhere.
    pub fn upstream(&self) -> Result<Option<Upstream>, BaseUrlError> {
        let named = self.upstream.url();
        named
            .map(|_| Upstream::new(&self.upstream, self.max_connections()))
            .transpose()
    }

    pub fn client_timeout(&self) -> Duration {
        Duration::from_secs(self.client_timeout)
    }

    pub fn max_connections(&self) -> usize {
        self.max_connections as usize
    }
}
