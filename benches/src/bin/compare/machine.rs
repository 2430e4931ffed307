//! [`Machine`]: on what the figures were taken.

use std::fs;
use std::thread;

use benches::contender::{Hasher, ours};
use evmap_core::FenceMode;
use serde::Serialize;

/// What a figure cannot be understood without.
#[derive(Serialize)]
pub struct Machine {
    pub processor: String,
    pub cores: usize,
    pub kernel: String,
    pub rustc: &'static str,
    /// How reads and refreshes are ordered when nobody chooses.
    pub fence_mode: String,
    /// Of the last minute, before this program began.
    pub load: String,
}

impl Machine {
    /// This one.
    pub fn describe() -> Self {
        let (writer, _reader) = ours::pair(1, &Hasher::default(), FenceMode::Auto);
        Machine {
            processor: processor(),
            cores: thread::available_parallelism().map_or(1, usize::from),
            kernel: first_word("/proc/sys/kernel/osrelease"),
            rustc: env!("BENCHES_RUSTC"),
            fence_mode: format!("{:?}", writer.fence_mode()),
            load: first_word("/proc/loadavg"),
        }
    }

    pub fn text(&self) -> String {
        format!(
            "{}, {} cores, kernel {}\n{}; fence mode {}; load before the run {}\n",
            self.processor, self.cores, self.kernel, self.rustc, self.fence_mode, self.load,
        )
    }
}

fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(key, _)| key.trim() == "model name");
    match model {
        Some((_, name)) => name.trim().to_string(),
        None => std::env::consts::ARCH.to_string(),
    }
}

fn first_word(path: &str) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.split_whitespace()
        .next()
        .unwrap_or("unknown")
        .to_string()
}
