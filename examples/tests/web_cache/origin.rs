//! An upstream of a test's own: it notes what it is asked for, and answers as the test says.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex},
    thread,
};

use crate::{
    PATIENCE,
    files::Directory,
    program::Server,
    wire::{Connection, Response},
    writing,
};

/// What servers of these tests have in their table.
pub const TABLE: &str = "id,v\nin-table,from the table\n";

pub struct Origin {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

/// Holds answers back until it is opened.
#[derive(Default)]
pub struct Gate {
    is_open: Mutex<bool>,
    opened: Condvar,
}

impl Origin {
    /// Answers each request by `answer`, which gets the request's target and the connection.
    ///
    /// Its threads end with the process. One that writes without end stops when nobody listens any more.
    pub fn start(
        answer: impl Fn(&str, &mut TcpStream) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (answer, noted) = (Arc::new(answer), requests.clone());
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (answer, noted) = (answer.clone(), noted.clone());
                thread::spawn(move || {
                    let mut stream = stream?;
                    let head = receive_head(&mut stream)?;
                    let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
                    noted.lock().expect("the requests").push(head);
                    answer(&target, &mut stream)
                });
            }
        });
        Origin { address, requests }
    }

    /// Answers each request with the same bytes.
    pub fn saying(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::start(move |_, stream| stream.write_all(&bytes))
    }

    /// A server of [`TABLE`] whose upstream this is.
    pub fn server(&self, more: &[&str]) -> (Directory, Server) {
        server(&format!("http://{}/base", self.address), more)
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The heads of the requests so far.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("the requests").clone()
    }

    /// What has been asked for so far.
    pub fn targets(&self) -> Vec<String> {
        let requests = self.requests();
        let targets = requests
            .iter()
            .filter_map(|head| head.split(' ').nth(1).map(str::to_owned));
        targets.collect()
    }
}

/// A server of [`TABLE`], which lets a client with the token write, with an upstream.
///
/// Unless a test says otherwise, an upstream may be slow, since the machine may be busy, and nothing expires.
pub fn server(url: &str, more: &[&str]) -> (Directory, Server) {
    let mut arguments = vec!["--upstream", url];
    for flag in ["--ttl", "--absent-ttl", "--upstream-timeout"] {
        if !more.contains(&flag) {
            arguments.extend([flag, "3600"]);
        }
    }
    arguments.extend(more);
    writing::server_with(TABLE, &arguments)
}

/// An answer with this status, content type and body.
pub fn response(status: &str, content_type: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n"
    );
    (head + body).into()
}

pub fn ok(body: &str) -> Vec<u8> {
    response("200 OK", "text/plain", body)
}

/// Waits until the other side has closed the connection.
pub fn wait_for_end(stream: &mut TcpStream) -> io::Result<()> {
    stream.read_to_end(&mut Vec::new()).map(|_| ())
}

/// Asks on as many connections for these targets, and returns the connections with the answers still to come.
pub fn ask(server: &Server, targets: impl IntoIterator<Item = String>) -> Vec<Connection> {
    let ask = |target: String| {
        let mut connection = server.connect();
        connection.send(crate::wire::head("GET", &target, &[]));
        connection
    };
    targets.into_iter().map(ask).collect()
}

pub fn receive(connections: Vec<Connection>) -> Vec<Response> {
    let receive = |mut connection: Connection| connection.receive("GET").expect("an answer");
    connections.into_iter().map(receive).collect()
}

impl Gate {
    pub fn wait(&self) {
        let is_open = self.is_open.lock().expect("the gate");
        let closed = |is_open: &mut bool| !*is_open;
        // If the test has failed, nobody opens it.
        let _ = self.opened.wait_timeout_while(is_open, PATIENCE, closed);
    }

    pub fn open(&self) {
        *self.is_open.lock().expect("the gate") = true;
        self.opened.notify_all();
    }
}

fn receive_head(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.extend(byte);
    }
    String::from_utf8(head).map_err(|_| io::ErrorKind::InvalidData.into())
}
