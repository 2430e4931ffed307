//! What clients write.

use std::{
    collections::BTreeSet,
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    in_time, is_late,
    program::Server,
    wire::{Connection, Response, head},
    writing::{TOKEN, Writer, server, server_with, version_of},
};

const TABLE: &str = "id,v\na,1\nb,2\n";

/// What the key has, in a version that is not older than this one.
fn at_least(connection: &mut Connection, key: &str, version: u64) -> String {
    let version = version.to_string();
    let headers = [("If-Version-At-Least", &*version)];
    let response = connection.request("GET", &format!("/v1/{key}"), &headers);
    assert_eq!(response.status, 200);
    response.text().to_owned()
}

#[test]
fn what_is_put_is_served_as_it_was_written() {
    let (_directory, server) = server(TABLE);
    let (mut writer, mut reader) = (Writer::of(&server), server.connect());
    let mut before = 1;
    for (key, body, status) in [
        ("new", "{\"deep\": [1, null]}", 201),
        ("new", "12345678901234567890.10", 200),
        ("new", "\"\\u00e4\"", 200),
        ("a", "null", 200),
        ("a", "[]", 200),
        ("x/y", "true", 201),
        ("x%2Fy", "false", 200),
    ] {
        let response = writer.put(key, format!(" \r\n{body}\n"));
        assert_eq!(response.status, status, "{key} {body}");
        assert_eq!(response.json()["created"], status == 201);
        let version = version_of(&response);
        assert_eq!(version, before + 1);
        before = version;
        // Both by a connection of its own and on the one that wrote.
        assert_eq!(reader.get(&format!("/v1/{key}")).text(), body);
        assert_eq!(at_least(writer.connection(), key, version), body);
    }
    let many = server.get("/v1?keys=new,a,x/y,b").json();
    assert_eq!(many["version"], before);
    assert_eq!(
        many["values"],
        json!({"new": "ä", "a": [], "x/y": false, "b": "2"})
    );
    assert_eq!(server.health()["entries"], 4);
}

#[test]
fn a_key_is_deleted_once() {
    let (_directory, server) = server(TABLE);
    let mut writer = Writer::of(&server);
    let response = writer.delete("a");
    assert_eq!(response.status, 200);
    assert_eq!(response.json(), json!({"version": 2}));
    assert_eq!(version_of(&response), 2);
    assert_eq!(server.value("a"), None);
    let response = writer.delete("a");
    assert_eq!(response.status, 404);
    assert_eq!(response.error(), "no key \"a\"");
    assert_eq!((response.version(), server.version()), (2, 2));
    assert_eq!(writer.put("a", "1").status, 201);
}

#[test]
fn integers_are_counted_up() {
    let (_directory, server) = server(TABLE);
    let mut writer = Writer::of(&server);
    for (by, sum) in [("", 1), ("5", 6), (" -10\n", -4), ("0", -4), ("\n", -3)] {
        let response = writer.increment("n", by);
        assert_eq!(response.status, 200);
        assert_eq!(response.json()["value"], sum);
        version_of(&response);
        assert_eq!(server.value("n"), Some(sum.into()));
    }
}

#[test]
fn a_key_may_end_in_incr() {
    let (_directory, server) = server(TABLE);
    let mut writer = Writer::of(&server);
    assert_eq!(writer.increment("n%2Fincr", "3").json()["value"], 3);
    assert_eq!(writer.increment("n/incr", "4").json()["value"], 7);
    assert_eq!(writer.increment("incr", "").json()["value"], 1);
    assert_eq!(server.value("n%2Fincr"), Some(7.into()));
    assert_eq!(server.value("n/incr"), Some(7.into()));
    assert_eq!(server.value("n"), None);
    // No path but one that ends in /incr as it stands counts up.
    for target in ["/v1/n%2Fincr", "/v1/n/inc%72", "/v1/incr", "/v1/n"] {
        let response = writer.request("POST", target, "");
        assert_eq!(response.status, 405, "{target}");
        assert_eq!(response.headers["allow"], "GET, HEAD, PUT, DELETE");
        assert!(!response.error().is_empty());
    }
    assert_eq!(writer.put("n%2Fincr", "0").status, 200);
    assert_eq!(writer.delete("n%2Fincr").status, 200);
}

