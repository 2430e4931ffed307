//! How the server shows itself.

use crate::{eventually, files::Directory, program::Server};

fn server() -> (Directory, Server) {
    let directory = Directory::new();
    let server = Server::of(&directory.write("t.csv", "id,v\na,1\nb,2\n"), Some("v"));
    (directory, server)
}

#[test]
fn metrics_count_what_is_read() {
    let (_directory, server) = server();
    server.get("/v1/a");
    server.get("/v1/nobody");
    server.get("/v1?keys=a,b,nobody");
    assert_eq!(server.metric("reads_total"), 5.0);
    assert_eq!(server.metric("hits_total"), 3.0);
    assert_eq!(server.metric("misses_total"), 2.0);
}

#[test]
fn metrics_tell_the_state_of_the_table() {
    let (_directory, server) = server();
    assert_eq!(server.metric("version"), 1.0);
    assert_eq!(server.metric("entries"), 2.0);
    assert_eq!(server.metric("staleness_seconds"), 0.0);
    assert_eq!(server.metric("pending_operations"), 0.0);
    assert_eq!(server.metric("reload_failures_total"), 0.0);
    assert_eq!(server.metric("refresh_seconds_count"), 1.0);
    assert_eq!(server.metric("refresh_seconds_bucket{le=\"+Inf\"}"), 1.0);
    assert!(server.metric("refresh_seconds_sum") > 0.0);
    assert!(server.metric("table_age_seconds") >= 0.0);
    assert_eq!(server.metric("reloads_total{outcome=\"applied\"}"), 0.0);
    // The writer counts them now and then, when nothing else is to be done.
    eventually("the readers are counted", || {
        server.metric("readers") >= 1.0
    });
    // The request for the metrics has one itself.
    assert!(server.metric("connections") >= 1.0);
}

#[test]
fn health_names_the_source_and_the_version() {
    let (directory, server) = server();
    let health = server.health();
    assert_eq!(health["status"], "ok");
    assert_eq!(health["error"], serde_json::Value::Null);
    assert_eq!(
        health["source"],
        directory.path("t.csv").to_str().expect("text")
    );
    assert_eq!(health["version"], 1);
    assert_eq!(health["entries"], 2);
    assert_eq!(health["reload_failures"], 0);
    assert_eq!(health["staleness_seconds"], 0.0);
}

#[test]
fn the_page_needs_nothing_from_elsewhere() {
    let (_directory, server) = server();
    let response = server.get("/");
    assert_eq!(response.status, 200);
    assert_eq!(response.headers["content-type"], "text/html; charset=utf-8");
    let policy = &response.headers["content-security-policy"];
    assert!(policy.starts_with("default-src 'none'"));
    let page = response.text();
    assert!(!page.contains("src="));
    assert!(!page.contains("@import") && !page.contains("url("));
    // Every number that it asks for is one that the metrics have.
    let metrics = server.get("/metrics");
    let names: Vec<_> = page
        .split("get(\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|&name| name != "web_cache_")
        .collect();
    assert!(names.len() >= 10, "{names:?}");
    for name in names {
        let sample = format!("\nweb_cache_{name} ");
        assert!(metrics.text().contains(&sample), "{name}");
    }
}
