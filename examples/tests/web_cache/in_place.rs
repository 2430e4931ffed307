//! A file that is written where it stands, so that it is half-written for a while.

use std::{
    fs::{self, File},
    io::Write,
};

use serde_json::{Value, json};

use crate::{eventually, files::Directory, program::Server};

const OLD: &str = "id,v\na,1\nb,2\nc,3\n";
/// Cut within `100`, this is a table too.
const NEW: &str = "id,v\na,100\nb,200\nd,400\n";

/// What is served under every key of both tables.
fn rows(server: &Server) -> Value {
    server.get("/v1?keys=a,b,c,d").json()["values"].clone()
}

fn old() -> Value {
    json!({"a": "1", "b": "2", "c": "3"})
}

fn new() -> Value {
    json!({"a": "100", "b": "200", "d": "400"})
}

fn server(more: &[&str]) -> (Directory, Server) {
    let directory = Directory::new();
    let table = directory.write("t.csv", OLD);
    let server = Server::with(&table, Some("v"), more);
    assert_eq!(rows(&server), old());
    (directory, server)
}

/// Where the system tells when a file that was written is closed.
#[cfg(any(target_os = "linux", target_os = "android"))]
mod until_closed {
    use std::{
        os::unix::fs::symlink,
        path::Path,
        thread,
        time::{Duration, Instant},
    };

    use super::*;
    use crate::{in_time, is_late};

    /// For how long a writer may write nothing before its file is taken as complete.
    const LONGEST_PAUSE: Duration = Duration::from_secs(2);
    /// Longer than a file has to be quiet.
    const PAUSE: Duration = Duration::from_millis(400);
    /// Longer than between two looks at the file.
    const LONG_PAUSE: Duration = Duration::from_millis(900);

    /// Writes the new table in two parts, with a pause during which only the old table may be served; or returns none,
    /// if the pause has become too long.
    #[track_caller]
    fn write_with_a_pause(path: &Path, cut: usize, pause: Duration, server: &Server) -> Option<()> {
        let began = Instant::now();
        let mut file = File::create(path).expect("the file");
        let (before, behind) = NEW.split_at(cut);
        file.write_all(before.as_bytes()).expect("bytes written");
        while began.elapsed() < pause {
            let served = rows(server);
            if is_late(began, LONGEST_PAUSE) {
                return None;
            }
            assert_eq!(served, old());
            thread::sleep(Duration::from_millis(5));
        }
        file.write_all(behind.as_bytes()).expect("bytes written");
        drop(file);
        if is_late(began, LONGEST_PAUSE) {
            return None;
        }
        eventually("the new table is served", || rows(server) == new());
        assert_eq!(server.version(), 2, "cut at {cut}");
        Some(())
    }

    // The story: a file was read as soon as it had been quiet for 120 ms, so a writer that paused for longer had its
    // half-written file served: without the rows that were to come, and with a last row that was cut.
    #[test]
    fn no_half_of_a_file_is_served_while_its_writer_pauses() {
        let at = |text: &str| NEW.find(text).expect("a place in the table");
        for cut in [
            at("a,100") + 3,
            at("b,200"),
            at("b,200") + 1,
            at("d,400"),
            at("d,400") + 4,
        ] {
            in_time("the pause is short", || {
                let (directory, server) = server(&[]);
                write_with_a_pause(&directory.path("t.csv"), cut, PAUSE, &server)?;
                assert_eq!(server.metric("reload_failures_total"), 0.0);
                Some(())
            });
        }
    }

    // The story: a file that was not there was looked for twice a second, and read as soon as some of it was there.
    #[test]
    fn no_half_of_a_file_that_was_gone_is_served_either() {
        let cut = NEW.find("b,200").expect("a place in the table");
        in_time("the pause is short", || {
            let (directory, server) = server(&[]);
            fs::remove_file(directory.path("t.csv")).expect("the file removed");
            eventually("the loss is shown", || {
                server.health()["status"] == "degraded"
            });
            let failures = server.metric("reload_failures_total");
            write_with_a_pause(&directory.path("t.csv"), cut, LONG_PAUSE, &server)?;
            assert_eq!(server.metric("reload_failures_total"), failures);
            Some(())
        });
    }

