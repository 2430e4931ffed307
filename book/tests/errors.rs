//! The page of errors has the text of each error and of each panic, as the crates say it.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use evmap_core::shared_map::{ChangesError, WriteError};
use evmap_core::{SharedMap, SwapError, TryReserveError};
use left_right::{LockError, OpWriteHandle, Operation, WriterLock};

/// The lines of the page's fences that are neither code nor commands.
fn messages() -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/errors.md");
    let page = fs::read_to_string(page).expect("the page");
    let mut fences = page.split("```");
    let mut lines = Vec::new();
    while let (Some(_prose), Some(fence)) = (fences.next(), fences.next()) {
        if let Some(text) = fence.strip_prefix("text\n") {
            lines.extend(text.lines().map(str::to_string));
        }
    }
    assert!(lines.len() >= 20, "the page has hardly any message");
    lines
}

/// Whether a message of the page is this text, where each `…` of the page stands for any part.
fn is_of(message: &str, text: &str) -> bool {
    let mut parts = message.split('…');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    for part in parts {
        let Some(at) = (if part.is_empty() {
            Some(rest.len())
        } else {
            rest.find(part)
        }) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    rest.is_empty()
}

#[track_caller]
fn demand(messages: &[String], text: &str) {
    assert!(
        messages.iter().any(|message| is_of(message, text)),
        "the page of errors does not have: {text}"
    );
}

struct Set(u32);

impl Operation<u32> for Set {
    fn apply(&mut self, target: &mut u32) {
        assert!(self.0 != 13, "planted");
        *target = self.0;
    }

    /// Acts differently on the second copy.
    fn apply_once(self, target: &mut u32) {
        *target = if self.0 == 7 { 8 } else { self.0 };
    }
}

#[test]
fn errors_of_left_right_are_on_the_page() {
    let messages = messages();
    let mut writer = OpWriteHandle::cloned(0);
    let (reader, labelled) = (writer.read_handle(), writer.read_handle());
    labelled.set_label("a report");
    let snapshot = writer.read_handle().into_snapshot();
    let (guard, other) = (reader.read(), labelled.read());
    writer.push(Set(1));
    writer.swap_buffers();
    writer.push(Set(2));
    let Err(SwapError::Busy(busy)) = writer.try_swap_buffers() else {
        panic!("three readers are busy");
    };
    demand(&messages, &busy.to_string());
    assert_eq!(busy.readers.len(), 3);
    for reader in &busy.readers {
        demand(&messages, &reader.to_string());
    }
    drop((guard, snapshot));
    let one = writer.try_swap_buffers().expect_err("one is left");
    demand(&messages, &one.to_string());
    drop(other);
    writer.swap_buffers();

    let retired = left_right::Builder::new().max_retired(0).build(0, 0);
    let mut retired = OpWriteHandle::from(retired);
    let reader = retired.read_handle();
    let guard = reader.read();
    retired.push(Set(1));
    retired.swap_buffers();
    demand(
        &messages,
        &retired.rebuild().map(|_| ()).unwrap_err().to_string(),
    );
    drop(guard);

    writer.push(Set(7));
    let differ = writer.verify_copies().expect_err("the copies differ");
    demand(&messages, &differ.to_string());

    writer.push(Set(13));
    catch_unwind(AssertUnwindSafe(|| writer.swap_buffers())).expect_err("the operation panics");
    let poisoned = writer.try_swap_buffers().expect_err("it is poisoned");
    demand(&messages, &poisoned.to_string());

    let lock = WriterLock::new(0);
    let held = lock.lock().expect("it is free");
    demand(&messages, &lock.lock().map(drop).unwrap_err().to_string());
    drop(held);
    for error in [
        LockError::HeldByCaller,
        LockError::Abandoned,
        LockError::TimedOut,
    ] {
        demand(&messages, &error.to_string());
    }
}

/// A value whose clone is another one.
#[derive(PartialEq, Debug)]
struct Fickle(u32);

impl Clone for Fickle {
    fn clone(&self) -> Self {
        Fickle(self.0 + 1)
    }
}

/// The error of a write past a reader. (The janitor may have the map for a moment.)
fn refused(map: &SharedMap<u32, u32>) -> WriteError {
    loop {
        match map.try_write(|w| w.insert(2, 2)) {
            Err(WriteError::Occupied) => thread::yield_now(),
            Err(error) => return error,
            Ok(_) => panic!("a reader is in the way"),
        }
    }
}

#[test]
fn errors_of_the_maps_are_on_the_page() {
    let messages = messages();
    let (mut writer, _reader) = evmap_core::new::<u32, u32>();
    let too_much: TryReserveError = writer.try_reserve(usize::MAX).expect_err("too much");
    demand(&messages, &too_much.to_string());

    let (mut writer, _reader) = evmap_core::new();
    writer.insert("a", Fickle(1));
    let differ = writer.verify_copies().expect_err("the copies differ");
    demand(&messages, &differ.to_string());

    let map = SharedMap::<u32, u32>::builder()
        .max_retired(1)
        .stall_limit(Duration::MAX)
        .build();
    let (first, second) = (map.read_handle(), map.read_handle());
    let (first_guard, second_guard) = (first.read(), second.read());
    map.insert(1, 1);
    for guard in [first_guard, second_guard] {
        let busy = refused(&map);
        assert!(matches!(busy, WriteError::Busy(_)));
        demand(&messages, &busy.to_string());
        drop(guard);
    }

    let map = SharedMap::<u32, u32>::builder()
        .max_retired(0)
        .stall_limit(Duration::ZERO)
        .build();
    let handle = map.read_handle();
    let guard = handle.read();
    map.insert(1, 1);
    let limit = refused(&map);
    assert!(matches!(limit, WriteError::TooManyRetired(_)));
    demand(&messages, &limit.to_string());
    drop(guard);
    demand(&messages, &WriteError::Occupied.to_string());

    let version = map.read().version();
    let late = map
        .changed_since_timeout(version, Duration::ZERO)
        .expect_err("nobody writes");
    demand(&messages, &late.to_string());
    for error in [ChangesError::Lagged, ChangesError::Closed] {
        demand(&messages, &error.to_string());
    }
}

/// The sources of a crate without its tests.
fn sources(folder: &Path, into: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path: PathBuf = entry.expect("a source").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            if !["tests", "types", "explorer"].contains(&&*name) {
                sources(&path, into);
            }
        } else if name.ends_with(".rs") && name != "tests.rs" {
            let text = fs::read_to_string(&path).expect("a readable source");
            into.push(without_tests(&text));
        }
    }
}

