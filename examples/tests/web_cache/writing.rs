//! A client that has the token.

use std::net::SocketAddr;

use crate::{
    files::Directory,
    program::Server,
    wire::{Connection, Response},
};

pub const TOKEN: &str = "a-token-for-tests-only";

/// A server of this table, by the columns `id` and `v`, that lets a client with the token write.
pub fn server(table: &str) -> (Directory, Server) {
    server_with(table, &[])
}

pub fn server_with(table: &str, more: &[&str]) -> (Directory, Server) {
    let directory = Directory::new();
    let token = directory.write("token", format!("{TOKEN}\n"));
    let mut arguments = vec!["--admin-token-file", token.to_str().expect("text")];
    arguments.extend(more);
    let server = Server::with(&directory.write("t.csv", table), Some("v"), &arguments);
    (directory, server)
}

/// Requests that carry the token, on one connection after the other.
pub struct Writer {
    address: SocketAddr,
    connection: Connection,
}

impl Writer {
    pub fn of(server: &Server) -> Self {
        Writer {
            address: server.address,
            connection: server.connect(),
        }
    }

    pub fn put(&mut self, key: &str, body: impl AsRef<[u8]>) -> Response {
        self.request("PUT", &format!("/v1/{key}"), body)
    }

    pub fn delete(&mut self, key: &str) -> Response {
        self.request("DELETE", &format!("/v1/{key}"), "")
    }

    pub fn increment(&mut self, key: &str, by: &str) -> Response {
        self.request("POST", &format!("/v1/{key}/incr"), by)
    }

    pub fn request(&mut self, method: &str, target: &str, body: impl AsRef<[u8]>) -> Response {
        let authorization = format!("Bearer {TOKEN}");
        let headers = [("Authorization", &*authorization)];
        let response = self.connection.request_with(method, target, &headers, body);
        if response
            .headers
            .get("connection")
            .is_some_and(|c| c == "close")
        {
            self.connection = Connection::open(self.address);
        }
        response
    }

    /// Sends a request's head, with these headers besides the token's, and as much of its body.
    pub fn send_head(&mut self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) {
        let authorization = format!("Bearer {TOKEN}");
        let headers = [headers, &[("Authorization", &*authorization)]].concat();
        self.connection
            .send(crate::wire::head(method, target, &headers) + body);
    }

    pub fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }
}

/// A write that must succeed: the version that it returned, in the body and in the tag.
#[track_caller]
pub fn version_of(response: &Response) -> u64 {
    assert!(matches!(response.status, 200 | 201), "{response:?}");
    let version = response.json()["version"].as_u64().expect("a version");
    assert_eq!(version, response.version());
    version
}
