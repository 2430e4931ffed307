//! The keys that a request names.

use std::borrow::Cow;

use axum::http::Uri;
use percent_encoding::percent_decode_str;

use super::problem::{Problem, READ_AND_WRITE};
use crate::table::MAX_KEY;

/// The most keys of one request.
pub const MAX_KEYS: usize = 999;

/// The key in the path `/v1/{key}`.
pub fn key_in_path(uri: &Uri) -> Result<Cow<'_, str>, Problem> {
    decode(raw_key(uri))
}

/// The key in the path `/v1/{key}/incr`.
///
/// The path is split before it is decoded, so a key may end in `/incr` too, written `%2Fincr`.
pub fn counter_in_path(uri: &Uri) -> Result<Cow<'_, str>, Problem> {
    let raw = raw_key(uri).strip_suffix("/incr");
    decode(raw.ok_or_else(|| Problem::wrong_method(READ_AND_WRITE))?)
}

fn raw_key(uri: &Uri) -> &str {
    uri.path().strip_prefix("/v1/").unwrap_or_default()
}

/// The keys in `?keys=a,b,c`, each once, in their order.
///
/// A comma that belongs to a key is written `%2C`.
pub fn keys_in_query(uri: &Uri) -> Result<Vec<String>, Problem> {
    let lists = uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter_map(|pair| pair.strip_prefix("keys="));
    let mut keys: Vec<String> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for (index, raw) in lists.flat_map(|list| list.split(',')).enumerate() {
        if index >= MAX_KEYS {
            let message = format!("more than {MAX_KEYS} keys in one request");
            return Err(Problem::bad_request(message));
        }
        // In a query, a plus sign is a space.
        let key = decode(&raw.replace('+', " "))?.into_owned();
        if seen.insert(key.clone()) {
            keys.push(key);
        }
    }
    if keys.is_empty() {
        let message = "which keys? ask for one by /v1/KEY, or for some by /v1?keys=KEY,KEY";
        return Err(Problem::bad_request(message));
    }
    Ok(keys)
}

fn decode(raw: &str) -> Result<Cow<'_, str>, Problem> {
    let key = percent_decode_str(raw)
        .decode_utf8()
        .map_err(|_| Problem::bad_request("a key is not UTF-8"))?;
    if key.is_empty() {
        return Err(Problem::bad_request("a key is empty"));
    }
    if key.len() > MAX_KEY {
        let message = format!("a key has {} bytes, more than {MAX_KEY}", key.len());
        return Err(Problem::too_long(message));
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(uri: &str) -> Result<Vec<String>, Problem> {
        keys_in_query(&uri.parse().expect("a URI"))
    }

    #[test]
    fn only_a_path_that_ends_in_incr_names_a_counter() {
        for (path, expected) in [
            ("/v1/a/incr", Some("a")),
            ("/v1/a/b%2Fc/incr?x=1", Some("a/b/c")),
            ("/v1/a/incr/incr", Some("a/incr")),
            ("/v1/a%2Fincr/incr", Some("a/incr")),
            ("/v1/incr/incr", Some("incr")),
            ("/v1/a%2Fincr", None),
            ("/v1/a/inc%72", None),
            ("/v1/a/incr/", None),
            ("/v1/incr", None),
            ("/v1//incr", None),
            ("/v1/a", None),
        ] {
            let uri: Uri = path.parse().expect("a URI");
            assert_eq!(counter_in_path(&uri).ok().as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn keys_are_decoded_after_the_list_is_split() {
        let keys = keys("/v1?x=1&keys=a%2Cb,c+d,%C3%A4&keys=a%2Fb,c%20d").expect("valid");
        assert_eq!(keys, ["a,b", "c d", "ä", "a/b"]);
    }

    #[test]
    fn lists_that_cannot_be_answered_are_refused() {
        for uri in ["/v1", "/v1?", "/v1?keys=", "/v1?keys=a,,b", "/v1?keys=%FF"] {
            assert!(keys(uri).is_err(), "{uri}");
        }
    }

    #[test]
    fn the_number_of_keys_is_limited() {
        let list = |n: usize| format!("/v1?keys={}", vec!["a"; n].join(","));
        assert!(keys(&list(MAX_KEYS)).is_ok());
        assert!(keys(&list(MAX_KEYS + 1)).is_err());
    }
}
