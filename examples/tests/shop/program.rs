//! The program under test.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
};

use tempfile::TempDir;

use crate::{
    PATIENCE, eventually,
    wire::{Connection, Response},
};

/// A running server, and its database. Both end with the test.
pub struct Server {
    address: SocketAddr,
    pub child: Child,
    directory: TempDir,
}

impl Server {
    /// Starts a shop of 40 products. Those with the numbers 1, 9, 17, 25 and 33 are fruit.
    pub fn start(arguments: &[&str]) -> Self {
        let directory = TempDir::new().expect("a directory for the test");
        let mut child = Command::new(program())
            .args(["--port", "0", "--products", "40", "--database"])
            .arg(directory.path().join("shop.sqlite"))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program");
        let stdout = child.stdout.take().expect("standard output");
        let (sender, first_line) = mpsc::channel();
        thread::spawn(move || {
            let mut line = String::new();
            _ = BufReader::new(stdout).read_line(&mut line);
            _ = sender.send(line);
        });
        let line = first_line.recv_timeout(PATIENCE).unwrap_or_default();
        let Ok(address) = line.trim().parse() else {
            _ = child.kill();
            panic!("no address, but {line:?}");
        };
        Server {
            address,
            child,
            directory,
        }
    }

    /// Starts a shop that loads no page anew by itself, however slow the test is.
    pub fn start_lasting(arguments: &[&str]) -> Self {
        Self::start(&[&["--ttl-ms", "36000000"], arguments].concat())
    }

    pub fn database(&self) -> PathBuf {
        self.directory.path().join("shop.sqlite")
    }

    pub fn connect(&self) -> Connection {
        Connection::open(self.address)
    }

    pub fn get(&self, target: &str) -> Response {
        self.connect().get(target)
    }

    /// The page of a product, which must be there. A read may find the database locked by a write: then it asks again.
    #[track_caller]
    pub fn page(&self, id: u32) -> Response {
        let mut page = None;
        eventually("a page", || {
            let response = self.get(&format!("/product/{id}"));
            let is_there = response.status != 503;
            page = Some(response);
            is_there
        });
        let page = page.expect("a page");
        assert_eq!(page.status, 200);
        page
    }

    pub fn price(&self, id: u32) -> String {
        price(&self.page(id))
    }

    /// Sends a change until the database is not busy, and returns the answer.
    #[track_caller]
    pub fn put(&self, target: &str, body: &str) -> Response {
        let mut answer = None;
        eventually("a change", || {
            let response = self.try_put(target, body);
            let is_done = response.status != 503;
            answer = Some(response);
            is_done
        });
        answer.expect("an answer")
    }

    pub fn try_put(&self, target: &str, body: &str) -> Response {
        let json = [("Content-Type", "application/json")];
        self.connect().request_with("PUT", target, &json, body)
    }

    /// A figure of `/metrics`, by its name without `shop_`.
    #[track_caller]
    pub fn metric(&self, name: &str) -> u64 {
        let text = self.get("/metrics");
        let name = format!("shop_{name} ");
        let value = text
            .text()
            .lines()
            .find_map(|line| line.strip_prefix(&name));
        let value = value.unwrap_or_else(|| panic!("no {name}in {}", text.text()));
        value.parse().expect("a number")
    }

    /// A figure of the cache of pages, by its name without `shop_cache_`.
    #[track_caller]
    pub fn of_pages(&self, name: &str) -> u64 {
        self.metric(&format!("cache_{name}{{cache=\"pages\"}}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// The line of a page that has the price.
pub fn price(page: &Response) -> String {
    let (_, rest) = page.text().split_once("<p>Price: ").expect("a price");
    rest.split_once("</p>").expect("its end").0.to_owned()
}

/// Cargo says where the programs of `src/bin` are, but not where examples are.
fn program() -> PathBuf {
    let mut path = env::current_exe().expect("this test");
    path.pop();
    if path.ends_with("deps") {
        path.pop();
    }
    path.push("examples");
    path.push(format!("shop{}", env::consts::EXE_SUFFIX));
    assert!(
        path.exists(),
        "{} is not there: `cargo test` builds it, and so does `cargo build -p examples --examples`",
        path.display()
    );
    let written = |path: &Path| {
        fs::metadata(path)
            .and_then(|it| it.modified())
            .expect("a file")
    };
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/shop");
    for source in fs::read_dir(&sources).expect("the program's sources") {
        let source = source.expect("a source").path();
        assert!(
            written(&source) <= written(&path),
            "{} is older than {}: `cargo build -p examples --examples` renews it",
            path.display(),
            source.display()
        );
    }
    path
}
