//! `If-Version-At-Least: N`: a read that must not be older than a write that its client knows of.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use tokio::time::timeout;

use super::{App, problem::Problem};

const NAME: HeaderName = HeaderName::from_static("if-version-at-least");
/// How long a request may wait for its version.
const LONGEST: Duration = Duration::from_secs(2);

/// Waits until the version is visible that the request asks for, if it asks for one.
///
/// Versions never go back, so a read that begins after this shows it, or a later one.
pub async fn wait(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
    let Some(asked) = asked(headers)? else {
        return Ok(());
    };
    if timeout(LONGEST, app.store.wait_for(asked)).await.is_ok() {
        return Ok(());
    }
    let visible = app.store.version();
    if visible >= asked {
        return Ok(());
    }
    let seconds = LONGEST.as_secs();
    let message =
        format!("version {asked} is not there, and did not come in {seconds} s; {visible} is");
    Err(Problem::too_old(message).with_header(header::ETAG, app.tags.tag(visible)))
}

fn asked(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let mut all = headers.get_all(NAME).iter();
    match (all.next(), all.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => match number(value) {
            Some(number) => Ok(Some(number)),
            None => Err(Problem::bad_request(
                "If-Version-At-Least takes a version: a number of 64 bits",
            )),
        },
        (Some(_), Some(_)) => Err(Problem::bad_request("If-Version-At-Least stands twice")),
    }
}

fn number(value: &HeaderValue) -> Option<u64> {
    let digits = value.to_str().ok()?.trim_ascii();
    // A sign, which parsing would let pass, is none.
    digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digits_are_a_version() {
        for (value, expected) in [
            ("0", Some(0)),
            (" 7 ", Some(7)),
            ("007", Some(7)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("", None),
            ("+7", None),
            ("-7", None),
            ("7.0", None),
            ("7, 8", None),
            ("0x7", None),
            ("\"7\"", None),
        ] {
            assert_eq!(
                number(&HeaderValue::from_static(value)),
                expected,
                "{value}"
            );
        }
    }
}
