//! Memory, measured in a process of its own, in which nothing else was ever allocated or freed.
//!
//! It is the resident anonymous memory (`RssAnon`) after something was built, less what there was before.
//! The allocator is told to give freed memory back at once, so that what a growth leaves behind counts only if it
//! stays in use.

use std::any::Any;
use std::process::{Command, Stdio};
use std::{env, fs};

use super::case::{Case, Head};
use super::plan::{Plan, Samples};

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

/// A row of a table of memory: its name, and the subject whose bytes count, less those of another if there is one.
pub type MemoryRow = (&'static str, String, Option<String>);

/// A table of bytes per entry, each measured in as many processes as `plan` has builds.
///
/// What cannot be measured is not in the table, and is said below it.
pub fn memory(
    mut head: Head,
    entries: usize,
    plan: &Plan,
    rows: impl IntoIterator<Item = MemoryRow>,
) -> Case {
    let (mut measured, mut notes) = (Vec::new(), Vec::new());
    for (name, what, less) in rows {
        let figure = || {
            let less = less.as_ref().map_or(Ok(0.0), |less| bytes(less, entries))?;
            Ok::<_, String>((bytes(&what, entries)? - less) / entries as f64)
        };
        match (0..plan.builds)
            .map(|_| figure())
            .collect::<Result<Vec<_>, _>>()
        {
            Ok(figures) => measured.push((name, [figures])),
            Err(reason) => notes.push(format!("{name} was not measured: {reason}")),
        }
    }
    let is_there = |name: &String| measured.iter().any(|(known, _)| known == name);
    head.bases = head.bases.filter(|bases| bases.iter().all(is_there));
    let case = Case::new(head, Samples::of(measured));
    Case { notes, ..case }
}

/// Builds the subject with this name in another process of this program. Returns how many bytes that took.
fn bytes(what: &str, entries: usize) -> Result<f64, String> {
    if !cfg!(target_os = "linux") {
        return Err("only Linux says how much it is".to_string());
    }
    let run = || {
        let mut command = Command::new(env::current_exe()?);
        command
            .args([COMMAND, what, &entries.to_string()])
            .envs(GIVE_BACK);
        command.stdin(Stdio::null()).output()
    };
    let output = run().map_err(|error| error.to_string())?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_string();
    match text(&output.stdout).parse() {
        Ok(bytes) if output.status.success() => Ok(bytes),
        _ => Err(format!(
            "{what}: {} {}",
            output.status,
            text(&output.stderr)
        )),
    }
}

/// Whether this is the other process. Then it builds what it has to, and writes how many bytes that took.
///
/// To be called before arguments are parsed: the parser frees memory that stays resident, and what is built in that
/// would not be counted.
pub fn report(subject: impl Fn(&str) -> Option<Subject>) -> Option<Result<(), String>> {
    let given = env::args_os()
        .skip(1)
        .map(|argument| argument.into_string().unwrap_or_default());
    let given: Vec<_> = given.collect();
    let [command, what, entries] = &given[..] else {
        return None;
    };
    let report = || {
        let build = subject(what).ok_or_else(|| format!("nothing is called {what}"))?;
        let entries = entries.parse().map_err(|_| "not a number".to_string())?;
        let before = resident()?;
        let kept = build(entries);
        println!("{}", resident()?.saturating_sub(before));
        drop(kept);
        Ok(())
    };
    (command == COMMAND).then(report)
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
}
