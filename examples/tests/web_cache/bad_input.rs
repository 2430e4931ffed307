//! Tables that cannot be served: at start and on reload.

use std::fs;

use crate::{
    eventually,
    files::Directory,
    program::{Server, run},
};

struct Case {
    file: &'static str,
    content: &'static [u8],
    /// What follows the file's name in the error.
    error: &'static str,
}

const CASES: [Case; 30] = [
    case(
        "empty.csv",
        b"",
        ":1:1: the file is empty; a header was expected",
    ),
    case(
        "breaks.csv",
        b"\n\r\n\n",
        ":1:1: the file is empty; a header was expected",
    ),
    case(
        "header.csv",
        b"id,v\n",
        ":2:1: the file has a header and no row",
    ),
    case(
        "cut-header.csv",
        b"id,\"v",
        ":1:4: the quote that opens here is never closed",
    ),
    case(
        "no-key.csv",
        b"key,v\na,1\n",
        ":1:1: no column \"id\"; there are \"key\", \"v\"",
    ),
    case(
        "no-value.csv",
        b"id,w\na,1\n",
        ":1:1: no column \"v\"; there are \"id\", \"w\"",
    ),
    case(
        "two-columns.csv",
        b"id,v,v\na,1,2\n",
        ":1:6: the column \"v\" stands twice",
    ),
    case(
        "short.csv",
        b"id,v\na,1\nb\n",
        ":3:2: the row has 1 field, the header 2",
    ),
    case(
        "long.csv",
        b"id,v\n\na,1\nb,\"2\",3\n",
        ":4:7: the row has 3 fields, the header 2",
    ),
    case(
        "short-last.csv",
        b"id,v\na,1\nb",
        ":3:2: the row has 1 field, the header 2",
    ),
    case(
        "crlf.csv",
        b"id,v\r\na,1\r\n\"b\r\nb\",2,3\r\n",
        ":4:6: the row has 3 fields, the header 2",
    ),
    case(
        "open-quote.csv",
        b"id,v\na,1\nb,\"2\nc,3\nd,4\n",
        ":3:3: the quote that opens here is never closed",
    ),
    case(
        "open-quote-early.csv",
        b"id,v\na,1\n\"b,2\nc,3\nd,4\n",
        ":3:1: the quote that opens here is never closed",
    ),
    case(
        "carriage-returns.csv",
        b"id,v\ra,1\rb\r",
        ":3:2: the row has 1 field, the header 2",
    ),
    case(
        "latin-1.csv",
        b"id,v\na,1\n\xC3\xA4,\xE4\n",
        ":3:3: this is not UTF-8",
    ),
    case(
        "cut-character.csv",
        b"id,v\na,1\nb,\xC3",
        ":3:3: this is not UTF-8",
    ),
    case(
        "no-text-key.csv",
        b"id,v\na,1\n,2\n",
        ":3:1: the key is empty",
    ),
    case("empty.jsonl", b"", ":1:1: the file is empty"),
    case(
        "cut.jsonl",
        b"{\"id\":\"a\",\"v\":1}\n{\"id\":\"b\",\"v\"",
        ":2:13: EOF while parsing an object",
    ),
    case(
        "cut-text.ndjson",
        b"{\"id\":\"a\",\"v\":\"1",
        ":1:16: EOF while parsing a string",
    ),
    case(
        "no-object.jsonl",
        b"{\"id\":\"a\",\"v\":1}\n[1]\n",
        ":2:1: invalid type: sequence, expected an object",
    ),
    case(
        "no-object-2.jsonl",
        b"{\"id\":\"a\",\"v\":1}\n  \"text\"\n",
        ":2:3: invalid type: string \"text\", expected an object",
    ),
    case(
        "no-object-3.jsonl",
        b"{\"id\":\"a\",\"v\":1}\n12345\n",
        ":2:1: invalid type: integer `12345`, expected an object",
    ),
    case(
        "two-fields.jsonl",
        b"{\"id\":\"a\",\"v\":1, \"\\u0076\": 2}\n",
        ":1:28: the column \"v\" stands here again",
    ),
    case(
        "half-a-character.jsonl",
        b"{\"id\":\"\\ud800\",\"v\":1}\n",
        ":1:14: unexpected end of hex escape",
    ),
    case(
        "carriage-return.jsonl",
        b"{\"id\":\"a\",\"v\":1}\r{\"id\":\"b\"\n",
        ":2:1: trailing characters",
    ),
    case(
        "no-column.jsonl",
        b"{\"id\":\"a\",\"v\":1}\n  {\"id\":\"b\"}\n",
        ":2:3: no column \"v\"; there are \"id\"",
    ),
    case(
        "null-key.json",
        b"{\"v\":1, \"id\":null}\n",
        ":1:14: \"null\" is no key",
    ),
    case(
        "list-key.jsonl",
        b"{\"id\":[1],\"v\":1}\n",
        ":1:7: \"[1]\" is no key",
    ),
    case(
        "latin-1.jsonl",
        b"{\"id\":\"a\",\"v\":\"\xE4\"}\n",
        ":1:16: this is not UTF-8",
    ),
];

