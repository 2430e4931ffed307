//! The secret that lets a client write.

use std::{
    error::Error,
    fmt,
    fs::File,
    io::{self, Read},
    path::Path,
};

use subtle::ConstantTimeEq;

/// Nobody guesses a token of this many bytes, if they were drawn at random.
const SHORTEST: usize = 16;
/// Far more than any token, and not all of a file that was named by mistake.
const LONGEST: usize = 4096;

/// It has no `Debug`: it must not come into a log.
pub struct Token(Vec<u8>);

/// Why a file gave no token: one line that names it.
#[derive(Debug)]
pub struct TokenError {
    line: String,
}

impl Token {
    /// The token in a file: all of it, without a line break at its end.
    pub fn read(file: &Path) -> Result<Self, TokenError> {
        let text = read_start(file).map_err(|error| TokenError::new(file, &error.to_string()))?;
        Token::parse(text).map_err(|message| TokenError::new(file, &message))
    }

    fn parse(mut text: Vec<u8>) -> Result<Self, String> {
        if text.ends_with(b"\n") {
            text.pop();
            if text.ends_with(b"\r") {
                text.pop();
            }
        }
        if text.is_empty() {
            return Err("the file is empty; a token was expected".into());
        }
        if text.len() > LONGEST {
            return Err(format!("the token has more than {LONGEST} bytes"));
        }
        // Anything else would not come through a request's header as it is.
        if !text.iter().all(u8::is_ascii_graphic) {
            return Err("a token is letters, digits and signs of ASCII on one line".into());
        }
        if text.len() < SHORTEST {
            let length = text.len();
            return Err(format!(
                "the token has {length} bytes; it takes {SHORTEST} to be safe from guesses"
            ));
        }
        Ok(Token(text))
    }

    /// Whether this is the token.
    ///
    /// The time it takes tells one who guesses no more than the token's length: of two texts as long as each other
    /// every byte is looked at, wherever they differ.
    pub fn is(&self, given: &[u8]) -> bool {
        self.0.ct_eq(given).into()
    }
}

impl TokenError {
    fn new(file: &Path, message: &str) -> Self {
        TokenError {
            line: format!("{}: {message}", file.display()),
        }
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line)
    }
}

impl Error for TokenError {}

/// As much of the file as tells whether it may be a token.
fn read_start(file: &Path) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    // A line break of two bytes, and one byte too many.
    let most = LONGEST as u64 + 3;
    File::open(file)?.take(most).read_to_end(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "0123456789abcdef";

    fn parse(text: impl Into<Vec<u8>>) -> Result<Token, String> {
        Token::parse(text.into())
    }

    #[test]
    fn a_line_break_at_the_end_is_no_part_of_a_token() {
        for end in ["", "\n", "\r\n"] {
            let token = parse(format!("{TEXT}{end}")).expect("a token");
            assert!(token.is(TEXT.as_bytes()));
        }
    }

    #[test]
    fn nothing_else_is_the_token() {
        let token = parse(TEXT).expect("a token");
        for other in [
            "",
            "0123456789abcde",
            "0123456789abcdeg",
            "1123456789abcdef",
            "0123456789abcdef0",
            "0123456789ABCDEF",
        ] {
            assert!(!token.is(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn what_is_no_safe_token_is_refused() {
        for text in [
            "",
            "\n",
            "\r\n",
            "0123456789abcde",
            "0123456789abcdef\n\n",
            "0123456789\nabcdef",
            "0123456789 abcdef",
            "0123456789abcdef\t",
            "0123456789abcdeä",
            &"x".repeat(LONGEST + 1),
        ] {
            assert!(parse(text).is_err(), "{text:?}");
        }
        assert!(parse("x".repeat(LONGEST) + "\r\n").is_ok());
    }
}
