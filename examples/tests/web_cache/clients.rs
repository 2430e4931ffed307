//! Clients that are slow, broken or many, and the server's end.

use std::{
    net::Shutdown,
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use crate::{
    eventually,
    files::Directory,
    in_time, is_late,
    program::Server,
    wire::{Connection, Response, head},
};

/// How long such a server waits for a client.
const IMPATIENCE: Duration = Duration::from_secs(1);
/// How long answers under way may take once the server has been told to stop.
const LONGEST_GOODBYE: Duration = Duration::from_secs(5);

/// A server that may let any client go that the machine keeps from being quick.
fn with_short_timeouts(more: &[&str]) -> Server {
    let mut arguments = vec!["--client-timeout", "1"];
    arguments.extend(more);
    Server::start(&arguments)
}

/// Sends it to a server with short timeouts, on a connection of its own, and returns the response with the connection.
fn ask(server: &Server, bytes: &str) -> (Connection, Response) {
    in_time("a client is served that is quick enough", || {
        let started = Instant::now();
        let mut connection = server.connect();
        let response = match connection.try_send(bytes) {
            Ok(()) => connection.receive("GET"),
            Err(_) => None,
        };
        assert!(response.is_some() || is_late(started, IMPATIENCE));
        Some((connection, response?))
    })
}

/// A server whose one value does not fit in the buffers between it and its client.
fn of_a_large_value(more: &[&str]) -> (Directory, Server) {
    let directory = Directory::new();
    let table = format!("id,v\na,{}\n", "x".repeat(LARGE - 2));
    let table = directory.write("t.csv", table);
    let server = Server::with(&table, Some("v"), more);
    (directory, server)
}

/// The large value's length as JSON.
const LARGE: usize = 32 << 20;

fn assert_alive(server: &Server) {
    let (_, response) = ask(server, &head("GET", "/v1/DE", &[]));
    assert_eq!(response.status, 200);
}

#[test]
fn a_client_that_does_not_finish_its_head_is_let_go() {
    let server = with_short_timeouts(&[]);
    let (mut connection, response) = ask(&server, "GET /v1/DE HTTP/1.1\r\nHost: te");
    assert_eq!(response.status, 408);
    assert_eq!(response.error(), "the request did not arrive in time");
    connection.wait_for_end();
    assert_alive(&server);
}

#[test]
fn a_client_that_sends_its_head_byte_by_byte_is_let_go() {
    let server = with_short_timeouts(&[]);
    let mut connection = server.connect();
    // Every byte is progress, and yet the head does not arrive in time.
    let mut endless = (0..).map(|n| if n % 10 == 9 { "\r\n" } else { "x" });
    connection.send("GET /v1/DE HTTP/1.1\r\n");
    eventually("the server listens no more", || {
        let byte = endless.next().expect("one more");
        connection.try_send(byte).is_err()
    });
    assert_alive(&server);
}

#[test]
fn a_connection_that_is_not_used_is_closed() {
    let server = with_short_timeouts(&[]);
    let mut connection = server.connect();
    assert!(connection.receive("GET").is_none());
    let (mut connection, response) = ask(&server, &head("GET", "/v1/DE", &[]));
    assert_eq!(response.status, 200);
    assert!(connection.receive("GET").is_none());
    assert_alive(&server);
}

#[test]
fn a_client_that_does_not_read_is_let_go() {
    let (_directory, server) = of_a_large_value(&["--client-timeout", "1"]);
    let connections = || {
        let (_, response) = ask(&server, &head("GET", "/metrics", &[]));
        let text = response.text();
        let mut lines = text.lines();
        let number = lines.find_map(|line| line.strip_prefix("web_cache_connections "));
        number.expect("a sample").to_owned()
    };
    let (status, rest) = in_time("the answer is begun", || {
        let started = Instant::now();
        let mut connection = server.connect();
        let sent = connection.try_send(head("GET", "/v1/a", &[]));
        eventually("the client is let go", || connections() == "1");
        let head = sent.ok().and_then(|()| connection.receive_head());
        assert!(head.is_some() || is_late(started, IMPATIENCE));
        let (status, _) = head?;
        Some((status, connection.receive_rest()))
    });
    assert_eq!(status, 200);
    assert!(rest.len() < LARGE, "it was not let go");
}

#[test]
fn a_slow_client_that_reads_gets_all_of_it() {
    let (_directory, server) = of_a_large_value(&[]);
    let mut connection = server.connect();
    connection.send(head("GET", "/v1/a", &[("Connection", "close")]));
    let (status, _) = connection.receive_head().expect("a head");
    assert_eq!(status, 200);
    thread::sleep(Duration::from_millis(300));
    assert_eq!(connection.receive_rest().len(), LARGE);
}

#[test]
fn what_is_not_http_is_refused() {
    let server = Server::start::<&str>(&[]);
    for bytes in [
        &b"\x16\x03\x01\x00\xF4\x01\x00\x00\xF0\x03\x03\r\n\r\n"[..],
        b"hello\r\n\r\n",
        b"GET /v1/DE HTTP/9.9\r\n\r\n",
        b"GET /v1/\x01 HTTP/1.1\r\n\r\n",
        b"GET /v1/DE HTTP/1.1\r\nno colon\r\n\r\n",
    ] {
        let mut connection = server.connect();
        connection.send(bytes);
        let (status, _) = connection.receive_head().expect("a status");
        assert_eq!(status, 400, "{}", bytes.escape_ascii());
        connection.wait_for_end();
    }
    assert_alive(&server);
}

#[test]
fn a_head_without_end_is_refused() {
    let server = Server::start::<&str>(&[]);
    // A head of 60,000 bytes is none of them.
    let header = "k".repeat(60_000);
    let mut connection = server.connect();
    assert_eq!(
        connection
            .request("GET", "/v1/DE", &[("X", &header)])
            .status,
        200
    );
    for line in ["GET /v1/", "GET /v1/DE HTTP/1.1\r\nX: "] {
        let mut connection = server.connect();
        connection.send(line);
        // The server may close before it has read everything.
        let _ = connection.try_send("k".repeat(200_000) + "\r\n\r\n");
        if let Some((status, headers)) = connection.receive_head() {
            assert!((400..500).contains(&status), "{status}");
            // The HTTP library says no more than the status.
            assert_eq!(headers["content-length"], "0");
        }
    }
    assert_alive(&server);
}

#[test]
fn clients_that_hang_up_do_no_harm() {
    let server = Server::start::<&str>(&[]);
    for sent in ["", "GET /v1/D", "GET /v1/DE HTTP/1.1\r\nHost: test\r\n\r\n"] {
        for _ in 0..50 {
            let mut connection = server.connect();
            connection.send(sent);
        }
    }
    let half = TcpStream::connect(server.address).expect("a connection");
    half.shutdown(Shutdown::Write).expect("half of it closed");
    eventually("their connections are gone", || {
        server.metric("connections") == 1.0
    });
    assert_alive(&server);
}

#[test]
fn requests_that_follow_each_other_closely_are_answered_in_order() {
    let server = Server::start::<&str>(&[]);
    let mut connection = server.connect();
    let codes = ["DE", "FR", "nobody", "AX"];
    let requests = codes.map(|code| head("GET", &format!("/v1/{code}"), &[]));
    connection.send(requests.concat());
    for code in codes {
        let response = connection.receive("GET").expect("a response");
        if code == "nobody" {
            assert_eq!(response.status, 404);
        } else {
            assert_eq!(response.json()["alpha2"], code);
        }
    }
}

#[test]
fn connections_beyond_the_limit_wait() {
    let server = with_short_timeouts(&["--max-connections", "2"]);
    let mut idle: Vec<Connection> = (0..2).map(|_| server.connect()).collect();
    // Both places are taken; they become free when the server loses its patience.
    assert_alive(&server);
    for connection in &mut idle {
        connection.wait_for_end();
    }
}

#[cfg(unix)]
mod end {
    use rustix::process::Signal;

    use super::*;

    #[test]
    fn signals_end_the_server_and_idle_connections_do_not_delay_it() {
        for signal in [Signal::TERM, Signal::INT] {
            in_time("the connection ends by itself", || {
                let mut server = Server::start::<&str>(&[]);
                let mut idle = server.connect();
                assert_eq!(idle.get("/v1/DE").status, 200);
                let started = Instant::now();
                server.signal(signal);
                assert!(server.wait().success());
                let is_cut_off = server.log().contains("cut off");
                assert!(!is_cut_off || is_late(started, LONGEST_GOODBYE));
                idle.wait_for_end();
                assert!(server.log().contains("stopped"));
                (!is_cut_off).then_some(())
            });
        }
    }

    #[test]
    fn an_answer_under_way_is_finished() {
        in_time("the answer is taken", || {
            let (_directory, mut server) = of_a_large_value(&[]);
            let mut connection = server.connect();
            connection.send(head("GET", "/v1/a", &[]));
            connection.receive_head().expect("a head");
            let started = Instant::now();
            server.signal(Signal::TERM);
            eventually("nobody is served any more", || {
                TcpStream::connect(server.address).is_err()
            });
            let is_complete = connection.receive_rest().len() == LARGE;
            assert!(is_complete || is_late(started, LONGEST_GOODBYE));
            assert!(server.wait().success());
            is_complete.then_some(())
        });
    }

    #[test]
    fn a_client_that_takes_nothing_cannot_hold_up_the_end() {
        let (_directory, mut server) = of_a_large_value(&[]);
        let mut connection = server.connect();
        connection.send(head("GET", "/v1/a", &[]));
        connection.receive_head().expect("a head");
        server.signal(Signal::TERM);
        assert!(server.wait().success());
        assert!(server.log().contains("cut off"));
    }
}
