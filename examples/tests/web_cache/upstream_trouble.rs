//! An upstream that fails, is slow, or means harm.

use std::{
    io::{self, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};

use crate::{
    eventually,
    origin::{self, Origin, ok, response, wait_for_end},
    program::{Server, run},
};

/// The most bytes that a value may have.
const LARGEST: usize = 1 << 20;

/// The server must answer with this error, and go on.
#[track_caller]
fn assert_error(server: &Server, status: u16, error: &str) {
    let response = server.get("/v1/k");
    assert_eq!(response.status, status, "{error}");
    let message = response.error();
    assert!(message.contains(error), "{message}");
    assert_eq!(response.headers["cache-control"], "no-store");
    assert_eq!(server.value("in-table"), Some("from the table".into()));
}

#[track_caller]
fn assert_refused(origin: &Origin, error: &str) {
    let (_directory, server) = origin.server(&[]);
    assert_error(&server, 502, error);
    assert_eq!(server.metric("upstream_open_requests"), 0.0);
    assert_eq!(server.metric("upstream_load_failures_total"), 1.0);
    assert_eq!(server.metric("upstream_entries"), 0.0);
}

#[test]
fn other_statuses_are_failures() {
    for status in [
        "201 Created",
        "204 No Content",
        "206 Partial Content",
        "304 Not Modified",
        "401 Unauthorized",
        "500 Internal Server Error",
        "503 Service Unavailable",
        "999 Odd",
    ] {
        let origin = Origin::saying(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"));
        assert_refused(&origin, &format!("the upstream answered {}", &status[..3]));
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let head = "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n";
    let origin = Origin::saying(head);
    assert_refused(&origin, "302 Found");
    assert_eq!(origin.targets(), ["/base/k"]);
}

#[test]
fn a_failure_is_not_remembered() {
    let works = Arc::new(AtomicBool::new(false));
    let seen = works.clone();
    let origin = Origin::start(move |_, stream| {
        let status = if seen.load(SeqCst) {
            "200 OK"
        } else {
            "500 No"
        };
        stream.write_all(&response(status, "text/plain", "v"))
    });
    let (_directory, server) = origin.server(&[]);
    assert_error(&server, 502, "500");
    works.store(true, SeqCst);
    assert_eq!(server.get("/v1/k").text(), "v");
}

#[test]
fn the_largest_value_is_served_and_no_larger_one() {
    let body = "x".repeat(LARGEST);
    let origin = Origin::saying(ok(&body));
    let (_directory, server) = origin.server(&[]);
    assert_eq!(server.get("/v1/k").body.len(), LARGEST);
    assert_refused(&Origin::saying(ok(&(body + "x"))), "1048576 bytes");
}

#[test]
fn a_length_is_not_believed() {
    // Nobody waits for what is said to come.
    let huge = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n",
        u64::MAX / 2
    );
    let origin = Origin::start(move |_, stream| {
        stream.write_all(huge.as_bytes())?;
        wait_for_end(stream)
    });
    assert_refused(&origin, "1048576 bytes");
    for (head, error) in [
        ("Content-Length: 10\r\n\r\nshort", "cannot be read"),
        ("Content-Length: -1\r\n\r\n", "cannot be read"),
        (
            "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            "cannot be read",
        ),
    ] {
        assert_refused(&Origin::saying(format!("HTTP/1.1 200 OK\r\n{head}")), error);
    }
    // What comes after the body is no part of it.
    let origin = Origin::saying("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabcdef");
    let (_directory, server) = origin.server(&[]);
    assert_eq!(server.get("/v1/k").text(), "ab");
}

/// Sends the head, and then the rest again and again until nobody listens.
fn endless(head: &'static str, rest: &'static str) -> Origin {
    Origin::start(move |_, stream| {
        stream.write_all(head.as_bytes())?;
        let rest = rest.repeat(1000);
        loop {
            stream.write_all(rest.as_bytes())?;
        }
    })
}

#[test]
fn an_answer_without_end_is_given_up() {
    for (head, rest, error) in [
        ("HTTP/1.1 200 OK\r\n\r\n", "x", "1048576 bytes"),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            "1\r\nx\r\n",
            "1048576 bytes",
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1",
            ";x=y",
            "cannot be read",
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
            "X: y\r\n",
            "cannot be read",
        ),
        ("HTTP/1.1 200 OK\r\n", "X: y\r\n", "cannot be read"),
        ("HTTP/1.1 200 OK\r\nX: ", "y", "cannot be read"),
        ("HTTP/1.1 200 ", "y", "cannot be read"),
        ("", "x", "cannot be read"),
    ] {
        assert_refused(&endless(head, rest), error);
    }
}

#[test]
fn an_answer_that_is_not_http_is_refused() {
    for answer in [
        &b""[..],
        b"\0",
        b"\r\n\r\n",
        b"220 smtp.example ESMTP\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX\xFF: a\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Len",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        assert_refused(&Origin::saying(answer), "cannot be read");
    }
}

#[test]
fn a_value_that_is_compressed_is_refused() {
    let head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx";
    assert_refused(&Origin::saying(head), "is encoded");
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n";
    assert_refused(&Origin::saying(head), "is encoded");
}

#[test]
fn a_type_that_cannot_be_kept_is_that_of_any_bytes() {
    let long = format!("text/{}", "x".repeat(300));
    for kind in ["", &*long] {
        let origin = Origin::saying(response("200 OK", kind, "v"));
        let (_directory, server) = origin.server(&[]);
        let response = server.get("/v1/k");
        assert_eq!(response.status, 200);
        assert_eq!(response.headers["content-type"], "application/octet-stream");
    }
}

#[test]
fn an_upstream_that_does_not_finish_is_given_up() {
    let wait = |_: &str, stream: &mut TcpStream| wait_for_end(stream);
    let begin = |_: &str, stream: &mut TcpStream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")?;
        wait_for_end(stream)
    };
    let continue_always = |_: &str, stream: &mut TcpStream| -> io::Result<()> {
        loop {
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
    };
    for origin in [
        Origin::start(wait),
        Origin::start(begin),
        Origin::start(continue_always),
    ] {
        let (_directory, server) = origin.server(&["--upstream-timeout", "1"]);
        assert_error(&server, 504, "no answer from the upstream within 1 s");
        eventually("its place is free", || {
            server.metric("upstream_open_requests") == 0.0
        });
    }
}

#[test]
fn a_request_that_waits_too_long_for_its_place_is_given_up() {
    let origin = Origin::start(|_, stream| wait_for_end(stream));
    let (_directory, server) =
        origin.server(&["--upstream-timeout", "1", "--upstream-requests", "1"]);
    let clients = origin::ask(&server, (0..5).map(|n| format!("/v1/{n}")));
    for response in origin::receive(clients) {
        assert_eq!(response.status, 504);
    }
}

/// An address of this machine that nobody listens on, for as long as the streams live.
fn unheard() -> (String, [TcpStream; 2]) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let stream = TcpStream::connect(listener.local_addr().expect("its address"));
    let stream = stream.expect("a connection");
    let (other, address) = listener.accept().expect("the connection");
    // The port is taken by the stream, so it becomes nobody else's.
    (format!("http://{address}/"), [stream, other])
}