const fn case(file: &'static str, content: &'static [u8], error: &'static str) -> Case {
    Case {
        file,
        content,
        error,
    }
}

/// The one line of an error at start.
#[track_caller]
fn refused(arguments: &[&str]) -> String {
    let outcome = run(arguments);
    assert!(!outcome.status.success());
    assert_eq!(outcome.stdout, "");
    let line = outcome.stderr.strip_suffix('\n').expect("a whole line");
    assert!(!line.contains('\n'), "more than a line: {line}");
    line.strip_prefix("error: ").expect("an error").to_owned()
}

#[test]
fn at_start_one_line_names_file_line_and_column() {
    let directory = Directory::new();
    for case in &CASES {
        let path = directory.write(case.file, case.content);
        let path = path.to_str().expect("text");
        let error = refused(&["--table", path, "--key", "id", "--value", "v"]);
        assert_eq!(error, format!("{path}{}", case.error));
    }
}

#[test]
fn at_start_a_file_that_cannot_be_read_is_named() {
    let directory = Directory::new();
    let missing = directory.path("missing.csv");
    let path = missing.to_str().expect("text");
    let error = refused(&["--table", path, "--key", "id"]);
    assert_eq!(
        error,
        format!("{path}: No such file or directory (os error 2)")
    );
    fs::create_dir(&missing).expect("a directory");
    let error = refused(&["--table", path, "--key", "id"]);
    assert_eq!(error, format!("{path}: this is not a regular file"));
}

#[test]
fn at_start_a_key_longer_than_any_request_is_refused() {
    let directory = Directory::new();
    let table = format!("v,id\n1,a\n2,{}\n", "k".repeat(4097));
    let path = directory.write("t.csv", table);
    let path = path.to_str().expect("text");
    let error = refused(&["--table", path, "--key", "id"]);
    assert_eq!(
        error,
        format!("{path}:3:3: the key has 4097 bytes, more than 4096")
    );
}

#[test]
fn at_start_a_text_in_an_error_stays_on_its_line() {
    let directory = Directory::new();
    let path = directory.write("t.csv", "\"a\nb\",v\n1,2\n");
    let path = path.to_str().expect("text");
    let error = refused(&["--table", path, "--key", "c\nd"]);
    let expected = r#":1:1: no column "c\nd"; there are "a\nb", "v""#;
    assert_eq!(error, format!("{path}{expected}"));
}

#[test]
fn at_start_a_name_in_an_error_stays_on_its_line() {
    let directory = Directory::new();
    let path = directory.write("t\n.csv", "id,v\na\n");
    let escaped = directory.path(r"t\n.csv");
    let escaped = escaped.to_str().expect("text");
    let error = refused(&["--table", path.to_str().expect("text"), "--key", "id"]);
    assert_eq!(
        error,
        format!("{escaped}:2:2: the row has 1 field, the header 2")
    );
    fs::remove_file(&path).expect("the file removed");
    let error = refused(&["--table", path.to_str().expect("text"), "--key", "id"]);
    assert!(error.starts_with(&format!("{escaped}: No such")), "{error}");
    let error = refused(&["--listen", "no\nwhere"]);
    assert!(
        error.starts_with(r"cannot listen on no\nwhere: "),
        "{error}"
    );
}