#[test]
fn what_is_no_integer_is_not_counted_up() {
    let (_directory, server) = server(TABLE);
    let mut writer = Writer::of(&server);
    for value in ["\"1\"", "1.0", "1e3", "null", "[1]", "9223372036854775808"] {
        writer.put("x", value);
        let response = writer.increment("x", "1");
        assert_eq!(response.status, 409, "{value}");
        assert_eq!(response.error(), "the value is no integer of 64 bits");
        assert_eq!(response.version(), server.version());
        assert_eq!(server.get("/v1/x").text(), value);
    }
    // The cells of a CSV file are texts.
    assert_eq!(writer.increment("a", "").status, 409);
}

#[test]
fn a_sum_never_wraps() {
    let (_directory, server) = server(TABLE);
    let mut writer = Writer::of(&server);
    let (most, least) = (i64::MAX.to_string(), i64::MIN.to_string());
    for (value, by) in [(&*most, "1"), (&*most, &*most), (&*least, "-1")] {
        writer.put("n", value);
        let response = writer.increment("n", by);
        assert_eq!(response.status, 409);
        assert_eq!(response.error(), "the sum would be no integer of 64 bits");
        assert_eq!(server.get("/v1/n").text(), value);
    }
    assert_eq!(writer.increment("n", &most).json()["value"], -1);
}

#[test]
fn bodies_that_say_nothing_are_refused() {
    let (_directory, server) = server(TABLE);
    let mut writer = Writer::of(&server);
    for body in [
        &b""[..],
        b" ",
        b"{\"a\": 1",
        b"[1] 2",
        b"nul",
        b"'text'",
        b"01",
        b"\"\xE4\"",
        b"\"a\nb\"",
        b"\xEF\xBB\xBF1",
        b"NaN",
    ] {
        let response = writer.put("a", body);
        assert_eq!(response.status, 400, "{}", body.escape_ascii());
        let error = response.error();
        assert!(error.starts_with("the body is not JSON: "), "{error}");
    }
    for by in ["1.5", "\"1\"", "one", "1 2", "9223372036854775808", "null"] {
        let response = writer.increment("n", by);
        assert_eq!(response.status, 400, "{by}");
        let error = response.error();
        assert!(error.starts_with("the body is no integer"), "{error}");
    }
    assert_eq!(server.version(), 1);
    let name = "writes_total{kind=\"incr\",outcome=\"invalid\"}";
    assert_eq!(server.metric(name), 6.0);
}

#[test]
fn keys_that_no_table_may_hold_are_refused() {
    let (_directory, server) = server(TABLE);
    let mut writer = Writer::of(&server);
    let longest = "k".repeat(4096);
    assert_eq!(writer.put(&longest, "1").status, 201);
    let too_long = format!("{longest}k");
    for (method, target, status) in [
        ("PUT", "/v1/".to_owned(), 404),
        ("DELETE", "/v1/".to_owned(), 404),
        ("PUT", "/v1".to_owned(), 405),
        ("PUT", "/healthz".to_owned(), 405),
        ("POST", "/v1//incr".to_owned(), 400),
        ("PUT", "/v1/%FF".to_owned(), 400),
        ("PUT", format!("/v1/{too_long}"), 414),
        ("DELETE", format!("/v1/{too_long}"), 414),
        ("POST", format!("/v1/{too_long}/incr"), 414),
        ("PATCH", "/v1/a".to_owned(), 405),
    ] {
        let response = writer.request(method, &target, "1");
        assert_eq!(response.status, status, "{method} {target}");
        assert!(!response.error().is_empty());
        if status == 405 {
            let allowed = match method {
                "PATCH" => "GET, HEAD, PUT, DELETE",
                _ => "GET, HEAD",
            };
            assert_eq!(response.headers["allow"], allowed);
        }
    }
    assert_eq!(server.version(), 2);
}

