//! While another program has locked the database, old pages are served.

use rusqlite::Connection;

use crate::{
    PATIENCE, eventually,
    program::{Server, price},
};

/// A shop whose pages expire at once, and are kept for as long as a test may take for loads that fail.
fn server() -> Server {
    Server::start(&["--ttl-ms", "1", "--stale-ms", "36000000"])
}

/// Locks the database from outside, for as long as the result lives.
fn lock(server: &Server) -> Connection {
    let connection = Connection::open(server.database()).expect("the database");
    connection.busy_timeout(PATIENCE).expect("a timeout");
    connection.execute_batch("BEGIN EXCLUSIVE").expect("a lock");
    connection
}

#[test]
fn pages_that_were_loaded_are_served_while_the_database_is_locked() {
    let server = server();
    let before = [1, 2, 3].map(|id| server.page(id));
    let locked = lock(&server);
    // Until each of them has expired, and its load has failed.
    eventually("old pages are served", || {
        for (id, page) in (1..).zip(&before) {
            let now = server.get(&format!("/product/{id}"));
            assert_eq!((now.status, now.etag()), (200, page.etag()));
            assert_eq!(now.body, page.body);
        }
        server.of_pages("stale_total") >= 30
    });
    assert!(server.of_pages("load_failures_total") >= 30);
    assert!(server.metric("database_busy_total") >= 1);
    let known = [("If-None-Match", before[0].etag())];
    let again = server.connect().request("GET", "/product/1", &known);
    assert_eq!(again.status, 304);

    drop(locked);
    let product = r#"{"name":"Fig","price":250,"category":"fruit"}"#;
    assert_eq!(server.put("/product/1", product).status, 204);
    assert_eq!(server.price(1), "2.50");
}

#[test]
fn a_page_that_was_never_loaded_is_refused_until_the_lock_ends() {
    let server = server();
    server.page(1);
    let locked = lock(&server);
    for _ in 0..3 {
        let refused = server.get("/product/4");
        assert_eq!(refused.status, 503);
        assert_eq!(refused.headers["retry-after"], "1");
    }
    drop(locked);
    assert!(server.page(4).text().contains("<h1>No. 4, cheese</h1>"));
}

#[test]
fn a_change_is_refused_while_the_database_is_locked() {
    let server = server();
    let before = server.page(1);
    let locked = lock(&server);
    let product = r#"{"name":"Fig","price":250,"category":"fruit"}"#;
    for (target, body) in [
        ("/product/1", product),
        ("/category/fruit/discount", r#"{"percent":50}"#),
    ] {
        let refused = server.try_put(target, body);
        assert_eq!(refused.status, 503);
        assert_eq!(refused.headers["retry-after"], "1");
    }
    // What was not changed is still right.
    let old = server.get("/product/1");
    assert_eq!((old.status, old.etag()), (200, before.etag()));
    drop(locked);
    assert_eq!(server.price(1), price(&before));
}
