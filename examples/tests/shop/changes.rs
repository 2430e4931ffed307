//! A change is visible to each request that begins after its answer.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use crate::program::{Server, price};

const FRUIT: [u32; 5] = [1, 9, 17, 25, 33];

#[test]
fn a_changed_product_is_seen_at_once() {
    let server = Server::start_lasting(&[]);
    let old = server.page(1);
    let product = r#"{"name":"Fig","price":250,"category":"fruit"}"#;
    assert_eq!(server.put("/product/1", product).status, 204);
    let known = [("If-None-Match", old.etag())];
    let new = server.connect().request("GET", "/product/1", &known);
    assert_eq!((new.status, price(&new).as_str()), (200, "2.50"));
    assert!(new.text().contains("<h1>Fig</h1>"));
    assert_ne!(new.etag(), old.etag());
}

#[test]
fn a_new_product_is_seen_at_once_though_it_was_asked_for_before() {
    let server = Server::start_lasting(&[]);
    assert_eq!(server.get("/product/500").status, 404);
    let product = r#"{"name":"Fig","price":250,"category":"new"}"#;
    assert_eq!(server.put("/product/500", product).status, 201);
    assert_eq!(server.price(500), "2.50");
}

#[test]
fn a_discount_changes_all_pages_of_its_category_and_no_others() {
    let server = Server::start_lasting(&[]);
    for id in 1..=40 {
        server.page(id);
    }
    let discount = server.put("/category/fruit/discount", r#"{"percent":50}"#);
    assert_eq!((discount.status, discount.text()), (200, "5 products\n"));
    for id in 1..=40 {
        let is_lower = server.price(id).ends_with("(50 % off)");
        assert_eq!(is_lower, FRUIT.contains(&id), "product {id}");
    }
    // The other pages were not loaded again.
    assert_eq!(server.of_pages("loads_total"), 45);
}

#[test]
fn a_product_that_has_moved_has_the_discounts_of_its_new_category() {
    let server = Server::start_lasting(&[]);
    server.page(1);
    let product = r#"{"name":"Fig","price":100,"category":"tea"}"#;
    assert_eq!(server.put("/product/1", product).status, 204);
    assert_eq!(server.price(1), "1.00");
    server.put("/category/fruit/discount", r#"{"percent":50}"#);
    assert_eq!(server.price(1), "1.00");
    server.put("/category/tea/discount", r#"{"percent":25}"#);
    assert_eq!(server.price(1), "0.75 (25 % off)");
}

#[test]
fn a_product_that_another_program_has_moved_has_the_discounts_of_its_new_category() {
    let server = Server::start_lasting(&[]);
    server.page(1);
    let other = rusqlite::Connection::open(server.database()).expect("the database");
    other.busy_timeout(crate::PATIENCE).expect("a timeout");
    let moved = "UPDATE product SET category = 'tea', price = 100 WHERE id = 1";
    other.execute(moved, ()).expect("a change");
    // Removes the page, and not the category that the server remembers.
    server.put("/category/fruit/discount", r#"{"percent":50}"#);
    assert_eq!(server.price(1), "1.00");
    server.put("/category/tea/discount", r#"{"percent":25}"#);
    assert_eq!(server.price(1), "0.75 (25 % off)");
}

#[test]
fn changes_are_seen_at_once_while_others_load_the_same_page() {
    let server = Server::start(&["--ttl-ms", "1"]);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut connection = server.connect();
                while !is_over.load(Ordering::Relaxed) {
                    let status = connection.get("/product/1").status;
                    assert!(matches!(status, 200 | 503), "{status}");
                }
            });
        }
        let rounds = scope.spawn(|| {
            for round in 1..=100 {
                let category = ["fruit", "tea"][round % 2];
                let product = format!(
                    r#"{{"name":"Fig","price":{},"category":"{category}"}}"#,
                    round * 100
                );
                let target = format!("/category/{category}/discount");
                server.put(&target, r#"{"percent":0}"#);
                server.put("/product/1", &product);
                // A product keeps its discount when it moves.
                server.put(&target, r#"{"percent":0}"#);
                assert_eq!(server.price(1), format!("{round}.00"));
                server.put(&target, r#"{"percent":50}"#);
                assert_eq!(
                    server.price(1),
                    format!("{}.{:02} (50 % off)", round / 2, round % 2 * 50)
                );
            }
        });
        let ended = rounds.join();
        is_over.store(true, Ordering::Relaxed);
        ended.expect("all rounds");
    });
}
