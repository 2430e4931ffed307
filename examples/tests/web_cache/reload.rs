//! A table that changes while it is served.

use crate::{eventually, files::Directory, program::Server};

const OLD: &str = "id,v\na,1\nb,2\nc,3\n";
const NEW: &str = "id,v\na,1\nb,20\nd,4\n";

fn server(more: &[&str]) -> (Directory, Server) {
    let directory = Directory::new();
    let table = directory.write("t.csv", OLD);
    let server = Server::with(&table, Some("v"), more);
    (directory, server)
}

#[track_caller]
fn assert_new(server: &Server) {
    eventually("the new table is served", || {
        server.value("b") == Some("20".into())
    });
    assert_eq!(server.value("a"), Some("1".into()));
    assert_eq!(server.value("c"), None);
    assert_eq!(server.value("d"), Some("4".into()));
    assert_eq!(server.health()["entries"], 3);
}

#[test]
fn what_differs_is_applied_in_one_step() {
    let (directory, server) = server(&[]);
    directory.replace("t.csv", NEW);
    assert_new(&server);
    assert_eq!(server.version(), 2);
    eventually("the change is logged", || {
        server.log().contains("inserted=1 changed=1 removed=1")
    });
    assert_eq!(server.metric("refresh_seconds_count"), 2.0);
    assert_eq!(server.metric("reloads_total{outcome=\"applied\"}"), 1.0);
}

#[test]
fn a_file_that_is_written_in_place_is_picked_up() {
    let (directory, server) = server(&[]);
    directory.write("t.csv", NEW);
    assert_new(&server);
}

#[test]
fn a_change_is_picked_up_without_help_from_the_system() {
    let (directory, server) = server(&["--poll"]);
    directory.replace("t.csv", NEW);
    assert_new(&server);
    directory.write("t.csv", OLD);
    eventually("the old table is back", || {
        server.value("c") == Some("3".into())
    });
}

#[test]
fn every_of_many_changes_is_picked_up() {
    let (directory, server) = server(&[]);
    for n in 0..20 {
        let value = n.to_string();
        directory.replace("t.csv", format!("id,v\na,{value}\n"));
        eventually("the value is served", || {
            server.value("a") == Some(value.as_str().into())
        });
    }
    assert_eq!(server.version(), 21);
}

#[test]
fn a_file_in_the_working_directory_is_followed() {
    let directory = Directory::new();
    directory.write("t.csv", OLD);
    let server = Server::start_in(&directory.path("."), "t.csv");
    directory.replace("t.csv", NEW);
    assert_new(&server);
}

#[cfg(unix)]
mod unix {
    use std::{fs, os::unix::fs::symlink};

    use rustix::process::Signal;

    use super::*;

    #[test]
    fn a_link_is_followed_when_it_is_changed_and_when_its_file_is() {
        let directory = Directory::new();
        fs::create_dir(directory.path("data")).expect("a directory");
        directory.write("data/1.csv", OLD);
        directory.write("data/2.csv", NEW);
        symlink("data/1.csv", directory.path("t.csv")).expect("a link");
        let server = Server::of(&directory.path("t.csv"), Some("v"));

        directory.replace("data/1.csv", "id,v\na,5\n");
        eventually("the linked file is followed", || {
            server.value("a") == Some("5".into())
        });
        symlink("data/2.csv", directory.path("t.new")).expect("a link");
        fs::rename(directory.path("t.new"), directory.path("t.csv")).expect("the link changed");
        assert_new(&server);
    }

    #[test]
    fn a_table_that_has_not_changed_is_no_new_version() {
        let (directory, server) = server(&[]);
        for n in 1..=3 {
            server.signal(Signal::HUP);
            eventually("the table is read again", || {
                server.metric("reloads_total{outcome=\"unchanged\"}") >= f64::from(n)
            });
        }
        // Rows in another order are the same table.
        directory.replace("t.csv", "id,v\nc,3\na,1\nb,2\n");
        eventually("the table is read again", || {
            server.metric("reloads_total{outcome=\"unchanged\"}") >= 4.0
        });
        assert_eq!(server.version(), 1);
        assert_eq!(server.metric("refresh_seconds_count"), 1.0);
    }

    #[test]
    fn an_edit_that_keeps_size_and_time_is_noticed() {
        use std::time::{Duration, SystemTime};

        let (directory, server) = server(&["--poll"]);
        let path = directory.path("t.csv");
        let long_ago = SystemTime::now() - Duration::from_secs(3600);
        let set_time = || {
            let file = fs::File::options()
                .write(true)
                .open(&path)
                .expect("the file");
            file.set_modified(long_ago).expect("its time set");
        };
        set_time();
        eventually("the older time is noticed", || {
            server.metric("reloads_total{outcome=\"unchanged\"}") >= 1.0
        });
        fs::write(&path, OLD.replace("a,1", "a,9")).expect("the file");
        set_time();
        eventually("the new value is served", || {
            server.value("a") == Some("9".into())
        });
    }

    #[test]
    fn a_signal_to_the_server_of_the_shipped_table_does_no_harm() {
        let server = Server::start::<&str>(&[]);
        server.signal(Signal::HUP);
        eventually("the table is read again", || {
            server.metric("reloads_total{outcome=\"unchanged\"}") >= 1.0
        });
        assert_eq!(server.health()["status"], "ok");
    }
}