    #[test]
    fn no_half_of_the_file_behind_a_link_is_served_either() {
        let cut = NEW.find("b,200").expect("a place in the table");
        in_time("the pause is short", || {
            let directory = Directory::new();
            let file = directory.write("data.csv", OLD);
            symlink("data.csv", directory.path("t.csv")).expect("a link");
            let server = Server::of(&directory.path("t.csv"), Some("v"));
            write_with_a_pause(&file, cut, LONG_PAUSE, &server)?;
            assert_eq!(server.metric("reload_failures_total"), 0.0);
            Some(())
        });
    }

    #[test]
    fn a_file_that_arrives_byte_by_byte_is_one_new_version() {
        in_time("the bytes follow each other soon", || {
            let (directory, server) = server(&[]);
            let mut before = Instant::now();
            let mut file = File::create(directory.path("t.csv")).expect("the file");
            for byte in NEW.as_bytes() {
                let now = Instant::now();
                file.write_all(&[*byte]).expect("a byte");
                let served = rows(&server);
                if is_late(before, LONGEST_PAUSE) {
                    return None;
                }
                assert_eq!(served, old());
                before = now;
                // Longer in all than a file that is never quiet is waited for.
                thread::sleep(Duration::from_millis(30));
            }
            drop(file);
            eventually("the new table is served", || rows(&server) == new());
            assert_eq!(server.version(), 2);
            Some(())
        });
    }
}

#[test]
fn a_file_that_is_never_closed_is_served_all_the_same() {
    let (directory, server) = server(&[]);
    let mut file = File::create(directory.path("t.csv")).expect("the file");
    file.write_all(NEW.as_bytes()).expect("bytes written");
    eventually("the new table is served", || rows(&server) == new());
    assert_eq!(server.version(), 2);
}

#[test]
fn a_file_that_is_rewritten_without_a_pause_is_served_all_the_same() {
    let (directory, server) = server(&[]);
    let mut n = 0;
    eventually("some new table is served", || {
        n += 1;
        fs::write(directory.path("t.csv"), format!("id,v\na,{n}\n")).expect("the file");
        server.version() > 3
    });
}

// The story: the last row of a file that ends within its last field looks complete.
#[test]
fn a_last_row_without_its_line_break_is_unfinished_if_the_one_before_had_it() {
    let jsonl = |table: &str| -> String {
        let row = |line: &str| {
            let (id, v) = line.split_once(',')?;
            Some(format!("{{\"id\":\"{id}\",\"v\":\"{v}\"}}\n"))
        };
        table.lines().skip(1).filter_map(row).collect()
    };
    let csv = |table: &str| table.to_owned();
    let cases: [(&str, &dyn Fn(&str) -> String); 2] = [("t.csv", &csv), ("t.jsonl", &jsonl)];
    for (name, form) in cases {
        let directory = Directory::new();
        let table = directory.write(name, form(OLD));
        let server = Server::of(&table, Some("v"));
        let complete = form(NEW);
        let cut = complete.strip_suffix('\n').expect("a line break");
        directory.replace(name, cut);
        eventually("the error is shown", || {
            let error = server.health()["error"].clone();
            let expected =
                "no line break ends the last row, as one did before: the file looks unfinished";
            error
                .as_str()
                .is_some_and(|error| error.ends_with(expected))
        });
        assert_eq!(rows(&server), old());
        directory.replace(name, &complete);
        eventually("the whole table is served", || rows(&server) == new());
        assert_eq!(server.version(), 2);
        assert_eq!(server.health()["status"], "ok");
    }
}

#[test]
fn a_table_may_lack_its_last_line_break_at_start_and_from_then_on() {
    let directory = Directory::new();
    let table = directory.write("t.csv", OLD.trim_end());
    let server = Server::of(&table, Some("v"));
    assert_eq!(rows(&server), old());
    directory.replace("t.csv", NEW.trim_end());
    eventually("the new table is served", || rows(&server) == new());
    // Once it ends with one, it is expected to.
    directory.replace("t.csv", OLD);
    eventually("the old table is served", || rows(&server) == old());
    directory.replace("t.csv", NEW.trim_end());
    eventually("the file is taken for unfinished", || {
        server.health()["status"] == "degraded"
    });
    assert_eq!(rows(&server), old());
}
