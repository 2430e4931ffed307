//! A system that does not do its part: nobody reads the log, files cannot be opened, signals come early.

use rustix::process::Signal;

use crate::{eventually, files::Directory, program::Server};

fn table(directory: &Directory, value: u32) {
    directory.replace("t.csv", format!("id,v\na,{value}\n"));
}

#[track_caller]
fn assert_served(server: &Server, value: u32) {
    let value = value.to_string();
    eventually("the edit is served", || {
        server.value("a") == Some(value.as_str().into())
    });
}

// The story: an edit was logged, the log could not be written, that was to be told on standard error, which panicked;
// so ended the writer, and at the end the server.
#[test]
fn a_log_that_nobody_reads_does_no_harm() {
    let directory = Directory::new();
    table(&directory, 1);
    let path = directory.path("t.csv");
    let mut server = Server::with_and(&path, Some("v"), &[], |child| drop(child.stderr.take()));
    for value in [2, 3] {
        table(&directory, value);
        assert_served(&server, value);
        assert_eq!(server.health()["status"], "ok");
    }
    assert_eq!(server.version(), 3);
    server.signal(Signal::TERM);
    assert!(server.wait().success());
}

#[test]
fn an_error_that_nobody_reads_is_still_an_exit_code() {
    let outcome = crate::program::run_unheard(&["--table", "no such file", "--key", "id"]);
    assert_eq!(outcome.code(), Some(1));
}

#[cfg(target_os = "linux")]
mod linux {
    use std::{fs, process::Child, thread, time::Duration};

    use rustix::process::{Pid, Resource, Rlimit, getrlimit, kill_process, prlimit};

    use super::*;

    fn limit_files(server: &Server, current: Option<u64>) {
        let limit = Rlimit {
            current,
            ..getrlimit(Resource::Nofile)
        };
        prlimit(Some(server.id()), Resource::Nofile, limit).expect("the limit set");
    }

    // The story: a file that could not be opened for want of descriptors was not read again until its next edit.
    #[test]
    fn a_reload_that_failed_for_a_passing_reason_is_tried_again() {
        for more in [&[][..], &["--poll"]] {
            let directory = Directory::new();
            table(&directory, 1);
            let server = Server::with(&directory.path("t.csv"), Some("v"), more);
            // Nobody is served now either, so only the log is looked at.
            limit_files(&server, Some(3));
            table(&directory, 2);
            let failed = || server.log().matches("Too many open files").count();
            eventually("the reload fails", || failed() > 0);
            // Time for some attempts that fail too.
            thread::sleep(Duration::from_millis(1200));
            limit_files(&server, getrlimit(Resource::Nofile).current);
            assert_served(&server, 2);
            assert_eq!(failed(), 1, "{}", server.log());
            assert_eq!(server.metric("reload_failures_total"), 1.0);
            assert_eq!(server.health()["status"], "ok");
            assert_eq!(server.version(), 2);
        }
    }

    /// How many bytes of the program are in memory.
    fn resident(child: &Child) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id()));
        let status = status.expect("the program's state");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next());
        1024 * kilobytes.map_or(0, |number| number.parse().expect("a number"))
    }

    // The story: the signal was handled only once the table had been loaded, and ended the process before.
    #[test]
    fn a_hangup_while_the_table_is_loaded_is_answered_by_a_reload() {
        const SIZE: usize = 48 << 20;

        let directory = Directory::new();
        let rows = (0..SIZE / 128).map(|n| format!("{n},{}\n", "x".repeat(120)));
        let path = directory.write("t.csv", format!("id,v\n{}", rows.collect::<String>()));
        let server = Server::with_and(&path, Some("v"), &[], |child| {
            eventually("the file is being read", || resident(child) > SIZE / 2);
            kill_process(Pid::from_child(child), Signal::HUP).expect("a signal sent");
        });
        eventually("the table is read again", || {
            server.metric("reloads_total{outcome=\"unchanged\"}") == 1.0
        });
    }
}
