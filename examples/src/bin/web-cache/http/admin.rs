//! Who may write: a client that sends the token.

use axum::http::{HeaderMap, header};

use super::{App, problem::Problem};

/// Lets a request pass that may write. To be asked before the request's body is read.
pub fn check(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
    let Some(token) = &app.token else {
        return Err(Problem::read_only());
    };
    let given = given(headers).ok_or_else(|| {
        Problem::unauthorized("to write takes one header `Authorization: Bearer TOKEN`")
    })?;
    if token.is(given) {
        Ok(())
    } else {
        Err(Problem::unauthorized("this is not the token"))
    }
}

/// The token of the request's only `Authorization`; of two, who knows which is meant.
fn given(headers: &HeaderMap) -> Option<&[u8]> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(only), None) = (all.next(), all.next()) else {
        return None;
    };
    let (scheme, token) = only.as_bytes().split_at_checked("Bearer ".len())?;
    scheme
        .eq_ignore_ascii_case(b"Bearer ")
        .then(|| token.trim_ascii())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn found(values: &[&'static str]) -> Option<String> {
        let headers: HeaderMap = values
            .iter()
            .map(|value| (header::AUTHORIZATION, HeaderValue::from_static(value)))
            .collect();
        given(&headers).map(|token| String::from_utf8(token.into()).expect("text"))
    }

    #[test]
    fn a_token_is_found_behind_its_scheme() {
        for value in ["Bearer t", "bearer t", "BEARER   t "] {
            assert_eq!(found(&[value]).as_deref(), Some("t"), "{value}");
        }
        assert_eq!(found(&["Bearer "]).as_deref(), Some(""));
    }

    #[test]
    fn anything_else_has_no_token() {
        for values in [
            &[][..],
            &[""],
            &["t"],
            &["Bearer"],
            &["Bearert"],
            &["Basic t"],
            &["Bearer t", "Bearer t"],
        ] {
            assert_eq!(found(values), None, "{values:?}");
        }
    }
}
