//! What a response shows together was there together, and versions never go back.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    thread,
};

use serde_json::Value;

use crate::{eventually, files::Directory, program::Server, wire::Connection};

const KEYS: usize = 40;
const GENERATIONS: u64 = 40;
const READERS: usize = 3;

/// A table in whose rows the generation stands.
fn table(generation: u64) -> String {
    let mut table = String::from("id,generation\n");
    for key in 0..KEYS {
        table += &format!("k{key},{generation}\n");
    }
    // A key that comes and goes with every other generation must come and go with it.
    if generation.is_multiple_of(2) {
        table += &format!("even,{generation}\n");
    }
    table
}

/// The generation that one row has, which stands alone or in the array of its key's only row.
fn number(value: &Value) -> Result<u64, &'static str> {
    let text = value.as_str().or_else(|| value[0].as_str());
    text.ok_or("no text")?.parse().map_err(|_| "no number")
}

/// The one generation of a response, and what is wrong with it if it is not one.
fn generation(response: &Value) -> Result<u64, String> {
    let values = response["values"].as_object().ok_or("no values")?;
    let mut generations = values.values().map(number);
    let first = generations.next().ok_or("no value")??;
    for generation in generations {
        if generation? != first {
            return Err(format!("torn: {response}"));
        }
    }
    let even = first.is_multiple_of(2);
    if values.contains_key("even") != even || values.len() != KEYS + usize::from(even) {
        return Err(format!("not what generation {first} holds: {response}"));
    }
    Ok(first)
}

#[test]
fn no_response_mixes_versions_and_none_goes_back() {
    rewrite_while_reading("last");
}

#[test]
fn no_response_with_all_rows_of_a_key_does_either() {
    rewrite_while_reading("all");
}

fn rewrite_while_reading(duplicates: &str) {
    let directory = Directory::new();
    let path = directory.write("t.csv", table(0));
    let policy = ["--duplicates", duplicates];
    let server = Server::with(&path, Some("generation"), &policy);
    let keys: Vec<_> = (0..KEYS).map(|key| format!("k{key}")).collect();
    let target = format!("/v1?keys={},even", keys.join(","));
    let newest = AtomicU64::new(0);
    let done = AtomicBool::new(false);
    let answers = AtomicU64::new(0);

    thread::scope(|scope| {
        for _ in 0..READERS {
            scope.spawn(|| {
                // Also if it panics: nobody need wait for its answers then.
                let _end = SetOnDrop(&done);
                let mut connection = server.connect();
                while !done.load(SeqCst) {
                    read_both(&mut connection, &target, &newest);
                    answers.fetch_add(1, SeqCst);
                }
            });
        }
        let _end = SetOnDrop(&done);
        for generation in 1..=GENERATIONS {
            let before = answers.load(SeqCst);
            directory.replace("t.csv", table(generation));
            eventually("the generation is served", || {
                let value = server.value("k0").expect("a key that stays");
                number(&value) == Ok(generation)
            });
            eventually("it is read meanwhile", || {
                answers.load(SeqCst) > before || done.load(SeqCst)
            });
        }
    });
    assert_eq!(server.version(), GENERATIONS + 1);
}

/// Reads by both routes, and checks them against what any reader has seen before.
fn read_both(connection: &mut Connection, target: &str, newest: &AtomicU64) {
    let before = newest.load(SeqCst);
    let response = connection.get(target);
    assert_eq!(response.status, 200);
    let body = response.json();
    let version = body["version"].as_u64().expect("a version");
    assert_eq!(version, response.version());
    // The first version has generation 0, and each reload is one version.
    assert_eq!(generation(&body), Ok(version - 1));
    assert!(version >= before, "from {before} back to {version}");
    newest.fetch_max(version, SeqCst);

    let before = newest.load(SeqCst);
    let response = connection.get("/v1/k7");
    let version = response.version();
    assert_eq!(number(&response.json()), Ok(version - 1));
    assert!(version >= before, "from {before} back to {version}");
    newest.fetch_max(version, SeqCst);
}

struct SetOnDrop<'a>(&'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, SeqCst);
    }
}

/// The control: what the test looks for, it would find.
#[test]
fn a_torn_response_would_be_noticed() {
    let complete = |generation: u64| {
        let mut values = serde_json::Map::new();
        for key in 0..KEYS {
            values.insert(format!("k{key}"), generation.to_string().into());
        }
        serde_json::json!({ "values": values })
    };
    let good = complete(3);
    assert_eq!(generation(&good), Ok(3));
    let mut torn = good.clone();
    torn["values"]["k5"] = "4".into();
    assert!(generation(&torn).is_err());
    let mut too_many = good.clone();
    too_many["values"]["even"] = "3".into();
    assert!(generation(&too_many).is_err());
    assert!(generation(&complete(4)).is_err());
}