#[test]
fn an_upstream_that_is_not_there_is_a_failure() {
    let (url, _streams) = unheard();
    let (_directory, server) = origin::server(&url, &[]);
    assert_error(&server, 502, "cannot be reached");
    // No name has a part of more than 63 letters, so nobody is asked for it.
    let url = format!("http://{}.invalid", "a".repeat(64));
    let (_directory, server) = origin::server(&url, &[]);
    assert_error(&server, 502, "cannot be reached");
}

/// An upstream that has a value until it is told to fail.
fn failing_later() -> (Origin, Arc<AtomicBool>) {
    let fails = Arc::new(AtomicBool::new(false));
    let seen = fails.clone();
    let origin = Origin::start(move |_, stream| match seen.load(SeqCst) {
        true => stream.write_all(&response("500 No", "text/plain", "")),
        false => stream.write_all(&response("200 OK", "text/x", "old")),
    });
    (origin, fails)
}

#[test]
fn an_old_value_is_shown_while_the_upstream_fails() {
    let (origin, fails) = failing_later();
    let (_directory, server) = origin.server(&["--ttl", "1", "--stale-if-error", "3600"]);
    let fresh = server.get("/v1/k");
    fails.store(true, SeqCst);
    eventually("its time is over", || {
        let old = server.get("/v1/k");
        assert_eq!((old.status, old.text()), (200, "old"));
        assert_eq!(old.headers["content-type"], "text/x");
        assert_eq!(old.etag(), fresh.etag());
        server.metric("upstream_stale_total") >= 2.0
    });
    // A key without an old value.
    let response = server.get("/v1/other");
    assert_eq!(response.status, 502);
}

