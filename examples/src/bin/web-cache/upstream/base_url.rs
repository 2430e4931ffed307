//! The URL of the upstream, and what is asked for below it.

use std::{error::Error, fmt};

use axum::http::{HeaderValue, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

/// Far more than any URL, and with the longest key not too long for a request.
const LONGEST: usize = 4096;
/// All that means nothing in a path, as RFC 3986 (section 2.3) has it.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

#[derive(Debug)]
pub struct BaseUrl {
    authority: HeaderValue,
    host: String,
    port: u16,
    /// Without a slash at its end.
    path: String,
}

/// Why a text is no URL of an upstream. It does not repeat the text, which may have a password.
#[derive(Debug, PartialEq, Eq)]
pub struct BaseUrlError(&'static str);

impl BaseUrl {
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        let refused = |reason| Err(BaseUrlError(reason));
        if text.len() > LONGEST {
            return refused("it has more than 4096 bytes");
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return refused("it does not begin with http://");
        };
        if scheme.eq_ignore_ascii_case("https") {
            return refused("https is not possible, since there is no encryption here; use http");
        }
        if !scheme.eq_ignore_ascii_case("http") {
            return refused("it does not begin with http://");
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return refused("it has a space or another character that must be percent-encoded");
        }
        let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
        if authority.contains('@') {
            return refused("it has a user name or a password, which would not be sent");
        }
        if rest.contains(['?', '#']) {
            return refused("it has a `?` or a `#`, and a key could not follow that");
        }
        let no_url = |_| BaseUrlError("it is not a URL");
        let uri: Uri = text.parse().map_err(no_url)?;
        let host = uri.host().unwrap_or_default();
        if host.is_empty() {
            return refused("it names no host");
        }
        Ok(BaseUrl {
            authority: HeaderValue::from_str(authority)
                .map_err(|_| BaseUrlError("it is not a URL"))?,
            host: host.trim_matches(['[', ']']).to_owned(),
            port: port(&authority[host.len().min(authority.len())..])?,
            path: uri.path().trim_end_matches('/').to_owned(),
        })
    }

    /// The host and the port, as the URL has them.
    pub fn authority(&self) -> &HeaderValue {
        &self.authority
    }

    pub fn address(&self) -> (&str, u16) {
        (&self.host, self.port)
    }

    /// What a request for this key asks for: the URL's path, a slash, and the key as one segment.
    pub fn target(&self, key: &str) -> String {
        format!("{}/{}", self.path, utf8_percent_encode(key, ENCODED))
    }
}

/// Whether a key names something below the base URL for every server, however often it decodes the path, and wherever it
/// takes the path to end.
///
/// A slash within a key is encoded, but some servers decode it before they look for `..`.
pub fn is_askable(key: &str) -> bool {
    let ends =
        |byte: &u8| matches!(byte, b'/' | b'\\' | b';' | b'?' | b'#') || byte.is_ascii_control();
    let mut bytes = key.as_bytes().to_vec();
    loop {
        if bytes.split(ends).any(|part| part == b"." || part == b"..") {
            return false;
        }
        // Shorter each time, until nothing is left to decode.
        let decoded: Vec<u8> = percent_decode(&bytes).collect();
        if decoded == bytes {
            return true;
        }
        bytes = decoded;
    }
}

/// The port in what follows the host.
fn port(text: &str) -> Result<u16, BaseUrlError> {
    if text.is_empty() {
        return Ok(80);
    }
    text.strip_prefix(':')
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|digits| digits.parse().ok())
        .filter(|&port| port > 0)
        .ok_or(BaseUrlError("its port is not a number from 1 to 65535"))
}

impl fmt::Display for BaseUrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "--upstream: {}", self.0)
    }
}

impl Error for BaseUrlError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart() {
        for (text, host, port, authority, target) in [
            ("http://a", "a", 80, "a", "/k"),
            ("HTTP://a/", "a", 80, "a", "/k"),
            ("http://a:8080/v1", "a", 8080, "a:8080", "/v1/k"),
            ("http://a.b/v1/x//", "a.b", 80, "a.b", "/v1/x/k"),
            ("http://[::1]:9/v", "::1", 9, "[::1]:9", "/v/k"),
            ("http://127.0.0.1:1", "127.0.0.1", 1, "127.0.0.1:1", "/k"),
            ("http://a/b%20c/@d", "a", 80, "a", "/b%20c/@d/k"),
            ("http://a//b/../c", "a", 80, "a", "//b/../c/k"),
        ] {
            let url = BaseUrl::parse(text).expect(text);
            assert_eq!(url.address(), (host, port), "{text}");
            assert_eq!(url.authority(), authority, "{text}");
            assert_eq!(url.target("k"), target, "{text}");
            // It can be asked for.
            target.parse::<Uri>().expect(text);
        }
    }

    #[test]
    fn other_texts_are_refused_with_a_reason() {
        for (text, reason) in [
            ("", "begin with http://"),
            ("a:80", "begin with http://"),
            ("//a/b", "begin with http://"),
            ("http:/a", "begin with http://"),
            ("ftp://a", "begin with http://"),
            ("file:///etc/passwd", "begin with http://"),
            ("https://a", "https is not possible"),
            ("HTTPS://a", "https is not possible"),
            ("http://user@a", "user name"),
            ("http://user:word@a:80/b", "user name"),
            ("http://@a", "user name"),
            ("http://a?b=", "`?`"),
            ("http://a/b?", "`?`"),
            ("http://a/#b", "`#`"),
            ("http://a b/", "percent-encoded"),
            ("http://a/ä", "percent-encoded"),
            ("http://a/\r\nX: y", "percent-encoded"),
            ("http://", ""),
            ("http:///b", ""),
            ("http://:80", ""),
            ("http://a\\b", ""),
            ("http://[::1", ""),
            ("http://[::1]b", ""),
            ("http://a:", "port"),
            ("http://a:0", "port"),
            ("http://a:+1", ""),
            ("http://a:65536", ""),
            ("http://a:b", ""),
            ("http://a:1:2", ""),
            (&format!("http://{}", "a".repeat(LONGEST)), "4096 bytes"),
        ] {
            let error = BaseUrl::parse(text).expect_err(text).to_string();
            assert!(error.starts_with("--upstream: "), "{error}");
            assert!(error.contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn a_key_is_one_segment() {
        let url = BaseUrl::parse("http://a/v1").expect("a URL");
        for (key, segment) in [
            ("a-b_c.d~e", "a-b_c.d~e"),
            ("a/b", "a%2Fb"),
            ("/", "%2F"),
            ("%2e%2e%2e", "%252e%252e%252e"),
            ("ä", "%C3%A4"),
            ("a?b#c", "a%3Fb%23c"),
            ("a b\r\nc\0", "a%20b%0D%0Ac%00"),
            ("...", "..."),
            ("a..b", "a..b"),
        ] {
            assert!(is_askable(key), "{key}");
            assert_eq!(url.target(key), format!("/v1/{segment}"));
        }
    }

    #[test]
    fn a_key_that_could_lead_out_of_the_base_is_not_asked_for() {
        for key in [
            ".",
            "..",
            "../a",
            "a/..",
            "a/../b",
            "a/./b",
            "..\\a",
            "a\\..",
            "..;/a",
            "/..",
            "..?a",
            "..#a",
            "a/..\0",
            "%2e%2e",
            "a%2f..",
            "%252e%252e%252fa",
            "%25252e%25252e/a",
        ] {
            assert!(!is_askable(key), "{key}");
        }
    }
}
