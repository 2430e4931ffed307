//! The server of the page about axum, asked over a socket.
//!
//! `server.rs` is the page's sample, letter for letter: the first test compares them.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

// Its `main` is not called, since it listens at a fixed port.
include!("server.rs");

/// Sends one request, and returns the whole answer.
async fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address)
        .await
        .expect("the server listens");
    stream
        .write_all(request.as_bytes())
        .await
        .expect("it reads");
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .await
        .expect("it answers");
    answer
}

#[test]
fn the_page_shows_the_server_that_is_tested_here() {
    let page = include_str!("../../src/axum.md");
    let sample = page
        .split_once("```rust,no_run\n")
        .and_then(|(_, rest)| rest.split_once("```"))
        .map(|(sample, _)| sample);
    assert_eq!(sample, Some(include_str!("server.rs")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_answers_as_the_page_says() {
    let app = App {
        prices: SharedMap::from([("apple".to_string(), 120)]),
        // Only the flush at the end makes sales visible.
        sold: SharedMap::builder().refresh_every(Duration::MAX).build(),
        start: SystemTime::UNIX_EPOCH
            .elapsed()
            .map_or(0, |time| time.as_nanos()),
    };
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(serve(listener, app.clone(), async { _ = stopped.await }));

    let answer = ask(address, "GET /price/apple HTTP/1.0\r\n\r\n").await;
    assert!(
        answer.starts_with("HTTP/1.0 200 OK") && answer.ends_with("\r\n120\n"),
        "{answer}"
    );
    let answer = ask(address, "GET /price/plum HTTP/1.0\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.0 404"), "{answer}");
    let answer = ask(
        address,
        "PUT /price/apple HTTP/1.0\r\nContent-Length: 3\r\n\r\n130",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.0 204"), "{answer}");
    let answer = ask(
        address,
        "PUT /price/pear HTTP/1.0\r\nContent-Length: 2\r\n\r\n80",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.0 201"), "{answer}");
    let answer = ask(
        address,
        "PUT /price/pear HTTP/1.0\r\nContent-Length: 1\r\n\r\nx",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.0 400"), "{answer}");
    let answer = ask(address, "POST /buy/apple HTTP/1.0\r\n\r\n").await;
    assert!(answer.ends_with("\r\n1\n"), "{answer}");

    let list = ask(address, "GET /prices HTTP/1.0\r\n\r\n").await;
    assert!(list.ends_with("\r\napple 130\npear 80\n"), "{list}");
    let tag = list
        .lines()
        .find_map(|line| line.strip_prefix("etag: "))
        .expect("a tag");
    let again = format!("GET /prices HTTP/1.0\r\nIf-None-Match: {tag}\r\n\r\n");
    assert!(ask(address, &again).await.starts_with("HTTP/1.0 304"));
    let answer = ask(
        address,
        "PUT /price/pear HTTP/1.0\r\nContent-Length: 2\r\n\r\n90",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.0 204"), "{answer}");
    assert!(ask(address, &again).await.starts_with("HTTP/1.0 200"));

    let answer = ask(address, "POST /audit HTTP/1.0\r\n\r\n").await;
    assert!(answer.ends_with("sent 2 prices of version 3\n"), "{answer}");

    stop.send(()).expect("the server waits for it");
    server.await.expect("it has stopped");
    assert_eq!(app.sold.get_cloned("apple"), Some(1));
}
