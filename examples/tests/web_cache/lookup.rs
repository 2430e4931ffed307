//! Values by key.

use serde_json::json;

use crate::{files::Directory, program::Server};

const TABLE: &str = "id,name,note\n\
                     a,Anna,\"says \"\"hi\"\"\nand leaves\"\n\
                     b,Bo,\n\
                     x/y,Slash,1\n\
                     \"c,d\",Comma,2\n\
                     größe,Umlaut,3\n\
                     p+q r,Plus and space,4\n";

fn server() -> (Directory, Server) {
    let directory = Directory::new();
    let server = Server::of(&directory.write("t.csv", TABLE), Some("name"));
    (directory, server)
}

#[test]
fn a_value_is_json() {
    let (_directory, server) = server();
    let response = server.get("/v1/a");
    assert_eq!(response.status, 200);
    assert_eq!(response.json(), "Anna");
    assert_eq!(response.version(), 1);
}

#[test]
fn without_a_value_column_a_row_is_an_object_in_the_order_of_its_columns() {
    let directory = Directory::new();
    let server = Server::of(&directory.write("t.csv", TABLE), None);
    let response = server.get("/v1/a");
    assert_eq!(
        response.text(),
        r#"{"id":"a","name":"Anna","note":"says \"hi\"\nand leaves"}"#
    );
}

