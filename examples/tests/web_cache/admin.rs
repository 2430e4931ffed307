//! Who may write, and who may not.

use crate::{
    files::Directory,
    program::{Server, run},
    writing::{self, TOKEN, Writer},
};

const TABLE: &str = "id,v\na,1\n";

const WRITES: [(&str, &str); 3] = [
    ("PUT", "/v1/a"),
    ("DELETE", "/v1/a"),
    ("POST", "/v1/a/incr"),
];

#[test]
fn without_a_token_file_nobody_writes() {
    let directory = Directory::new();
    let server = Server::of(&directory.write("t.csv", TABLE), Some("v"));
    let authorization = format!("Bearer {TOKEN}");
    for (method, target) in WRITES {
        for headers in [&[][..], &[("Authorization", &*authorization)]] {
            let response = server.connect().request_with(method, target, headers, "7");
            assert_eq!(response.status, 405);
            assert_eq!(response.headers["allow"], "GET, HEAD");
            assert!(response.error().contains("--admin-token-file"));
        }
    }
    assert_eq!(server.value("a"), Some("1".into()));
    assert_eq!(server.version(), 1);
}

#[test]
fn only_the_token_lets_a_client_write() {
    let (_directory, server) = writing::server(TABLE);
    let last_differs = format!("{}z", &TOKEN[..TOKEN.len() - 1]);
    let wrong = [
        None,
        Some(String::new()),
        Some(TOKEN.to_owned()),
        Some("Bearer".to_owned()),
        Some("Bearer ".to_owned()),
        Some(format!("Basic {TOKEN}")),
        Some(format!("Bearer {last_differs}")),
        Some(format!("Bearer {}", &TOKEN[1..])),
        Some(format!("Bearer {TOKEN}x")),
        Some(format!("Bearer {TOKEN} {TOKEN}")),
        Some(format!("Bearer {}", TOKEN.to_uppercase())),
        Some("Bearer \u{e4}".to_owned()),
        Some(format!("Bearer {}", "x".repeat(50_000))),
    ];
    for (method, target) in WRITES {
        for value in &wrong {
            let headers: Vec<_> = value.iter().map(|v| ("Authorization", &**v)).collect();
            let response = server.connect().request_with(method, target, &headers, "7");
            assert_eq!(response.status, 401, "{method} {value:?}");
            assert_eq!(response.headers["www-authenticate"], "Bearer");
            assert!(!response.error().is_empty());
        }
        let right = format!("Bearer {TOKEN}");
        let twice = [("Authorization", &*right), ("Authorization", &*right)];
        let response = server.connect().request_with(method, target, &twice, "7");
        assert_eq!(response.status, 401);
    }
    assert_eq!(server.value("a"), Some("1".into()));
    assert_eq!(server.version(), 1);
    let name = "writes_total{kind=\"put\",outcome=\"unauthorized\"}";
    assert_eq!(server.metric(name), wrong.len() as f64 + 1.0);

    let mut connection = server.connect();
    let headers = [("authorization", &*format!("bearer {TOKEN}"))];
    let response = connection.request_with("PUT", "/v1/a", &headers, "7");
    assert_eq!(response.status, 200);
    assert_eq!(server.value("a"), Some(7.into()));
}

#[test]
fn the_token_is_asked_for_before_the_body_and_the_key_are_looked_at() {
    let (_directory, server) = writing::server(TABLE);
    let key = format!("/v1/{}", "k".repeat(5000));
    for target in ["/v1/a", "/v1/%FF", &*key] {
        let mut connection = server.connect();
        // Of the body, nothing is sent.
        connection.send(crate::wire::head(
            "PUT",
            target,
            &[("Content-Length", "1000")],
        ));
        let response = connection.receive("PUT").expect("a response");
        assert_eq!(response.status, 401, "{target}");
    }
}

#[test]
fn reading_takes_no_token() {
    let (_directory, server) = writing::server(TABLE);
    assert_eq!(server.value("a"), Some("1".into()));
    let mut connection = server.connect();
    let headers = [("Authorization", "Bearer wrong")];
    assert_eq!(connection.request("GET", "/v1/a", &headers).status, 200);
    assert_eq!(connection.request("HEAD", "/v1/a", &headers).status, 200);
}

#[test]
fn a_token_file_that_holds_no_safe_token_ends_the_start() {
    let directory = Directory::new();
    for (content, error) in [
        ("", "the file is empty; a token was expected"),
        ("\n", "the file is empty; a token was expected"),
        (
            "fifteen-bytes-x\r\n",
            "the token has 15 bytes; it takes 16 to be safe from guesses",
        ),
        (
            "two lines of a\nfile\n",
            "a token is letters, digits and signs of ASCII on one line",
        ),
    ] {
        let path = directory.write("token", content);
        let path = path.to_str().expect("text");
        let outcome = run(&["--admin-token-file", path]);
        assert!(!outcome.status.success());
        assert_eq!(outcome.stderr, format!("error: {path}: {error}\n"));
        assert_eq!(outcome.stdout, "");
    }
    let missing = directory.path("missing");
    let missing = missing.to_str().expect("text");
    let outcome = run(&["--admin-token-file", missing]);
    assert!(!outcome.status.success());
    let start = format!("error: {missing}: ");
    assert!(outcome.stderr.starts_with(&start), "{}", outcome.stderr);
}

#[test]
fn the_token_is_never_logged() {
    let (_directory, server) = writing::server(TABLE);
    assert_eq!(Writer::of(&server).put("b", "1").status, 201);
    let headers = [("Authorization", "Bearer a-wrong-guess-of-it")];
    server.connect().request_with("PUT", "/v1/a", &headers, "7");
    let log = server.end();
    assert!(!log.contains(TOKEN) && !log.contains("guess"), "{log}");
}
