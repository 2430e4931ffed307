//! [`Peer`]: the crates.io left-right beside a guard that is held forever.
//!
//! It waits forever, so it does that in a process of its own, which is killed.

use std::io::{self, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use left_right_peer::Absorb;
use serde::Serialize;

/// The hidden command that [`publish_beside_a_guard`] runs under.
pub const COMMAND: &str = "peer-beside-a-guard";
/// How long the peer may take: a million times as long as a publication usually does.
const LIMIT: Duration = Duration::from_secs(2);
/// How often the peer publishes, if it can.
const PUBLICATIONS: u64 = 100;

/// What the peer did.
#[derive(Debug, PartialEq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Peer {
    /// It was killed in a publication.
    Hangs {
        /// The publications that returned before that.
        published: usize,
        /// For how long it had run.
        limit: Duration,
    },
    /// It came to an end by itself.
    Ends { published: usize, status: String },
    /// It could not be tried.
    Untried { error: String },
}

impl Peer {
    /// Runs it in another process of this program, and kills that after a while.
    pub fn watch() -> Self {
        let tried = watch(LIMIT);
        tried.unwrap_or_else(|error| Peer::Untried {
            error: error.to_string(),
        })
    }

    /// For people.
    pub fn text(&self) -> String {
        let what = match self {
            Peer::Hangs { published, limit } => format!(
                "hangs: publication {} had not returned after {limit:?}, when it was killed",
                published + 1
            ),
            Peer::Ends { published, status } => {
                format!("does not hang, as was expected: {published} publications, then {status}")
            }
            Peer::Untried { error } => format!("could not be tried: {error}"),
        };
        format!("left-right 0.11 of crates.io, publishing beside a guard, {what}\n")
    }
}

fn watch(limit: Duration) -> io::Result<Peer> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg(COMMAND)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let ended = wait(&mut child, limit);
    // Whatever the wait said: nothing of it is left behind. One that has ended cannot be killed.
    let _ = child.kill();
    let status = child.wait()?;
    let mut said = String::new();
    if let Some(mut stdout) = child.stdout.take() {
        stdout.read_to_string(&mut said)?;
    }
    let published = said.lines().count();
    Ok(match ended? {
        None => Peer::Hangs { published, limit },
        Some(_) => Peer::Ends {
            published,
            status: status.to_string(),
        },
    })
}

/// Waits no longer than `limit`.
fn wait(child: &mut Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    let begin = Instant::now();
    loop {
        let status = child.try_wait()?;
        if status.is_some() || begin.elapsed() >= limit {
            return Ok(status);
        }
        thread::sleep(Duration::from_millis(10));
    }
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

/// The other process: publishes while another thread holds a guard, and writes a line for each
/// publication that has returned.
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