#[test]
fn values_of_json_lines_are_served_as_they_are_written() {
    let directory = Directory::new();
    let rows = concat!(
        "{\"id\":\"a\",\"n\":12345678901234567890.10}\r\n",
        "\n",
        "{\"n\": {\"deep\": [1, null]}, \"id\": 7}\n",
        "{\"id\":true,\"n\":\"\\u00e4\"}",
    );
    let path = directory.write("t.jsonl", rows);
    let server = Server::of(&path, Some("n"));
    assert_eq!(server.get("/v1/a").text(), "12345678901234567890.10");
    assert_eq!(server.get("/v1/7").text(), r#"{"deep": [1, null]}"#);
    assert_eq!(server.get("/v1/true").text(), r#""\u00e4""#);
    let server = Server::of(&path, None);
    assert_eq!(
        server.get("/v1/7").text(),
        r#"{"n": {"deep": [1, null]}, "id": 7}"#
    );
}

#[test]
fn without_a_file_the_shipped_table_is_served() {
    let server = Server::start::<&str>(&[]);
    assert_eq!(
        server.get("/v1/DE").json(),
        json!({"alpha2": "DE", "alpha3": "DEU", "numeric": "276", "name": "Germany"})
    );
    assert_eq!(server.health()["entries"], 249);
    let server = Server::start(&["--key", "alpha3", "--value", "name"]);
    assert_eq!(server.value("CIV"), Some("Côte d'Ivoire".into()));
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_column() {
    let directory = Directory::new();
    let table = directory.write("t.csv", "\u{feff}id,name\r\na,Anna\r\n\r\n");
    let server = Server::of(&table, Some("name"));
    assert_eq!(server.value("a"), Some("Anna".into()));
}

#[test]
fn a_missing_key_is_an_error_with_a_json_body() {
    let (_directory, server) = server();
    let response = server.get("/v1/nobody");
    assert_eq!(response.status, 404);
    assert_eq!(response.error(), "no key \"nobody\"");
}

#[test]
fn keys_may_hold_any_text() {
    let (_directory, server) = server();
    for (target, name) in [
        ("/v1/x/y", "Slash"),
        ("/v1/x%2Fy", "Slash"),
        ("/v1/c,d", "Comma"),
        ("/v1/c%2Cd", "Comma"),
        ("/v1/gr%C3%B6%C3%9Fe", "Umlaut"),
        ("/v1/p+q%20r", "Plus and space"),
    ] {
        assert_eq!(server.get(target).json(), name, "{target}");
    }
}

#[test]
fn many_keys_are_answered_from_one_version() {
    let (_directory, server) = server();
    let response = server.get("/v1?keys=b,nobody,a,b,c%2Cd,p%2Bq+r,x/y");
    assert_eq!(response.status, 200);
    assert_eq!(
        response.text(),
        concat!(
            r#"{"version":1,"values":{"b":"Bo","a":"Anna","c,d":"Comma","#,
            r#""p+q r":"Plus and space","x/y":"Slash"},"missing":["nobody"]}"#
        )
    );
    assert_eq!(response.version(), 1);
}

#[test]
fn what_the_client_has_is_not_sent_again() {
    let (_directory, server) = server();
    let mut connection = server.connect();
    for target in ["/v1/a", "/v1?keys=a,nobody"] {
        let tag = connection.get(target).etag().to_owned();
        for known in [
            tag.clone(),
            format!("W/{tag}"),
            format!("\"other\", W/\"a,b\" ,{tag}"),
            "*".into(),
        ] {
            let headers = [("If-None-Match", &*known)];
            let response = connection.request("GET", target, &headers);
            assert_eq!(response.status, 304, "{known}");
            assert_eq!(response.etag(), tag);
            assert!(response.body.is_empty());
        }
        for unknown in ["\"other\"", tag.trim_matches('"'), ""] {
            let headers = [("If-None-Match", unknown)];
            let response = connection.request("GET", target, &headers);
            assert_eq!(response.status, 200, "{unknown}");
        }
        let headers = [("If-None-Match", "\"other\""), ("If-None-Match", &*tag)];
        assert_eq!(connection.request("GET", target, &headers).status, 304);
    }
    let headers = [("If-None-Match", "*")];
    assert_eq!(
        connection.request("GET", "/v1/nobody", &headers).status,
        404
    );
}

#[test]
fn a_tag_of_another_process_is_not_known() {
    let (directory, first) = server();
    let second = Server::of(&directory.path("t.csv"), Some("name"));
    let (first, second) = (first.get("/v1/a"), second.get("/v1/a"));
    assert_eq!(first.version(), second.version());
    assert_ne!(first.etag(), second.etag());
}

#[test]
fn head_is_get_without_a_body() {
    let (_directory, server) = server();
    let mut connection = server.connect();
    let response = connection.request("HEAD", "/v1/a", &[]);
    assert_eq!(response.status, 200);
    assert_eq!(response.headers["content-length"], "6");
    // Had there been a body, it would be taken for the next response.
    assert_eq!(connection.get("/v1/a").json(), "Anna");
}

#[test]
fn wrong_requests_are_answered_with_json_errors() {
    let (_directory, server) = server();
    let mut connection = server.connect();
    for (method, target, status) in [
        ("POST", "/v1/a", 405),
        ("DELETE", "/v1", 405),
        ("GET", "/v2/a", 404),
        ("GET", "/v1", 400),
        ("GET", "/v1/", 404),
        ("GET", "/v1?keys=", 400),
        ("GET", "/v1?keys=a,,b", 400),
        ("GET", "/v1?keys=a,%FF", 400),
        ("GET", "/v1/%FF", 400),
    ] {
        let response = connection.request(method, target, &[]);
        assert_eq!(response.status, status, "{method} {target}");
        assert!(!response.error().is_empty());
        if status == 405 {
            assert_eq!(response.headers["allow"], "GET, HEAD");
        }
    }
}

#[test]
fn a_key_longer_than_4_kib_is_refused() {
    let (_directory, server) = server();
    let mut connection = server.connect();
    let longest = "k".repeat(4096);
    for prefix in ["/v1/", "/v1?keys=a,"] {
        assert_ne!(connection.get(&format!("{prefix}{longest}")).status, 414);
        let response = connection.get(&format!("{prefix}{longest}k"));
        assert_eq!(response.status, 414);
        assert_eq!(response.error(), "a key has 4097 bytes, more than 4096");
    }
    // The limit is on the key, not on how it is written.
    let target = format!("/v1/{}", "%6B".repeat(4096));
    assert_eq!(connection.get(&target).status, 404);
}

#[test]
fn a_thousand_keys_are_refused() {
    let (_directory, server) = server();
    let mut connection = server.connect();
    let keys: Vec<_> = (0..1000).map(|n| n.to_string()).collect();
    let response = connection.get(&format!("/v1?keys={}", keys.join(",")));
    assert_eq!(response.status, 400);
    assert_eq!(response.error(), "more than 999 keys in one request");
    let response = connection.get(&format!("/v1?keys={}", keys[..999].join(",")));
    assert_eq!(response.status, 200);
    assert_eq!(
        response.json()["missing"].as_array().map(Vec::len),
        Some(999)
    );
}