/// The code of a source, without comments and without items that only tests have.
fn without_tests(text: &str) -> String {
    let mut code = String::new();
    // The indentation of an item that is left out.
    let mut of_test = None;
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        let line = line.trim_start();
        if line.starts_with("#[cfg(test)]") || line.starts_with("#[cfg(all(test") {
            of_test = Some(indent);
        } else if of_test.is_none() && !line.starts_with("//") {
            code.push_str(line);
            code.push('\n');
        } else if of_test == Some(indent) && (line.starts_with('}') || line.ends_with(';')) {
            of_test = None;
        }
    }
    code
}

/// The first string literal in `code`, with its line breaks undone.
fn literal(code: &str) -> Option<String> {
    let mut text = String::new();
    let mut chars = code[code.find('"')? + 1..].chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '"' => return Some(text),
            '\\' if chars.peek() == Some(&'\n') => {
                while chars.next_if(|char| char.is_whitespace()).is_some() {}
            }
            '\\' => text.extend(chars.next()),
            char => text.push(char),
        }
    }
    None
}

/// The arguments of a call, which begin at the start of `code`.
fn arguments(code: &str) -> &str {
    let mut depth = 1;
    for (at, char) in code.char_indices() {
        match char {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &code[..at];
        }
    }
    code
}

/// A format string with `…` for what is filled in.
fn filled(text: &str) -> String {
    let mut parts = text.split('{');
    let mut out = parts.next().unwrap_or_default().to_string();
    for part in parts {
        out.push('…');
        out.push_str(part.split_once('}').map_or(part, |(_, rest)| rest));
    }
    out
}

#[test]
fn panic_messages_are_on_the_page() {
    let messages = messages();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut code = Vec::new();
    sources(&root.join("left-right/src"), &mut code);
    sources(&root.join("evmap-core/src"), &mut code);
    let code = code.join("\n");
    let mut found = 0;
    for call in ["panic!(", "assert!(", ".expect("] {
        for (at, _) in code.match_indices(call) {
            if code[..at].ends_with("debug_") {
                continue;
            }
            let arguments = arguments(&code[at + call.len()..]);
            // An assertion without a message is one of the compiler, or a test's.
            let Some(text) = literal(arguments) else {
                continue;
            };
            let name = text
                .strip_prefix('{')
                .and_then(|text| text.strip_suffix('}'));
            let text = match name {
                // The text of an error.
                Some("error" | "poisoned") => continue,
                Some(name) => {
                    let constant = format!("const {name}: &str = ");
                    let at = code
                        .find(&constant)
                        .unwrap_or_else(|| panic!("no {constant}"));
                    literal(&code[at + constant.len()..]).expect("a text")
                }
                None => text,
            };
            let text = filled(&text);
            assert!(
                messages.contains(&text),
                "the page of errors does not have the panic: {text}"
            );
            found += 1;
        }
    }
    assert!(found >= 15, "only {found} messages were found");
}

#[test]
fn a_text_that_is_not_on_the_page_is_noticed() {
    assert!(is_of("… copies of thread …", "4 copies of thread main"));
    assert!(is_of("nothing was written", "nothing was written"));
    for text in ["nothing was written at all", "something", "nothing"] {
        assert!(!is_of("nothing was written", text), "{text}");
    }
    assert!(!is_of("a … b", "a b"));
    assert_eq!(literal(r#"x, "a \"b\"", "c""#).as_deref(), Some("a \"b\""));
    assert_eq!(literal("\"a \\\n    b\"").as_deref(), Some("a b"));
    assert_eq!(filled("at {limit} of {n:?}s"), "at … of …s");
}