#[test]
fn that_there_is_no_value_is_shown_while_the_upstream_fails() {
    let fails = Arc::new(AtomicBool::new(false));
    let seen = fails.clone();
    let origin = Origin::start(move |_, stream| match seen.load(SeqCst) {
        true => stream.write_all(&response("500 No", "text/plain", "")),
        false => stream.write_all(&response("404 No", "text/plain", "")),
    });
    let (_directory, server) = origin.server(&["--absent-ttl", "1", "--stale-if-error", "3600"]);
    assert_eq!(server.get("/v1/k").status, 404);
    fails.store(true, SeqCst);
    eventually("its time is over", || {
        assert_eq!(server.get("/v1/k").status, 404);
        server.metric("upstream_stale_total") >= 2.0
    });
}

#[test]
fn an_old_value_is_shown_for_a_limited_time() {
    for more in [
        &["--ttl", "1"][..],
        &["--ttl", "1", "--stale-if-error", "1"],
    ] {
        let (origin, fails) = failing_later();
        let (_directory, server) = origin.server(more);
        assert_eq!(server.get("/v1/k").text(), "old");
        fails.store(true, SeqCst);
        eventually("it is not shown any more", || {
            server.get("/v1/k").status == 502
        });
    }
}

#[test]
fn an_old_value_is_not_shown_once_the_upstream_says_that_it_is_gone() {
    let step = Arc::new(AtomicBool::new(false));
    let seen = step.clone();
    let origin = Origin::start(move |_, stream| match seen.load(SeqCst) {
        true => stream.write_all(&response("404 No", "text/plain", "")),
        false => stream.write_all(&ok("old")),
    });
    let (_directory, server) = origin.server(&["--ttl", "1", "--stale-if-error", "3600"]);
    assert_eq!(server.get("/v1/k").text(), "old");
    step.store(true, SeqCst);
    eventually("it is gone", || server.get("/v1/k").status == 404);
    assert_eq!(server.metric("upstream_stale_total"), 0.0);
}

#[test]
fn a_url_that_cannot_be_asked_is_refused_at_start() {
    for (url, reason) in [
        ("", "does not begin with http://"),
        ("localhost:80", "does not begin with http://"),
        ("ftp://localhost", "does not begin with http://"),
        ("https://localhost", "https is not possible"),
        (
            "http://me:swordfish@localhost/",
            "a user name or a password",
        ),
        ("http://localhost/?key=", "`?`"),
        ("http://localhost/#a", "`#`"),
        ("http://localhost:0", "port"),
        ("http://localhost/a b", "percent-encoded"),
        ("http://", "URL"),
    ] {
        let outcome = run(&["--listen", "127.0.0.1:0", "--upstream", url]);
        assert!(!outcome.status.success(), "{url}");
        assert_eq!(outcome.stdout, "");
        let lines: Vec<_> = outcome.stderr.lines().collect();
        let [line] = *lines else {
            panic!("{lines:?}");
        };
        assert!(line.starts_with("error: --upstream: "), "{line}");
        assert!(line.contains(reason), "{url}: {line}");
        assert!(!line.contains("swordfish"), "{line}");
    }
}

#[test]
fn the_flags_of_an_upstream_need_one() {
    for flag in [
        "--ttl",
        "--absent-ttl",
        "--capacity",
        "--stale-if-error",
        "--upstream-timeout",
        "--upstream-requests",
    ] {
        let outcome = run(&[flag, "5"]);
        assert_eq!(outcome.status.code(), Some(2), "{flag}");
        assert!(outcome.stderr.contains("--upstream <URL>"), "{flag}");
        for wrong in ["0", "-1", "1.5", "99999999999999999999", ""] {
            let outcome = run(&["--upstream", "http://localhost", flag, wrong]);
            assert_eq!(outcome.status.code(), Some(2), "{flag} {wrong}");
        }
    }
}
