//! What a shop serves, and what it refuses.

use crate::{eventually, program::Server};

#[test]
fn a_page_has_a_tag_and_is_not_sent_twice() {
    let server = Server::start_lasting(&[]);
    let mut connection = server.connect();
    let page = connection.get("/product/1");
    assert_eq!(page.status, 200);
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    assert!(page.text().contains("<h1>No. 1, fruit</h1>"));
    let known = [("If-None-Match", page.etag())];
    let again = connection.request("GET", "/product/1", &known);
    assert_eq!((again.status, again.etag()), (304, page.etag()));
    let other = connection.request("GET", "/product/2", &[("If-None-Match", "\"x-1\"")]);
    assert_eq!(other.status, 200);
}

#[test]
fn another_run_gives_other_tags() {
    let (one, other) = (Server::start_lasting(&[]), Server::start_lasting(&[]));
    assert_ne!(one.page(1).etag(), other.page(1).etag());
    assert_eq!(one.page(1).body, other.page(1).body);
}

#[test]
fn a_page_is_loaded_once_and_counted() {
    let server = Server::start_lasting(&[]);
    for _ in 0..10 {
        server.page(1);
    }
    server.page(2);
    let counts = ["hits_total", "misses_total", "loads_total", "entries"];
    assert_eq!(counts.map(|name| server.of_pages(name)), [9, 2, 2, 2]);
    // For each of the two pages, one for the category and one for the page.
    assert_eq!(server.metric("database_queries_total"), 4);
}

#[test]
fn metrics_are_described() {
    let server = Server::start_lasting(&[]);
    let metrics = server.get("/metrics");
    assert_eq!(metrics.headers["content-type"], "text/plain; version=0.0.4");
    let mut described = "";
    for line in metrics.text().lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            described = rest.split_once(' ').expect("a type").0;
            let kind = ["gauge", "counter"][usize::from(described.ends_with("_total"))];
            assert!(rest.ends_with(kind), "{line}");
        } else if !line.starts_with("# HELP ") {
            let (name, value) = line.rsplit_once(' ').expect("a value");
            assert_eq!(name.split('{').next(), Some(described), "{line}");
            value.parse::<u64>().expect("a number");
        }
    }
    assert_eq!(described, "shop_database_busy_total");
}

#[test]
fn without_a_cache_each_request_is_a_query() {
    let server = Server::start(&["--no-cache"]);
    for _ in 0..3 {
        server.page(1);
    }
    assert_eq!(server.get("/product/41").status, 404);
    assert_eq!(server.metric("database_queries_total"), 4);
    let product = r#"{"name":"Fig","price":250,"category":"fruit"}"#;
    assert_eq!(server.put("/product/1", product).status, 204);
    assert_eq!(server.price(1), "2.50");
}

#[test]
fn unknown_products_are_asked_for_once_and_take_the_place_of_no_page() {
    let server = Server::start_lasting(&["--capacity", "10"]);
    for id in 1..=10 {
        server.page(id);
    }
    let mut connection = server.connect();
    for id in 1000..2000 {
        assert_eq!(connection.get(&format!("/product/{id}")).status, 404);
    }
    assert_eq!(server.of_pages("evicted_total"), 0);
    assert_eq!(server.of_pages("entries"), 10);
    assert!(server.metric("cache_entries{cache=\"categories\"}") <= 40);
    let queries = server.metric("database_queries_total");
    assert_eq!(connection.get("/product/1999").status, 404);
    assert_eq!(server.metric("database_queries_total"), queries);
}

#[test]
fn the_constant_page_is_as_long_as_others() {
    let server = Server::start_lasting(&[]);
    let (constant, page) = (server.get("/constant"), server.page(1));
    assert_eq!(constant.status, 200);
    assert!(constant.body.len().abs_diff(page.body.len()) < 50);
}

#[test]
fn bad_requests_are_refused_and_change_nothing() {
    let server = Server::start_lasting(&[]);
    let before = server.page(1);
    for target in [
        "/product/x",
        "/product/-1",
        "/product/4294967296",
        "/product/%ff",
    ] {
        assert_eq!(server.get(target).status, 400, "{target}");
    }
    assert_eq!(server.get("/product/0").status, 404);
    assert_eq!(server.get("/product/").status, 404);
    let long = "x".repeat(300);
    for body in [
        "",
        "{",
        "[]",
        "{\"name\":\"a\"}",
        r#"{"name":"a","price":-1,"category":"fruit"}"#,
        r#"{"name":"a","price":4000000000,"category":"fruit"}"#,
        r#"{"name":" ","price":1,"category":"fruit"}"#,
        r#"{"name":"a","price":1,"category":"Fruit and more"}"#,
        r#"{"name":"a","price":1,"category":"fruit","id":7}"#,
        &format!(r#"{{"name":"{long}","price":1,"category":"fruit"}}"#),
        &long.repeat(20),
    ] {
        let status = server.try_put("/product/1", body).status;
        assert!(matches!(status, 400 | 413 | 422), "{status} for {body}");
    }
    let target = "/category/fruit/discount";
    for body in ["{}", r#"{"percent":101}"#, r#"{"percent":-1}"#] {
        let status = server.try_put(target, body).status;
        assert!(matches!(status, 400 | 422), "{status} for {body}");
    }
    let none = server.put("/category/none/discount", r#"{"percent":1}"#);
    assert_eq!(none.status, 404);
    assert_eq!(
        server.connect().request("DELETE", "/product/1", &[]).status,
        405
    );
    assert_eq!(server.page(1).body, before.body);
    assert_eq!(server.page(1).etag(), before.etag());
}

#[test]
fn names_are_escaped() {
    let server = Server::start_lasting(&[]);
    let product = r#"{"name":"<b> & \"c\"","price":5,"category":"fruit"}"#;
    assert_eq!(server.put("/product/1", product).status, 204);
    let page = server.page(1);
    assert!(
        page.text()
            .contains("<h1>&lt;b&gt; &amp; &quot;c&quot;</h1>")
    );
    assert!(!page.text().contains("<b>"));
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it_in_order() {
    let mut server = Server::start_lasting(&[]);
    server.page(1);
    let id = rustix::process::Pid::from_child(&server.child);
    rustix::process::kill_process(id, rustix::process::Signal::TERM).expect("a signal sent");
    let mut status = None;
    eventually("the program has ended", || {
        status = server.child.try_wait().expect("its state");
        status.is_some()
    });
    assert!(status.is_some_and(|status| status.success()));
}
