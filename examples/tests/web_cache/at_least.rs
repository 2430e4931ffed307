//! Reads that must not be older than a version.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::{
    in_time, is_late,
    wire::{Connection, Response, head},
    writing::{Writer, server, version_of},
};

const TABLE: &str = "id,v\na,1\n";
/// How long the server lets a request wait.
const LONGEST: Duration = Duration::from_secs(2);
const TARGETS: [&str; 2] = ["/v1/a", "/v1?keys=a"];

fn read(connection: &mut Connection, method: &str, target: &str, version: &str) -> Response {
    connection.request(method, target, &[("If-Version-At-Least", version)])
}

#[test]
fn a_version_that_is_there_is_not_waited_for() {
    let (_directory, server) = server(TABLE);
    let mut connection = server.connect();
    for target in TARGETS {
        for version in ["0", "1", "001"] {
            let response = read(&mut connection, "GET", target, version);
            assert_eq!(response.status, 200);
            assert_eq!(response.version(), 1);
        }
    }
    // It has no say in what else there is to say.
    assert_eq!(read(&mut connection, "GET", "/v1/x", "1").status, 404);
    let tag = connection.get("/v1/a").etag().to_owned();
    let headers = [("If-Version-At-Least", "1"), ("If-None-Match", &*tag)];
    assert_eq!(connection.request("GET", "/v1/a", &headers).status, 304);
}

#[test]
fn a_version_that_never_comes_is_412_after_a_while() {
    let (_directory, server) = server(TABLE);
    let mut connection = server.connect();
    let most = u64::MAX.to_string();
    for (target, version) in [(TARGETS[0], "2"), (TARGETS[1], &*most)] {
        let started = Instant::now();
        let response = read(&mut connection, "GET", target, version);
        assert_eq!(response.status, 412);
        assert!(is_late(started, LONGEST), "it was not waited for");
        assert_eq!(response.version(), 1);
        assert_eq!(
            response.error(),
            format!("version {version} is not there, and did not come in 2 s; 1 is")
        );
    }
    let response = read(&mut connection, "HEAD", "/v1/a", "2");
    assert_eq!(response.status, 412);
    // Had there been a body, it would be taken for the next response.
    assert_eq!(read(&mut connection, "HEAD", "/v1/a", "1").status, 200);
    assert_eq!(connection.get("/v1/a").json(), "1");
}

#[test]
fn a_version_is_waited_for_and_what_is_read_then_has_it() {
    let (_directory, server) = server(TABLE);
    let mut writer = Writer::of(&server);
    let mut connection = server.connect();
    for (round, target) in TARGETS.into_iter().cycle().take(10).enumerate() {
        let value = format!("\"round {round}\"");
        let (version, response) = in_time("the version is waited for", || {
            let next = (server.version() + 1).to_string();
            let started = Instant::now();
            connection.send(head("GET", target, &[("If-Version-At-Least", &*next)]));
            // Long enough for most requests to be there first; the answer is the same if not.
            thread::sleep(Duration::from_millis(20));
            let version = version_of(&writer.put("a", &value));
            let response = connection.receive("GET").expect("a response");
            let is_refused = response.status == 412 && is_late(started, LONGEST);
            (!is_refused).then_some((version, response))
        });
        assert_eq!(response.status, 200);
        assert!(response.version() >= version);
        assert!(response.text().contains(&value), "{}", response.text());
    }
}

#[test]
fn a_reload_is_a_version_to_wait_for_too() {
    let (directory, server) = server(TABLE);
    directory.replace("t.csv", "id,v\na,2\n");
    let mut connection = server.connect();
    // A reload takes some time to begin, so more than one wait may pass.
    crate::eventually("the reload is seen", || {
        let response = read(&mut connection, "GET", "/v1/a", "2");
        assert!(matches!(response.status, 200 | 412));
        response.status == 200 && response.json() == "2"
    });
}

#[test]
fn what_is_no_version_is_refused() {
    let (_directory, server) = server(TABLE);
    let mut connection = server.connect();
    for target in TARGETS {
        for version in ["", "x", "-1", "+1", "1.0", "1, 2", "18446744073709551616"] {
            let response = read(&mut connection, "GET", target, version);
            assert_eq!(response.status, 400, "{version}");
            assert!(response.error().contains("If-Version-At-Least"));
        }
        let twice = [("If-Version-At-Least", "1"), ("if-version-at-least", "1")];
        assert_eq!(connection.request("GET", target, &twice).status, 400);
    }
}

#[test]
fn many_may_wait_at_a_time() {
    let (_directory, server) = server(TABLE);
    let mut waiting: Vec<_> = (0..50).map(|_| server.connect()).collect();
    // None of them holds up others, or the write that they wait for: else it would take as long as they wait.
    in_time("nobody is held up", || {
        let version = server.version() + 1;
        let started = Instant::now();
        for connection in &mut waiting {
            let headers = [("If-Version-At-Least", &*version.to_string())];
            connection.send(head("GET", "/v1/a", &headers));
        }
        assert!(server.value("a").is_some());
        let value = version.to_string();
        assert_eq!(version_of(&Writer::of(&server).put("a", &value)), version);
        for connection in &mut waiting {
            let response = connection.receive("GET").expect("a response");
            if response.status != 412 || !is_late(started, LONGEST) {
                assert_eq!((response.status, response.text()), (200, &*value));
            }
        }
        (!is_late(started, LONGEST)).then_some(())
    });
}