#[test]
fn at_start_an_address_that_cannot_be_had_is_named() {
    let server = Server::start::<&str>(&[]);
    let address = server.address.to_string();
    let error = refused(&["--listen", &address]);
    assert!(
        error.starts_with(&format!("cannot listen on {address}: ")),
        "{error}"
    );
    let error = refused(&["--listen", "nowhere"]);
    assert!(error.starts_with("cannot listen on nowhere: "), "{error}");
}

#[test]
fn on_reload_the_last_good_table_stays() {
    for extension in ["csv", "jsonl"] {
        let directory = Directory::new();
        let (name, good, better) = match extension {
            "csv" => ("t.csv", "id,v\na,1\nb,2\n", "id,v\na,1\nb,3\n"),
            _ => (
                "t.jsonl",
                "{\"id\":\"a\",\"v\":\"1\"}\n{\"id\":\"b\",\"v\":\"2\"}\n",
                "{\"id\":\"a\",\"v\":\"1\"}\n{\"id\":\"b\",\"v\":\"3\"}\n",
            ),
        };
        let table = directory.write(name, good);
        let server = Server::of(&table, Some("v"));
        let cases = CASES.iter().filter(|case| {
            let is_csv = case.file.ends_with(".csv");
            is_csv == (extension == "csv")
        });
        let mut failures = 0.0;
        for case in cases {
            let error = format!("{}{}", table.display(), case.error);
            directory.replace(name, case.content);
            eventually(case.file, || {
                server.health()["error"] == error
                    && server.metric("reload_failures_total") > failures
            });
            failures = server.metric("reload_failures_total");
            let health = server.health();
            assert_eq!(health["status"], "degraded");
            assert_eq!(health["version"], 1);
            assert_eq!(health["entries"], 2);
            // An edit may be read twice.
            assert!(health["reload_failures"].as_f64() >= Some(failures));
            assert!(health["staleness_seconds"].as_f64() > Some(0.0));
            assert!(server.metric("staleness_seconds") > 0.0);
            assert_eq!(server.value("a"), Some("1".into()));
            assert_eq!(server.value("b"), Some("2".into()));
            eventually("the error is logged", || server.log().contains(&error));
        }
        directory.replace(name, better);
        eventually("the next good table is served", || {
            server.value("b") == Some("3".into())
        });
        eventually("the error is forgotten", || {
            server.health()["status"] == "ok"
        });
        assert_eq!(server.health()["error"], serde_json::Value::Null);
        assert_eq!(server.version(), 2);
        assert_eq!(server.metric("staleness_seconds"), 0.0);
    }
}

#[test]
fn on_reload_duplicates_are_refused_if_asked_to() {
    let directory = Directory::new();
    let table = directory.write("t.csv", "id,v\na,1\n");
    let server = Server::with(&table, Some("v"), &["--duplicates", "error"]);
    directory.replace("t.csv", "id,v\na,1\na,2\n");
    eventually("the error is shown", || {
        let error = server.health()["error"].clone();
        error.as_str().is_some_and(|error| {
            error.ends_with(":3:1: the key \"a\" stands here again, first on line 2")
        })
    });
    assert_eq!(server.value("a"), Some("1".into()));
}

#[test]
fn on_reload_a_file_that_is_gone_is_an_error_until_it_is_back() {
    let directory = Directory::new();
    let table = directory.write("t.csv", "id,v\na,1\n");
    let server = Server::of(&table, Some("v"));
    fs::remove_file(&table).expect("the file removed");
    eventually("the loss is shown", || {
        server.health()["status"] == "degraded"
    });
    assert_eq!(server.value("a"), Some("1".into()));
    // The same content again is no new version, but all is well.
    directory.write("t.csv", "id,v\na,1\n");
    eventually("the file is back", || server.health()["status"] == "ok");
    assert_eq!(server.version(), 1);
}
