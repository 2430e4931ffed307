//! Traces of what real programs have asked for.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use ruzstd::decoding::StreamingDecoder;

/// Two of the traces of the ARC paper (Megiddo and Modha, "ARC: A Self-Tuning, Low Overhead Replacement Cache", FAST
/// 2003).
pub const NAMES: [&str; 2] = ["OLTP", "P3"];

/// Requests that were recorded.
pub struct Trace {
    /// What it is called.
    pub name: &'static str,
    /// The keys, in the order of the requests.
    pub requests: Vec<u64>,
}

/// The file of this trace.
pub fn file_name(name: &str) -> String {
    format!("{name}.lis.zst")
}

/// A directory that has a file of each trace.
///
/// # Errors
/// Says which one is missing.
pub fn directory(text: &str) -> Result<PathBuf, String> {
    let directory = PathBuf::from(text);
    for file in NAMES.map(|name| directory.join(file_name(name))) {
        if !file.is_file() {
            return Err(format!("there is no file {}", file.display()));
        }
    }
    Ok(directory)
}

impl Trace {
    /// Reads the trace from its file in this directory.
    ///
    /// # Errors
    /// If the file cannot be read, or is no trace.
    pub fn read(name: &'static str, directory: &Path) -> Result<Self, String> {
        let path = directory.join(file_name(name));
        let requests = || {
            let file = File::open(&path).map_err(|error| error.to_string())?;
            requests(file)
        };
        match requests() {
            Ok(requests) => Ok(Trace { name, requests }),
            Err(error) => Err(format!("{}: {error}", path.display())),
        }
    }
}

/// The requests in a text compressed by Zstandard, whose lines are `first count ignored number`: each of them is a
/// request for each of the keys from `first` on, that many.
fn requests(compressed: impl Read) -> Result<Vec<u64>, String> {
    let text = StreamingDecoder::new(compressed).map_err(|error| error.to_string())?;
    let mut requests = Vec::new();
    for (number, line) in BufReader::new(text).lines().enumerate() {
        let line = line.map_err(|error| error.to_string())?;
        let range = range(&line).ok_or_else(|| format!("line {}: {line:?}", number + 1))?;
        requests.extend(range);
    }
    if requests.is_empty() {
        return Err("no request".to_string());
    }
    Ok(requests)
}

/// What one line asks for.
fn range(line: &str) -> Option<std::ops::Range<u64>> {
    let mut numbers = line.split_ascii_whitespace();
    let first: u64 = numbers.next()?.parse().ok()?;
    // More than this is no line of a trace.
    let count: u32 = numbers.next()?.parse().ok()?;
    Some(first..first.checked_add(count.into())?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    fn of(text: &str) -> Result<Vec<u64>, String> {
        requests(&compress_to_vec(text.as_bytes(), CompressionLevel::Fastest)[..])
    }

    #[test]
    fn a_line_asks_for_each_key_of_a_range() {
        let requests = of("5 3 0 0\n7 1 0 1\r\n100 2 0 2\n");
        assert_eq!(requests, Ok(vec![5, 6, 7, 7, 100, 101]));
    }

    #[test]
    fn what_is_no_trace_is_refused_with_its_line() {
        assert_eq!(of("5 3 0 0\n7\n"), Err("line 2: \"7\"".to_string()));
        assert_eq!(of("5 -3 0 0\n"), Err("line 1: \"5 -3 0 0\"".to_string()));
        assert_eq!(of(""), Err("no request".to_string()));
        assert!(requests(&b"5 3 0 0\n"[..]).is_err());
    }

    #[test]
    fn a_directory_without_a_trace_is_refused() {
        let error = directory("/nowhere").expect_err("no such directory");
        assert!(error.contains("OLTP.lis.zst"), "{error}");
    }
}
