//! [`Memory`]: what a map takes of the machine's memory.
//!
//! Measured in a process of its own, in which nothing else was ever allocated or freed: resident
//! anonymous memory (`RssAnon`) after the map was built, less what there was before.
//! The allocator is told to give freed memory back at once, so that what a growth leaves behind counts
//! only if it stays in use.

use std::any::Any;
use std::ffi::OsString;
use std::fs;
use std::process::{Command, Stdio};

use serde::Serialize;

use crate::{engines, footprint};

/// The hidden command that [`report`] runs under.
const COMMAND: &str = "memory-of";

/// Settings of the GNU C library, which otherwise keeps more the more it has freed.
const GIVE_BACK: [(&str, &str); 3] = [
    ("MALLOC_MMAP_THRESHOLD_", "65536"),
    ("MALLOC_TRIM_THRESHOLD_", "65536"),
    ("MALLOC_TOP_PAD_", "0"),
];

/// Builds something with this many entries.
pub type Subject = fn(usize) -> Box<dyn Any>;

/// What was found out.
#[derive(Debug, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Memory {
    Measured { bytes_per_entry: f64 },
    NotMeasured { reason: String },
}

impl Memory {
    /// For people.
    pub fn text(&self) -> String {
        match self {
            Memory::Measured { bytes_per_entry } => format!("{bytes_per_entry:.1}"),
            Memory::NotMeasured { reason } => format!("not measured ({reason})"),
        }
    }
}

/// Builds what is called so in another process of this program.
pub fn measure(what: &str, entries: usize) -> Memory {
    match bytes(what, entries) {
        Ok(bytes) => Memory::Measured {
            bytes_per_entry: bytes as f64 / entries as f64,
        },
        Err(reason) => Memory::NotMeasured { reason },
    }
}

/// Builds what is called so in another process of this program: how many bytes that took, or why nobody
/// knows.
pub fn bytes(what: &str, entries: usize) -> Result<u64, String> {
    if !cfg!(target_os = "linux") {
        return Err("only Linux says how much it is".to_string());
    }
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new(program)
        .args([COMMAND, what, &entries.to_string()])
        .envs(GIVE_BACK)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_string();
    if !output.status.success() {
        return Err(text(&output.stderr));
    }
    let said = text(&output.stdout);
    said.parse().map_err(|_| format!("{what} is {said:?}"))
}

/// What this process has to build, and with how many entries, if it is the other process.
///
/// Asked before arguments are parsed: the parser frees memory that stays resident, and what the map
/// takes of that would not be counted.
pub fn asked() -> Option<(String, usize)> {
    let given = std::env::args_os().skip(1).map(OsString::into_string);
    let given: Vec<_> = given.collect::<Result<_, _>>().ok()?;
    match &given[..] {
        [command, what, entries] if command == COMMAND => {
            Some((what.clone(), entries.parse().ok()?))
        }
        _ => None,
    }
}

/// The other process: builds it, and writes how many bytes that took.
pub fn report(what: &str, entries: usize) -> Result<(), String> {
    let build = subject(what).ok_or_else(|| format!("nothing is called {what}"))?;
    let before = resident()?;
    let kept = build(entries);
    let after = resident()?;
    drop(kept);
    println!("{}", after.saturating_sub(before));
    Ok(())
}

/// All that can be asked for.
fn subject(what: &str) -> Option<Subject> {
    engines::subject(what).or_else(|| footprint::subject(what))
}

/// Bytes of anonymous memory that this process has in the machine's.
fn resident() -> Result<u64, String> {
    let status = fs::read_to_string("/proc/self/status").map_err(|error| error.to_string())?;
    bytes_in(&status).ok_or_else(|| "the system does not say RssAnon".to_string())
}

fn bytes_in(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_s_own_words_are_understood() {
        let status = "VmRSS:\t    9000 kB\nRssAnon:\t     300 kB\nRssFile:\t    8700 kB\n";
        assert_eq!(bytes_in(status), Some(300 * 1024));
        assert_eq!(bytes_in("VmRSS:\t    9000 kB\n"), None);
    }

    #[test]
    fn only_what_has_a_name_can_be_built() {
        assert!(subject("engines/u64/RobinHood").is_some());
        assert!(subject("engines/String/control").is_some());
        assert!(subject("pairs/evmap").is_some());
        assert!(subject("engines/u64").is_none());
        assert!(report("nothing", 1).is_err());
    }

    #[test]
    fn what_was_not_measured_says_why() {
        let reason = "no such thing".to_string();
        let text = Memory::NotMeasured { reason }.text();
        assert_eq!(text, "not measured (no such thing)");
    }
}
