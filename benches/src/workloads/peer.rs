//! `compare stall`: the crates.io left-right beside a guard that is held forever.
//!
//! It waits forever, so it does that in a process of its own, which is killed.

use std::io::{self, Read, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use left_right_peer::Absorb;

use crate::contenders::LEFT_RIGHT;
use crate::paired::{Case, Head, Samples};

/// The hidden command that [`publish_beside_a_guard`] runs under.
pub const COMMAND: &str = "peer-beside-a-guard";
/// How long the peer may take: a million times as long as a publication usually does.
const LIMIT: Duration = Duration::from_secs(2);
/// How often the peer publishes, if it can.
const PUBLICATIONS: u64 = 100;

/// Runs it in another process of this program, and kills that after a while.
pub fn watch(operation: &str) -> Case {
    let title =
        "left-right of crates.io, publishing beside a guard in a process of its own".to_string();
    let head = Head::new(format!("{operation}/peer"), title, None, ["returned"]);
    let head = head.unit("publications");
    let (published, note) = match run() {
        Ok((published, None)) => {
            let next = published + 1;
            let note = format!(
                "hangs: publication {next} had not returned after {LIMIT:?}, when it was killed"
            );
            (Some(published), note)
        }
        Ok((published, Some(status))) => (
            Some(published),
            format!("does not hang, as was expected: {status}"),
        ),
        Err(error) => (None, format!("could not be tried: {error}")),
    };
    let row = published.map(|published| (LEFT_RIGHT.name, [vec![published as f64]]));
    Case::new(head, Samples::of(row)).note(note)
}

/// Returns how many publications returned, and how it ended, if it ended by itself.
fn run() -> io::Result<(usize, Option<String>)> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg(COMMAND)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let begin = Instant::now();
    let ended = loop {
        let ended = child.try_wait();
        if !matches!(ended, Ok(None)) || begin.elapsed() >= LIMIT {
            break ended;
        }
        thread::sleep(Duration::from_millis(10));
    };
    // Whatever the wait said: nothing of it is left behind. One that has ended cannot be killed.
    let _ = child.kill();
    child.wait()?;
    let mut said = String::new();
    if let Some(mut stdout) = child.stdout.take() {
        stdout.read_to_string(&mut said)?;
    }
    Ok((
        said.lines().count(),
        ended?.map(|status| status.to_string()),
    ))
}

/// The other process: publishes while another thread holds a guard, and writes a line for each publication that has
/// returned.
///
/// # Errors
/// If it cannot write.
pub fn publish_beside_a_guard() -> io::Result<()> {
    // In case that nobody is left to kill it.
    thread::spawn(|| {
        thread::sleep(LIMIT * 5);
        std::process::exit(1);
    });
    let (mut writer, reader) = left_right_peer::new::<u64, Add>();
    writer.publish();
    let (held, is_held) = mpsc::channel();
    thread::spawn(move || {
        let _guard = reader.enter();
        let _ = held.send(());
        loop {
            thread::park();
        }
    });
    is_held.recv().map_err(io::Error::other)?;
    let mut stdout = io::stdout();
    for number in 0..PUBLICATIONS {
        writer.append(Add(number));
        writer.publish();
        writeln!(stdout, "published {number}")?;
        stdout.flush()?;
    }
    Ok(())
}

/// Adds to a number.
struct Add(u64);

impl Absorb<Add> for u64 {
    fn absorb_first(&mut self, add: &mut Add, _: &Self) {
        *self += add.0;
    }

    fn sync_with(&mut self, first: &Self) {
        *self = *first;
    }
}
