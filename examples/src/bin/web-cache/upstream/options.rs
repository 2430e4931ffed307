//! The part of the command line that concerns the upstream.

use std::time::Duration;

use clap::Args;

#[derive(Debug, Args)]
#[command(next_help_heading = "Upstream")]
pub struct Options {
    /// Ask another server for a key that the table does not have: by GET URL/KEY, with the key percent-encoded.
    /// The URL begins with http:// (there is no encryption), and has no user name, no `?` and no `#`.
    /// A value has at most 1 MiB
    #[arg(long, value_name = "URL")]
    upstream: Option<String>,

    /// How long a value from the upstream is served before it is asked for again
    #[arg(long, value_name = "SECONDS", requires = "upstream", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=31_536_000))]
    ttl: u64,

    /// How long the upstream's answer that there is no such key is served before it is asked again
    #[arg(long, value_name = "SECONDS", requires = "upstream", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=31_536_000))]
    absent_ttl: u64,

    /// How many MiB the values from the upstream may take, their keys included; the least useful ones are evicted
    #[arg(long, value_name = "MIB", requires = "upstream", default_value_t = 64, value_parser = clap::value_parser!(u64).range(2..=1_048_576))]
    capacity: u64,

    /// For how long after its time the upstream's last answer is served while the upstream fails; never if this is not given
    #[arg(long, value_name = "SECONDS", requires = "upstream", value_parser = clap::value_parser!(u64).range(1..=31_536_000))]
    stale_if_error: Option<u64>,

    /// How long a request to the upstream may take, with its wait for others, the connection and the body
    #[arg(long, value_name = "SECONDS", requires = "upstream", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=3600))]
    upstream_timeout: u64,

    /// How many requests to the upstream may be under way at a time; more wait
    #[arg(long, value_name = "N", requires = "upstream", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    upstream_requests: u32,
}

impl Options {
    pub fn url(&self) -> Option<&str> {
        self.upstream.as_deref()
    }

    pub fn ttl(&self) -> Duration {
        Duration::from_secs(self.ttl)
    }

    pub fn absent_ttl(&self) -> Duration {
        Duration::from_secs(self.absent_ttl)
    }

    pub fn capacity_bytes(&self) -> u64 {
        self.capacity << 20
    }

    pub fn stale_if_error(&self) -> Option<Duration> {
        self.stale_if_error.map(Duration::from_secs)
    }

    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.upstream_timeout)
    }

    pub fn most_requests(&self) -> usize {
        self.upstream_requests as usize
    }
}
