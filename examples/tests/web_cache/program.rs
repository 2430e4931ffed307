//! The program under test.

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread::{self, JoinHandle},
};

use serde_json::Value;

use crate::{
    PATIENCE, eventually,
    wire::{Connection, Response},
};

/// A running server.
pub struct Server {
    pub address: SocketAddr,
    child: EndOnDrop,
    log: Arc<Mutex<String>>,
    /// Takes the log from the program.
    logger: Option<JoinHandle<()>>,
}

/// What a run of the program left that ended by itself.
pub struct Outcome {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

impl Server {
    /// Starts the program on a free port of this machine.
    pub fn start<A: AsRef<OsStr>>(arguments: &[A]) -> Self {
        Self::start_and(arguments, |_| {})
    }

    /// Starts it, and does something to it before anything that it says is read.
    pub fn start_and<A: AsRef<OsStr>>(arguments: &[A], early: impl FnOnce(&mut Child)) -> Self {
        let mut command = command();
        command.args(["--listen", "127.0.0.1:0"]).args(arguments);
        Self::from(command, early)
    }

    /// Starts it where the file `name` is.
    pub fn start_in(directory: &Path, name: &str) -> Self {
        let mut command = command();
        command
            .args(["--listen", "127.0.0.1:0", "--key", "id", "--value", "v"])
            .args(["--table", name])
            .current_dir(directory);
        Self::from(command, |_| {})
    }

    fn from(mut command: Command, early: impl FnOnce(&mut Child)) -> Self {
        if !command
            .get_args()
            .any(|argument| argument == "--client-timeout")
        {
            // A client of ours may be slow because the machine is busy.
            command.args(["--client-timeout", "3600"]);
        }
        let mut child = EndOnDrop(command.spawn().expect("the program"));
        early(&mut child.0);
        let log = Arc::new(Mutex::new(String::new()));
        let logger = child.0.stderr.take().map(|stderr| {
            let sink = log.clone();
            thread::spawn(move || {
                for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                    *sink.lock().expect("the log") += &(line + "\n");
                }
            })
        });
        let stdout = child.0.stdout.take().expect("standard output");
        let (sender, first_line) = mpsc::channel();
        thread::spawn(move || {
            // The pipe stays open for as long as the server may write to it.
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let address = match first_line.recv_timeout(PATIENCE) {
            Ok(line) => line.parse().expect("an address in the first line"),
            Err(_) => panic!("no address; the log: {}", log.lock().expect("the log")),
        };
        let server = Server {
            address,
            child,
            log,
            logger,
        };
        if server.logger.is_some() {
            // Whatever it said of the table came before.
            eventually("its start is logged", || {
                server.log().contains("serving at")
            });
        }
        server
    }

    /// Serves `column` of the file, or all columns, by the column `id`.
    pub fn of(table: &Path, column: Option<&str>) -> Self {
        Self::with(table, column, &[])
    }

    pub fn with(table: &Path, column: Option<&str>, more: &[&str]) -> Self {
        Self::with_and(table, column, more, |_| {})
    }

    pub fn with_and(
        table: &Path,
        column: Option<&str>,
        more: &[&str],
        early: impl FnOnce(&mut Child),
    ) -> Self {
        let mut arguments: Vec<&OsStr> = vec!["--table".as_ref(), table.as_ref()];
        arguments.extend(["--key", "id"].map(OsStr::new));
        if let Some(column) = column {
            arguments.extend(["--value", column].map(OsStr::new));
        }
        arguments.extend(more.iter().map(OsStr::new));
        Self::start_and(&arguments, early)
    }

    pub fn connect(&self) -> Connection {
        Connection::open(self.address)
    }

    /// One request on a connection of its own.
    pub fn get(&self, target: &str) -> Response {
        self.connect().get(target)
    }

    /// The value of a key, or none.
    pub fn value(&self, key: &str) -> Option<Value> {
        let response = self.get(&format!("/v1/{key}"));
        match response.status {
            200 => Some(response.json()),
            404 => None,
            other => panic!("status {other}"),
        }
    }

    pub fn health(&self) -> Value {
        let response = self.get("/healthz");
        assert_eq!(response.status, 200);
        response.json()
    }

    pub fn version(&self) -> u64 {
        self.health()["version"].as_u64().expect("a number")
    }

    /// One sample, by its name behind `web_cache_` and its labels.
    pub fn metric(&self, name: &str) -> f64 {
        let text = self.get("/metrics");
        let name = format!("web_cache_{name} ");
        let sample = text
            .text()
            .lines()
            .find_map(|line| line.strip_prefix(&name));
        sample
            .unwrap_or_else(|| panic!("no {name}in {}", text.text()))
            .parse()
            .expect("a number")
    }

    /// What has been logged; the last of it may be on its way.
    pub fn log(&self) -> String {
        self.log.lock().expect("the log").clone()
    }

    #[cfg(unix)]
    pub fn id(&self) -> rustix::process::Pid {
        rustix::process::Pid::from_child(&self.child.0)
    }

    #[cfg(unix)]
    pub fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(self.id(), signal).expect("a signal sent");
    }

    /// Waits for the program to end by itself. Then the log is complete.
    pub fn wait(&mut self) -> ExitStatus {
        let status = self.child.wait();
        self.finish_log();
        status
    }

    /// Ends the program, and returns all that it has logged.
    pub fn end(mut self) -> String {
        // It may have ended by itself.
        let _ = self.child.0.kill();
        self.finish_log();
        self.log()
    }

    fn finish_log(&mut self) {
        if let Some(logger) = self.logger.take() {
            logger.join().expect("the log taken");
        }
    }
}

/// A running program; it ends with its test.
struct EndOnDrop(Child);

impl EndOnDrop {
    fn wait(&mut self) -> ExitStatus {
        let mut status = None;
        eventually("the program has ended", || {
            status = self.0.try_wait().expect("its state");
            status.is_some()
        });
        status.expect("it has ended")
    }
}

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs the program, which must end by itself.
pub fn run<A: AsRef<OsStr>>(arguments: &[A]) -> Outcome {
    let child = command().args(arguments).spawn().expect("the program");
    let mut child = EndOnDrop(child);
    let status = child.wait();
    let EndOnDrop(child) = &mut child;
    let mut outcome = Outcome {
        status,
        stdout: String::new(),
        stderr: String::new(),
    };
    let (mut stdout, mut stderr) = (child.stdout.take(), child.stderr.take());
    for (pipe, text) in [
        (
            stdout.as_mut().map(|pipe| pipe as &mut dyn Read),
            &mut outcome.stdout,
        ),
        (
            stderr.as_mut().map(|pipe| pipe as &mut dyn Read),
            &mut outcome.stderr,
        ),
    ] {
        pipe.expect("a pipe").read_to_string(text).expect("text");
    }
    outcome
}

/// Runs the program, which must end by itself, with an error output that nobody reads.
#[cfg(unix)]
pub fn run_unheard<A: AsRef<OsStr>>(arguments: &[A]) -> ExitStatus {
    let (_, unread) = std::io::pipe().expect("a pipe");
    let child = command().args(arguments).stderr(unread).spawn();
    EndOnDrop(child.expect("the program")).wait()
}

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_web-cache"));
    command
        .env_remove("RUST_LOG")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}
