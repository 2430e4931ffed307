//! A reload that meets what clients wrote: a row of the file that has changed wins, and one that has not changes nothing.

use serde_json::Value;

use crate::{
    eventually,
    files::Directory,
    program::Server,
    writing::{Writer, server, server_with},
};

const TABLE: &str = "id,v\na,1\nb,2\nc,3\n";

/// Puts these rows in the place of the file, and a row that tells when they are served.
#[track_caller]
fn reload(directory: &Directory, server: &Server, mark: u32, rows: &str) {
    let value = mark.to_string();
    directory.replace("t.csv", format!("id,v\nmark,{value}\n{rows}"));
    eventually("the new table is served", || {
        let served = server.value("mark");
        served.is_some_and(|served| served == *value || served[0] == *value)
    });
}

#[track_caller]
fn assert_served(server: &Server, expected: [Option<Value>; 3]) {
    let served = ["a", "b", "c"].map(|key| server.value(key));
    assert_eq!(served, expected);
}

#[test]
fn a_put_stays_until_the_files_own_row_changes() {
    let (directory, server) = server(TABLE);
    let mut writer = Writer::of(&server);
    writer.put("a", "\"mine\"");
    writer.put("b", "\"mine\"");
    writer.put("n", "5");
    reload(&directory, &server, 1, "a,1\nb,20\nc,30\n");
    let mine = Some(Value::from("mine"));
    assert_served(
        &server,
        [mine.clone(), Some("20".into()), Some("30".into())],
    );
    assert_eq!(server.value("n"), Some(5.into()));
    // However often the file is read.
    reload(&directory, &server, 2, "a,1\nb,20\nc,30\n");
    assert_served(&server, [mine, Some("20".into()), Some("30".into())]);
    // Then the file has its say, also about a key that it did not have before.
    reload(&directory, &server, 3, "a,10\nb,20\nc,30\nn,6\n");
    assert_eq!(server.value("a"), Some("10".into()));
    assert_eq!(server.value("n"), Some("6".into()));
}

#[test]
fn a_deleted_key_stays_away_until_the_files_own_row_changes() {
    let (directory, server) = server(TABLE);
    let mut writer = Writer::of(&server);
    writer.delete("a");
    writer.delete("b");
    reload(&directory, &server, 1, "a,1\nb,20\nc,3\n");
    assert_served(&server, [None, Some("20".into()), Some("3".into())]);
    reload(&directory, &server, 2, "a,10\nb,20\nc,3\n");
    assert_eq!(server.value("a"), Some("10".into()));
}

#[test]
fn a_row_that_leaves_the_file_takes_what_was_written_over_it_along() {
    let (directory, server) = server(TABLE);
    let mut writer = Writer::of(&server);
    writer.put("a", "\"mine\"");
    writer.put("n", "5");
    writer.delete("b");
    reload(&directory, &server, 1, "c,3\n");
    assert_served(&server, [None, None, Some("3".into())]);
    assert_eq!(server.value("n"), Some(5.into()));
    // What is written after that is the file's business no more.
    writer.put("a", "\"again\"");
    reload(&directory, &server, 2, "c,3\n");
    assert_eq!(server.value("a"), Some("again".into()));
}

#[test]
fn counting_up_is_a_write_like_others() {
    let directory = Directory::new();
    let token = directory.write("token", format!("{}\n", crate::writing::TOKEN));
    let rows = |n: u32, hits: u32| {
        format!("{{\"id\":\"hits\",\"v\":{hits}}}\n{{\"id\":\"n\",\"v\":{n}}}\n")
    };
    let table = directory.write("t.jsonl", rows(0, 10));
    let more = ["--admin-token-file", token.to_str().expect("text")];
    let server = Server::with(&table, Some("v"), &more);
    assert_eq!(
        Writer::of(&server).increment("hits", "5").json()["value"],
        15
    );
    directory.replace("t.jsonl", rows(1, 10));
    eventually("the other row is served", || {
        server.value("n") == Some(1.into())
    });
    assert_eq!(server.value("hits"), Some(15.into()));
    directory.replace("t.jsonl", rows(1, 100));
    eventually("the row is the file's again", || {
        server.value("hits") == Some(100.into())
    });
    assert_eq!(
        Writer::of(&server).increment("hits", "").json()["value"],
        101
    );
}

#[test]
fn a_reload_that_finds_everything_as_it_says_is_no_new_version() {
    let (directory, server) = server(TABLE);
    let mut writer = Writer::of(&server);
    writer.put("a", "\"10\"");
    writer.delete("b");
    writer.delete("c");
    assert_eq!(server.version(), 4);
    directory.replace("t.csv", "id,v\na,10\nc,3\n");
    eventually("the table is read again", || {
        server.metric("reloads_total{outcome=\"unchanged\"}") >= 1.0
    });
    assert_served(&server, [Some("10".into()), None, None]);
    assert_eq!(server.version(), 4);
}

#[test]
fn all_rows_of_a_key_follow_the_same_rule() {
    let table = "id,v\na,1\na,2\nb,2\nc,3\n";
    let (directory, server) = server_with(table, &["--duplicates", "all"]);
    let mut writer = Writer::of(&server);
    writer.put("a", "[]");
    writer.put("b", "[]");
    reload(&directory, &server, 1, "a,1\na,2\nb,2\nb,3\nc,3\n");
    assert_eq!(server.value("a"), Some(serde_json::json!([])));
    assert_eq!(server.value("b"), Some(serde_json::json!(["2", "3"])));
}
