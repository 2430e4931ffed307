//! Twelve small programs written for peers, and the same programs on ours.
//!
//! Each pair prints the same, and differs in at most a third of its lines. The pages of `evmap_core::migrating` show
//! each difference and the ported program; `MIGRATING=write` writes them anew.

use std::fmt::Write;
use std::path::PathBuf;
use std::{env, fs};

struct Program {
    peer: &'static str,
    name: &'static str,
    before: Version,
    after: Version,
}

struct Version {
    text: &'static str,
    run: fn() -> String,
}

macro_rules! programs {
    ($($peer:ident: $($name:ident)+;)+) => {
        $(mod $peer {
            $(pub mod $name {
                pub mod before;
                pub mod after;
            })+
        })+

        const PROGRAMS: &[Program] = &[$($(Program {
            peer: stringify!($peer),
            name: stringify!($name),
            before: Version {
                text: include_str!(concat!(stringify!($peer), "/", stringify!($name), "/before.rs")),
                run: $peer::$name::before::run,
            },
            after: Version {
                text: include_str!(concat!(stringify!($peer), "/", stringify!($name), "/after.rs")),
                run: $peer::$name::after::run,
            },
        },)+)+];
    };
}

programs! {
    evmap: shops squares prices;
    left_right: balance routes;
    dashmap: words sessions stock;
    papaya: hits flags;
    flurry: scores;
    scc: jobs;
}

/// What a line of a difference is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Line<'a> {
    Same(&'a str),
    Removed(&'a str),
    Added(&'a str),
}

impl<'a> Line<'a> {
    fn parts(self) -> (char, &'a str) {
        match self {
            Line::Same(text) => (' ', text),
            Line::Removed(text) => ('-', text),
            Line::Added(text) => ('+', text),
        }
    }
}

/// The difference with the fewest lines: by the longest common subsequence.
fn difference<'a>(before: &'a str, after: &'a str) -> Vec<Line<'a>> {
    let (old, new): (Vec<_>, Vec<_>) = (before.lines().collect(), after.lines().collect());
    let mut common = vec![vec![0; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i][j] = if old[i] == new[j] {
                common[i + 1][j + 1] + 1
            } else {
                common[i + 1][j].max(common[i][j + 1])
            };
        }
    }
    let (mut i, mut j, mut lines) = (0, 0, Vec::new());
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            lines.push(Line::Same(old[i]));
            (i, j) = (i + 1, j + 1);
        } else if i < old.len() && (j == new.len() || common[i + 1][j] >= common[i][j + 1]) {
            lines.push(Line::Removed(old[i]));
            i += 1;
        } else {
            lines.push(Line::Added(new[j]));
            j += 1;
        }
    }
    lines
}

#[test]
fn a_difference_has_the_fewest_lines() {
    use Line::{Added, Removed, Same};
    assert_eq!(
        difference("a\nb\nc", "a\nx\nc\nd"),
        [Same("a"), Removed("b"), Added("x"), Same("c"), Added("d")]
    );
}

#[test]
fn each_program_prints_what_it_printed_before() {
    assert_eq!(PROGRAMS.len(), 12);
    for Program {
        peer,
        name,
        before,
        after,
    } in PROGRAMS
    {
        assert_eq!((after.run)(), (before.run)(), "{peer}/{name}");
    }
}

#[test]
fn a_port_changes_at_most_a_third_of_the_lines() {
    for Program {
        peer,
        name,
        before,
        after,
    } in PROGRAMS
    {
        let lines = difference(before.text, after.text);
        let count = |is: fn(&Line<'_>) -> bool| lines.iter().filter(|line| is(line)).count();
        let removed = count(|line| matches!(line, Line::Removed(_)));
        let added = count(|line| matches!(line, Line::Added(_)));
        let all = before.text.lines().count();
        println!("{peer}/{name}: of {all} lines {removed} removed, {added} added");
        assert!(removed.max(added) * 3 <= all, "{peer}/{name}");
    }
}

/// The page of one peer: for each program its subject, the difference, and the ported program.
fn page(peer: &str) -> String {
    let mut page = String::new();
    for program in PROGRAMS.iter().filter(|program| program.peer == peer) {
        let (subject, code) = program.after.text.split_once("\n\n").expect("a first line");
        let subject = subject.trim_start_matches("//! ");
        let lines = difference(program.before.text, program.after.text);
        _ = write!(page, "# {subject}\n\n```diff\n");
        // Without the subject.
        for line in &lines[2..] {
            let (sign, text) = line.parts();
            _ = writeln!(page, "{}", format!("{sign}{text}").trim_end());
        }
        let printed = (program.after.run)();
        _ = write!(
            page,
            "```\n\nThe ported program returns `{printed}`:\n\n```\n{code}"
        );
        _ = write!(page, "# assert_eq!(run(), {printed:?});\n```\n\n");
    }
    page.replace("left_right_peer", "left_right")
        .trim_end()
        .to_owned()
        + "\n"
}

#[test]
fn the_pages_show_the_programs() {
    let pages = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../evmap-core/src/migrating");
    for peer in ["evmap", "left_right", "dashmap", "papaya", "flurry", "scc"] {
        let (path, page) = (pages.join(format!("{peer}.md")), page(peer));
        if env::var_os("MIGRATING").is_some() {
            fs::write(&path, &page).expect("it can be written");
        }
        let shown = fs::read_to_string(&path).expect("it can be read");
        assert!(shown == page, "{} is out of date", path.display());
    }
}
