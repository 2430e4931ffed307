//! Keys that stand in more than one row.

use serde_json::json;

use crate::{
    eventually,
    files::Directory,
    program::{Server, run},
};

const TABLE: &str = "id,v\nx,0\na,1\nb,2\nb,3\na,4\na,5\n";

fn server(policy: &[&str]) -> (Directory, Server) {
    let directory = Directory::new();
    let table = directory.write("t.csv", TABLE);
    let server = Server::with(&table, Some("v"), policy);
    (directory, server)
}

#[test]
fn the_last_row_wins_unless_told_otherwise() {
    for policy in [&[][..], &["--duplicates", "last"]] {
        let (_directory, server) = server(policy);
        assert_eq!(server.value("a"), Some("5".into()));
        assert_eq!(server.value("b"), Some("3".into()));
        assert_eq!(server.health()["entries"], 3);
    }
}

#[test]
fn one_warning_counts_them_and_names_the_first() {
    let (_directory, server) = server(&[]);
    let log = server.log();
    let warnings: Vec<_> = log.lines().filter(|line| line.contains("WARN")).collect();
    let [warning] = warnings[..] else {
        panic!("not one warning: {log}");
    };
    assert!(
        warning.contains(
            "2 keys stand in more than one row, the last row of each is served and 3 rows are left out; \
             the first is \"b\" on line 4 and again on line 5"
        ),
        "{warning}"
    );
}

#[test]
fn the_warning_is_not_repeated_by_every_reload() {
    let (directory, server) = server(&[]);
    let count = || server.log().matches("WARN").count();
    directory.replace("t.csv", format!("{TABLE}y,6\n"));
    eventually("the new row is told of", || {
        server.log().contains("inserted=1 changed=0 removed=0")
    });
    assert_eq!(count(), 1);
    directory.replace("t.csv", format!("{TABLE}y,6\ny,7\n"));
    eventually("the new duplicate is told of", || count() == 2);
}

#[test]
fn the_first_row_wins_if_asked_to() {
    let (_directory, server) = server(&["--duplicates", "first"]);
    assert_eq!(server.value("a"), Some("1".into()));
    assert_eq!(server.value("b"), Some("2".into()));
    assert!(server.log().contains("the first row of each is served"));
}

#[test]
fn they_can_be_refused() {
    let directory = Directory::new();
    let table = directory.write("t.csv", TABLE);
    let path = table.to_str().expect("text");
    let outcome = run(&["--table", path, "--key", "id", "--duplicates", "error"]);
    assert!(!outcome.status.success());
    assert_eq!(
        outcome.stderr,
        format!("error: {path}:5:1: the key \"b\" stands here again, first on line 4\n")
    );
}

#[test]
fn all_rows_can_be_served_as_an_array() {
    let (directory, server) = server(&["--duplicates", "all"]);
    assert_eq!(server.value("a"), Some(json!(["1", "4", "5"])));
    assert_eq!(server.value("x"), Some(json!(["0"])));
    assert_eq!(server.value("nobody"), None);
    let found = server.get("/v1?keys=b,nobody,x").json();
    assert_eq!(found["values"], json!({"b": ["2", "3"], "x": ["0"]}));
    assert_eq!(found["missing"], json!(["nobody"]));
    assert_eq!(server.health()["entries"], 3);
    assert!(!server.log().contains("WARN"));

    // One row fewer, one row more, one key fewer, another order: each is a change of its key only, in one version.
    directory.replace("t.csv", "id,v\na,5\na,1\nb,2\nb,3\nb,3\ny,0\n");
    eventually("the new rows are served", || server.version() == 2);
    assert_eq!(server.value("a"), Some(json!(["5", "1"])));
    assert_eq!(server.value("b"), Some(json!(["2", "3", "3"])));
    assert_eq!(server.value("x"), None);
    assert_eq!(server.value("y"), Some(json!(["0"])));
    eventually("the change is logged", || {
        server.log().contains("inserted=1 changed=2 removed=1")
    });
}