/// How long the server waits for a body that it wants, and how long it takes one that it does not want.
const LONGEST_BODY: Duration = Duration::from_secs(5);
const LONGEST_LINGER: Duration = Duration::from_secs(1);

/// Sends a request whose body is too long to be on its way before the server answers, on a connection of its own.
fn send_long(server: &Server, head: &str, body: &str) -> Response {
    let (method, _) = head.split_once(' ').expect("a method");
    let request = [head, body].concat();
    in_time("the body is sent soon enough", || {
        let started = Instant::now();
        let mut connection = server.connect();
        let sent = connection.try_send(&request);
        let response = sent.ok().and_then(|()| connection.receive(method));
        let Some(response) = response else {
            assert!(is_late(started, LONGEST_LINGER), "it was cut off");
            return None;
        };
        if response.status == 408 {
            assert!(is_late(started, LONGEST_BODY), "it was not waited for");
            return None;
        }
        if response.headers.contains_key("connection") {
            connection.wait_for_end();
        }
        Some(response)
    })
}

#[test]
fn a_body_of_more_than_1_mib_is_refused() {
    const MIB: usize = 1 << 20;

    let (_directory, server) = server(TABLE);
    let authorization = format!("Bearer {TOKEN}");
    let put = |length: usize| {
        let headers = [
            ("Authorization", &*authorization),
            ("Content-Length", &*length.to_string()),
        ];
        let body = format!("\"{}\"", "x".repeat(length - 2));
        send_long(&server, &head("PUT", "/v1/a", &headers), &body)
    };
    assert_eq!(put(MIB).status, 200);
    let response = put(MIB + 1);
    assert_eq!(response.status, 413);
    assert_eq!(response.error(), "the body has more than 1048576 bytes");

    // Refused by its head alone if that tells.
    let mut writer = Writer::of(&server);
    writer.send_head("PUT", "/v1/a", &[("Content-Length", "99999999999")], "");
    let response = writer.connection().receive("PUT").expect("a response");
    assert_eq!(response.status, 413);

    // And if it does not, once it is too long.
    let headers = [
        ("Authorization", &*authorization),
        ("Transfer-Encoding", "chunked"),
    ];
    let chunk = format!("{:x}\r\n{}\r\n", MIB + 1, "x".repeat(MIB + 1));
    let response = send_long(&server, &head("PUT", "/v1/a", &headers), &chunk);
    assert_eq!(response.status, 413);
    response.error();
    assert_eq!(server.get("/v1/a").body.len(), MIB);
}

#[test]
fn a_client_is_told_that_its_connection_ends_if_its_body_was_not_wanted() {
    let (_directory, server) = server(TABLE);
    let mut writer = Writer::of(&server);
    // An error about a body that was read keeps the connection.
    for body in ["no JSON", "1"] {
        let response = writer.put("a", body);
        assert!(!response.headers.contains_key("connection"), "{body}");
    }
    for (method, target) in [
        ("PUT", "/v1/a"),
        ("PUT", "/nowhere"),
        ("PATCH", "/v1/a"),
        ("GET", "/v1/a"),
    ] {
        // Far more than fits between a client and a server that does not read.
        let body = "x".repeat(30 << 20);
        let headers = [("Content-Length", &*body.len().to_string())];
        let response = send_long(&server, &head(method, target, &headers), &body);
        assert_eq!(response.status == 200, method == "GET");
        assert_eq!(response.headers["connection"], "close");
    }
}

