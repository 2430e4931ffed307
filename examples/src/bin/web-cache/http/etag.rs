//! Entity tags: which version of the table a response shows, or which content.

use std::hash::{BuildHasher, Hasher, RandomState};

use axum::http::{HeaderMap, HeaderValue, header};

/// Makes tags that no other run of the server makes: versions start anew with each process.
pub struct Tags {
    nonce: u64,
}

impl Tags {
    pub fn of_this_process() -> Self {
        Tags {
            // The standard library's source of randomness, by its only door.
            nonce: RandomState::new().build_hasher().finish(),
        }
    }

    pub fn tag(&self, version: u64) -> HeaderValue {
        let tag = format!("\"{:016x}-{version}\"", self.nonce);
        HeaderValue::try_from(tag).expect("digits, a dash and quotes")
    }

    /// The tag of what is in no version of the table, by a hash of its content. It is never that of a version.
    pub fn tag_of_content(&self, hash: u64) -> HeaderValue {
        let tag = format!("\"{:016x}-u{hash:016x}\"", self.nonce);
        HeaderValue::try_from(tag).expect("digits, letters, a dash and quotes")
    }
}

/// Whether the request's `If-None-Match` says that the client has what `tag` stands for.
///
/// Compares weakly, as RFC 9110 (section 13.1.2) asks.
pub fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .any(|list| lists(list.as_bytes(), tag.as_bytes()))
}

fn lists(list: &[u8], tag: &[u8]) -> bool {
    if list.trim_ascii() == b"*" {
        return true;
    }
    let mut rest = list;
    loop {
        // Lists may have empty elements.
        let skipped = rest
            .iter()
            .take_while(|byte| matches!(byte, b',' | b' ' | b'\t'))
            .count();
        rest = &rest[skipped..];
        let opaque = rest.strip_prefix(b"W/").unwrap_or(rest);
        // A comma inside the quotes is part of the tag, so the list cannot be split at commas.
        let Some(end) = opaque
            .strip_prefix(b"\"")
            .and_then(|content| content.iter().position(|&byte| byte == b'"'))
        else {
            // The end, or not a list of tags.
            return false;
        };
        let (candidate, behind) = opaque.split_at(end + 2);
        if candidate == tag {
            return true;
        }
        rest = behind;
    }
}

#[cfg(test)]
mod tests {
    use super::lists;

    #[test]
    fn a_tag_is_found_in_any_list_that_has_it() {
        for list in [
            "\"a-1\"",
            "W/\"a-1\"",
            " \"a-1\" ",
            "\"x\", \"a-1\"",
            "\"x,y\",W/\"a-1\",\"z\"",
            ",, \"a-1\",",
            "*",
        ] {
            assert!(lists(list.as_bytes(), b"\"a-1\""), "{list}");
        }
    }

    #[test]
    fn a_tag_is_not_found_in_other_lists() {
        for list in [
            "",
            "a-1",
            "\"a-10\"",
            "\"x, \"a-1\"\"",
            "\"a-1",
            "\"x\" *",
            "w/\"a-1\"",
        ] {
            assert!(!lists(list.as_bytes(), b"\"a-1\""), "{list}");
        }
    }

    #[test]
    fn two_processes_would_have_two_nonces() {
        let tags = [
            super::Tags::of_this_process(),
            super::Tags::of_this_process(),
        ];
        assert_ne!(tags[0].tag(1), tags[1].tag(1));
        assert_ne!(tags[0].tag(1), tags[0].tag(2));
        assert_ne!(tags[0].tag(1), tags[0].tag_of_content(1));
        assert_ne!(tags[0].tag_of_content(1), tags[1].tag_of_content(1));
    }
}
