//! HTTP as bytes on a connection: no more of it than the tests need, and nothing hidden.

use std::{
    collections::HashMap,
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
};

use serde_json::Value;

use crate::PATIENCE;

#[derive(Debug)]
pub struct Response {
    pub status: u16,
    /// By lower-case name.
    pub headers: HashMap<String, String>,
    pub body: Vec<u8>,
}

pub struct Connection {
    stream: BufReader<TcpStream>,
}

impl Response {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }

    pub fn json(&self) -> Value {
        assert_eq!(self.headers["content-type"], "application/json");
        serde_json::from_slice(&self.body).expect("JSON")
    }

    pub fn etag(&self) -> &str {
        &self.headers["etag"]
    }

    /// The version that the tag names.
    pub fn version(&self) -> u64 {
        let tag = self.etag().trim_matches('"');
        let (_, version) = tag.rsplit_once('-').expect("a nonce and a version");
        version.parse().expect("a number")
    }

    /// What an error says, once it has been checked to be one of ours.
    pub fn error(&self) -> String {
        let body = self.json();
        assert_eq!(body["status"], self.status);
        body["error"].as_str().expect("a message").to_owned()
    }
}

impl Connection {
    pub fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.set_write_timeout(Some(PATIENCE)).expect("a timeout");
        Connection {
            stream: BufReader::new(stream),
        }
    }

    pub fn get(&mut self, target: &str) -> Response {
        self.request("GET", target, &[])
    }

    pub fn request(&mut self, method: &str, target: &str, headers: &[(&str, &str)]) -> Response {
        self.send(head(method, target, headers));
        self.receive(method).expect("a response")
    }

    /// A request with a body, and its response.
    pub fn request_with(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) -> Response {
        let length = body.as_ref().len().to_string();
        let headers = [headers, &[("Content-Length", &*length)]].concat();
        // In one go: a body that is on its way for long is not waited for.
        let head = head(method, target, &headers);
        self.send([head.as_bytes(), body.as_ref()].concat());
        self.receive(method).expect("a response")
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).expect("bytes sent");
    }

    pub fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes.as_ref())
    }

    /// The response to a request of that method; none if the connection ends before it.
    pub fn receive(&mut self, method: &str) -> Option<Response> {
        let (status, headers) = self.receive_head()?;
        let length = match headers.get("content-length") {
            Some(length) if method != "HEAD" && status != 304 => length.parse().expect("a length"),
            _ => 0,
        };
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).expect("a whole body");
        Some(Response {
            status,
            headers,
            body,
        })
    }

    pub fn receive_head(&mut self) -> Option<(u16, HashMap<String, String>)> {
        let status = self.line()?;
        let status = status.split(' ').nth(1).expect("a status");
        let status = status.parse().expect("a number");
        let mut headers = HashMap::new();
        loop {
            let line = self.line().expect("a whole head");
            let Some((name, value)) = line.split_once(": ") else {
                return Some((status, headers));
            };
            headers.insert(name.to_ascii_lowercase(), value.to_owned());
        }
    }

    pub fn receive_rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        match self.stream.read_to_end(&mut rest) {
            Ok(_) => {}
            // What came before counts.
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {}
            Err(error) => panic!("the connection is still open: {error}"),
        }
        rest
    }

    /// Waits until the server has closed the connection.
    pub fn wait_for_end(&mut self) {
        self.receive_rest();
    }

    /// None at the connection's end.
    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.stream.read_line(&mut line) {
            Ok(0) => None,
            Ok(_) => Some(line.trim_end().to_owned()),
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => None,
            Err(error) => panic!("no response: {error}"),
        }
    }
}

pub fn head(method: &str, target: &str, headers: &[(&str, &str)]) -> String {
    let mut head = format!("{method} {target} HTTP/1.1\r\nHost: test\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    head + "\r\n"
}
