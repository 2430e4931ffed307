//! Keys that the table does not have, and an upstream that has them.

use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use serde_json::json;

use crate::{
    eventually,
    origin::{self, Gate, Origin, ask, ok, receive, response},
    writing::{Writer, version_of},
};

#[test]
fn a_value_is_asked_for_once() {
    let origin = Origin::saying(response("200 OK", "text/csv; header=absent", "a,1\r\n"));
    let (_directory, server) = origin.server(&[]);
    for _ in 0..3 {
        let response = server.get("/v1/k");
        assert_eq!(response.status, 200);
        assert_eq!(response.text(), "a,1\r\n");
        assert_eq!(response.headers["content-type"], "text/csv; header=absent");
        assert_eq!(response.headers["cache-control"], "no-cache");
        assert_eq!(response.headers["x-content-type-options"], "nosniff");
    }
    let head = server.connect().request("HEAD", "/v1/k", &[]);
    assert_eq!(head.headers["content-length"], "5");
    assert_eq!(origin.targets(), ["/base/k"]);
    let head = &origin.requests()[0];
    let host = origin.url().replace("http://", "host: ");
    assert!(head.to_ascii_lowercase().contains(&host), "{head}");
    assert!(!head.to_ascii_lowercase().contains("authorization"));
}

#[test]
fn metrics_and_health_tell_of_the_upstream() {
    let origin = Origin::saying(ok("1234567890"));
    let (_directory, server) = origin.server(&[]);
    server.get("/v1/k");
    server.get("/v1/k");
    server.get("/v1/in-table");
    for (name, number) in [
        ("hits_total", 1.0),
        ("misses_total", 1.0),
        ("loads_total", 1.0),
        ("load_failures_total", 0.0),
        ("stale_total", 0.0),
        ("evicted_total", 0.0),
        ("entries", 1.0),
        ("open_requests", 0.0),
    ] {
        assert_eq!(server.metric(&format!("upstream_{name}")), number, "{name}");
    }
    let bytes = server.metric("upstream_bytes");
    assert!((21.0..1000.0).contains(&bytes), "{bytes}");
    // A lookup of the table is counted as before.
    assert_eq!(server.metric("hits_total"), 1.0);
    assert_eq!(server.metric("misses_total"), 2.0);
    let authority = server.health()["upstream"].clone();
    assert_eq!(
        format!("http://{}", authority.as_str().expect("text")),
        origin.url()
    );
    // Every number of the upstream that the page asks for is one that the metrics have.
    let (page, metrics) = (server.get("/"), server.get("/metrics"));
    let names: Vec<_> = page
        .text()
        .split("upstream(\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert!(names.len() >= 5, "{names:?}");
    for name in names {
        let sample = format!("\nweb_cache_upstream_{name} ");
        assert!(metrics.text().contains(&sample), "{name}");
    }
}

#[test]
fn without_an_upstream_nothing_tells_of_one() {
    let (_directory, server) = crate::writing::server(origin::TABLE);
    assert!(!server.get("/metrics").text().contains("upstream"));
    assert_eq!(server.health()["upstream"], json!(null));
}

#[test]
fn what_the_client_has_is_not_sent_again() {
    let origin = Origin::start(|target, stream| stream.write_all(&ok(target)));
    let (_directory, server) = origin.server(&[]);
    let first = server.get("/v1/k");
    let known = [("If-None-Match", first.etag())];
    let mut connection = server.connect();
    let response = connection.request("GET", "/v1/k", &known);
    assert_eq!(response.status, 304);
    assert_eq!(response.etag(), first.etag());
    // The tag names the content, and no version of the table.
    for target in ["/v1/other", "/v1/in-table"] {
        assert_eq!(connection.request("GET", target, &known).status, 200);
    }
    let known = [(
        "If-None-Match",
        &*server.get("/v1/in-table").etag().to_owned(),
    )];
    assert_eq!(connection.request("GET", "/v1/k", &known).status, 200);
    // A write to the table changes the tags of its versions only.
    version_of(&Writer::of(&server).put("more", "1"));
    let known = [("If-None-Match", first.etag())];
    assert_eq!(connection.request("GET", "/v1/k", &known).status, 304);
}

#[test]
fn that_there_is_no_value_is_remembered() {
    for status in ["404 Not Found", "410 Gone"] {
        let origin = Origin::saying(response(status, "text/html", "<p>nothing"));
        let (_directory, server) = origin.server(&[]);
        for _ in 0..3 {
            let response = server.get("/v1/k");
            assert_eq!(response.status, 404);
            assert_eq!(response.error(), "no key \"k\"");
        }
        assert_eq!(origin.targets(), ["/base/k"]);
        assert_eq!(server.metric("upstream_load_failures_total"), 0.0);
    }
}

#[test]
fn that_there_is_no_value_is_forgotten_after_a_while() {
    let asked = AtomicUsize::new(0);
    let origin = Origin::start(move |_, stream| {
        let answer = match asked.fetch_add(1, SeqCst) {
            0 => response("404 Not Found", "text/plain", ""),
            _ => ok("new"),
        };
        stream.write_all(&answer)
    });
    let (_directory, server) = origin.server(&["--absent-ttl", "1"]);
    assert_eq!(server.get("/v1/k").status, 404);
    eventually("it is asked for again", || {
        server.get("/v1/k").status == 200
    });
    assert_eq!(origin.targets().len(), 2);
}

#[test]
fn a_value_is_asked_for_again_after_its_time() {
    let asked = AtomicUsize::new(0);
    let origin = Origin::start(move |_, stream| {
        let number = asked.fetch_add(1, SeqCst);
        stream.write_all(&ok(&number.to_string()))
    });
    let (_directory, server) = origin.server(&["--ttl", "1"]);
    let tag = server.get("/v1/k").etag().to_owned();
    eventually("it is asked for again", || {
        server.get("/v1/k").text() != "0"
    });
    assert_ne!(server.get("/v1/k").etag(), tag);
}

#[test]
fn what_the_table_has_is_never_asked_for() {
    let origin = Origin::saying(ok("from the upstream"));
    let (_directory, server) = origin.server(&[]);
    assert_eq!(server.value("in-table"), Some("from the table".into()));
    assert_eq!(server.get("/v1/k").text(), "from the upstream");
    let mut writer = Writer::of(&server);
    version_of(&writer.put("k", "\"written\""));
    assert_eq!(server.value("k"), Some("written".into()));
    version_of(&writer.increment("n", "7"));
    assert_eq!(server.value("n"), Some(7.into()));
    assert_eq!(origin.targets(), ["/base/k"]);
    version_of(&writer.delete("n"));
    version_of(&writer.delete("in-table"));
    for key in ["n", "in-table"] {
        let response = server.get(&format!("/v1/{key}"));
        assert_eq!(response.text(), "from the upstream");
    }
    assert_eq!(origin.targets(), ["/base/k", "/base/n", "/base/in-table"]);
}

#[test]
fn a_reload_takes_precedence_too() {
    let origin = Origin::saying(ok("from the upstream"));
    let (directory, server) = origin.server(&[]);
    assert_eq!(server.get("/v1/k").text(), "from the upstream");
    directory.replace("t.csv", "id,v\nk,from the file\n");
    eventually("the file is read", || {
        server.get("/v1/k").text() == "\"from the file\""
    });
    directory.replace("t.csv", "id,v\nother,1\n");
    eventually("the file is read again", || {
        server.get("/v1/k").text() == "from the upstream"
    });
    assert_eq!(server.get("/v1/in-table").text(), "from the upstream");
}

#[test]
fn requests_for_several_keys_are_answered_from_the_table_only() {
    let origin = Origin::saying(ok("from the upstream"));
    let (_directory, server) = origin.server(&[]);
    server.get("/v1/k");
    let response = server.get("/v1?keys=in-table,k,other");
    let expected = json!({"in-table": "from the table"});
    assert_eq!(response.json()["values"], expected);
    assert_eq!(response.json()["missing"], json!(["k", "other"]));
    assert_eq!(origin.targets(), ["/base/k"]);
}

/// An upstream that answers once the gate is open.
fn behind_a_gate() -> (Origin, Arc<Gate>) {
    let gate = Arc::new(Gate::default());
    let held = gate.clone();
    let origin = Origin::start(move |target, stream| {
        held.wait();
        stream.write_all(&ok(target))
    });
    (origin, gate)
}

#[test]
fn many_clients_that_ask_at_once_cost_one_request() {
    let (origin, gate) = behind_a_gate();
    let (_directory, server) = origin.server(&[]);
    let clients = ask(&server, (0..40).map(|_| "/v1/k".into()));
    eventually("all have asked", || {
        server.metric("upstream_misses_total") == 40.0
    });
    gate.open();
    for response in receive(clients) {
        assert_eq!((response.status, response.text()), (200, "/base/k"));
    }
    assert_eq!(origin.targets(), ["/base/k"]);
}

#[test]
fn a_write_meanwhile_is_not_hidden_by_an_answer() {
    let (origin, gate) = behind_a_gate();
    let (_directory, server) = origin.server(&[]);
    let clients = ask(&server, ["/v1/k".into()]);
    eventually("it is asked for", || origin.targets().len() == 1);
    version_of(&Writer::of(&server).put("k", "7"));
    gate.open();
    assert_eq!(receive(clients)[0].json(), 7);
}

#[test]
fn a_client_that_goes_away_costs_the_others_nothing() {
    let (origin, gate) = behind_a_gate();
    let (_directory, server) = origin.server(&[]);
    let clients = ask(&server, ["/v1/k".into()]);
    eventually("it is asked for", || origin.targets().len() == 1);
    drop(clients);
    // The request for the metrics has one itself.
    eventually("it has gone", || server.metric("connections") == 1.0);
    let clients = ask(&server, ["/v1/k".into()]);
    eventually("another asks", || {
        server.metric("upstream_misses_total") == 2.0
    });
    gate.open();
    assert_eq!(receive(clients)[0].text(), "/base/k");
    assert_eq!(origin.targets().len(), 1);
}

#[test]
fn requests_to_the_upstream_are_limited() {
    let gate = Arc::new(Gate::default());
    let (now, most) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let (held, seen) = (gate.clone(), most.clone());
    let origin = Origin::start(move |target, stream| {
        seen.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
        held.wait();
        // Before the answer, after which the next may come.
        now.fetch_sub(1, SeqCst);
        stream.write_all(&ok(target))
    });
    let (_directory, server) = origin.server(&["--upstream-requests", "2"]);
    let clients = ask(&server, (0..9).map(|n| format!("/v1/{n}")));
    eventually("all have asked", || {
        server.metric("upstream_loads_total") == 9.0 && origin.targets().len() == 2
    });
    assert_eq!(server.metric("upstream_open_requests"), 2.0);
    gate.open();
    for (n, response) in receive(clients).iter().enumerate() {
        assert_eq!(response.text(), format!("/base/{n}"));
    }
    assert_eq!(most.load(SeqCst), 2);
}

#[test]
fn the_cache_holds_no_more_than_its_capacity() {
    let body = "x".repeat(700 << 10);
    let origin = Origin::saying(ok(&body));
    let (_directory, server) = origin.server(&["--capacity", "2"]);
    for n in 0..6 {
        assert_eq!(server.get(&format!("/v1/{n}")).body.len(), body.len());
        assert!(server.metric("upstream_bytes") <= f64::from(2 << 20));
    }
    assert_eq!(server.metric("upstream_evicted_total"), 4.0);
    assert_eq!(server.metric("upstream_entries"), 2.0);
}

#[test]
fn keys_without_a_value_take_a_part_of_the_capacity() {
    let origin = Origin::saying(response("404 No", "text/plain", ""));
    let (_directory, server) = origin.server(&["--capacity", "2"]);
    let mut connection = server.connect();
    let long = "x".repeat(4_000);
    for n in 0..700 {
        assert_eq!(connection.get(&format!("/v1/{n}{long}")).status, 404);
    }
    let bytes = server.metric("upstream_bytes");
    assert!((1e6..=2_097_152.0).contains(&bytes), "{bytes}");
    assert!(server.metric("upstream_evicted_total") > 100.0);
}

#[test]
fn a_key_is_one_segment_below_the_base() {
    let origin = Origin::start(|target, stream| stream.write_all(&ok(target)));
    let (_directory, server) = origin.server(&[]);
    for (key, target) in [
        ("a/b", "/base/a%2Fb"),
        ("a%2Fc", "/base/a%2Fc"),
        ("//x", "/base/%2F%2Fx"),
        ("%2e%2e%2e", "/base/..."),
        ("%252e%252e%252ea", "/base/%252e%252e%252ea"),
        ("gr%C3%B6%C3%9Fe", "/base/gr%C3%B6%C3%9Fe"),
        ("%0D%0AX:%20y", "/base/%0D%0AX%3A%20y"),
        ("%00", "/base/%00"),
        ("a%3Fb%23c", "/base/a%3Fb%23c"),
        ("a?b=c", "/base/a"),
        ("a+b", "/base/a%2Bb"),
        ("@h:1", "/base/%40h%3A1"),
    ] {
        let response = server.get(&format!("/v1/{key}"));
        assert_eq!((response.status, response.text()), (200, target), "{key}");
    }
    let longest = "%C3%A4".repeat(2048);
    let response = server.get(&format!("/v1/{longest}"));
    assert_eq!(response.text(), format!("/base/{longest}"));
    assert_eq!(server.get(&format!("/v1/{longest}a")).status, 414);
    let asked = origin.targets().len();
    // Some servers decode a slash before they look for these.
    for key in [
        "..",
        ".",
        "../x",
        "%2e%2e/x",
        "..%2Fx",
        "a/../../x",
        "a%2F..",
        "..%5Cx",
        ".%2e",
        "x/.",
    ] {
        let response = server.get(&format!("/v1/{key}"));
        assert_eq!(response.status, 404, "{key}");
    }
    assert_eq!(origin.targets().len(), asked);
}

#[test]
fn the_base_may_be_the_root() {
    let origin = Origin::start(|target, stream| stream.write_all(&ok(target)));
    for end in ["", "/"] {
        let (_directory, server) = origin::server(&(origin.url() + end), &[]);
        assert_eq!(server.get("/v1/k").text(), "/k");
    }
    // A name of a host is looked up.
    let url = origin.url().replace("127.0.0.1", "localhost");
    let (_directory, server) = origin::server(&url, &[]);
    assert_eq!(server.get("/v1/k").text(), "/k");
}