#[test]
fn a_body_that_does_not_arrive_is_not_waited_for_without_end() {
    let (_directory, server) = server(TABLE);
    let mut writer = Writer::of(&server);
    writer.send_head("PUT", "/v1/a", &[("Content-Length", "10")], "123");
    let response = writer.connection().receive("PUT").expect("a response");
    assert_eq!(response.status, 408);
    assert_eq!(response.error(), "the body did not arrive in time");

    // Nor does a client that hangs up halfway leave anything.
    let mut writer = Writer::of(&server);
    writer.send_head("PUT", "/v1/a", &[("Content-Length", "10")], "123");
    drop(writer);
    assert_eq!(server.value("a"), Some("1".into()));
}

#[test]
fn all_rows_of_a_key_are_one_value_to_a_writer() {
    let (_directory, server) = server_with("id,v\na,1\na,2\n", &["--duplicates", "all"]);
    let mut writer = Writer::of(&server);
    assert_eq!(server.value("a"), Some(json!(["1", "2"])));
    assert_eq!(writer.increment("a", "").status, 409);
    assert_eq!(writer.put("a", "{}").status, 200);
    assert_eq!(server.value("a"), Some(json!({})));
    assert_eq!(writer.delete("a").status, 200);
    assert_eq!(server.value("a"), None);
}

#[test]
fn every_increment_of_many_clients_counts_once() {
    const CLIENTS: i64 = 8;
    const EACH: i64 = 200;

    let (_directory, server) = server(TABLE);
    let server: &Server = &server;
    let sums: Vec<i64> = thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| scope.spawn(move || count_up(server, EACH)))
            .collect();
        clients
            .into_iter()
            .flat_map(|client| client.join().expect("a client"))
            .collect()
    });
    let different: BTreeSet<_> = sums.iter().copied().collect();
    assert_eq!(sums.len() as i64, CLIENTS * EACH);
    assert!(different.into_iter().eq(1..=CLIENTS * EACH));
    assert_eq!(server.value("n"), Some((CLIENTS * EACH).into()));
    let applied = server.metric("writes_total{kind=\"incr\",outcome=\"applied\"}");
    assert_eq!(applied, (CLIENTS * EACH) as f64);
    // The load of the table is the one write that no client made.
    assert_eq!(server.metric("map_writes_total"), applied + 1.0);
    assert!(server.metric("group_size") >= 1.0);
    assert_eq!(server.metric("pending_operations"), 0.0);
}

/// Counts up, and reads after each write what it has made visible; returns the sums.
fn count_up(server: &Server, times: i64) -> Vec<i64> {
    let mut writer = Writer::of(server);
    let mut reader = server.connect();
    let mut version = 0;
    (0..times)
        .map(|_| {
            let response = writer.increment("n", "");
            let sum = response.json()["value"].as_i64().expect("a number");
            let now = version_of(&response);
            assert!(now > version, "from {version} to {now}");
            version = now;
            let seen = at_least(&mut reader, "n", version);
            assert!(seen.parse::<i64>().expect("a number") >= sum);
            sum
        })
        .collect()
}

#[test]
fn writes_are_counted_by_kind_and_outcome() {
    let (_directory, server) = server(TABLE);
    let mut writer = Writer::of(&server);
    writer.put("c", "1");
    writer.put("c", "no");
    writer.delete("c");
    writer.delete("c");
    writer.increment("a", "");
    for (labels, count) in [
        ("kind=\"put\",outcome=\"applied\"", 1.0),
        ("kind=\"put\",outcome=\"invalid\"", 1.0),
        ("kind=\"delete\",outcome=\"applied\"", 1.0),
        ("kind=\"delete\",outcome=\"absent\"", 1.0),
        ("kind=\"incr\",outcome=\"conflict\"", 1.0),
        ("kind=\"incr\",outcome=\"applied\"", 0.0),
        ("kind=\"put\",outcome=\"failed\"", 0.0),
    ] {
        assert_eq!(server.metric(&format!("writes_total{{{labels}}}")), count);
    }
    assert_eq!(server.metric("map_publications_total"), 3.0);
    for name in ["map_rebuilds_total", "map_stalls_total", "retired_copies"] {
        assert!(server.metric(name) >= 0.0);
    }
}
