//! Texts of others, before they are kept or shown: without the secrets in them, and without what a terminal obeys.
//!
//! ```
//! use buttress_core::text::{escaped, redact};
//!
//! assert_eq!(redact("login failed, password=hunter2"), "login failed, password=<redacted>");
//! assert_eq!(escaped("fine\u{1b}[2J").to_string(), "fine\\u{1b}[2J");
//! ```

mod redact;

pub(crate) use redact::{REDACTED, append_redacted, is_secret};

use std::borrow::Cow;
use std::fmt::{self, Write};

/// `text` without the secrets that can be told in it, each of which becomes `<redacted>`.
///
/// What is taken for one: the value of a name that sounds like that of a secret (`password=…`, `"api_key": "…"`,
/// `Authorization: …`), what follows `Bearer` and `Basic`, the user's part of an URL, keys of well-known forms and PEM blocks.
/// It is a net, and one with holes: a secret that looks like any other word stays. What looks like one and is none is lost. In
/// time that grows with the text alone; what is clean stays as it is.
#[must_use]
pub fn redact(text: &str) -> Cow<'_, str> {
    let mut clean = String::with_capacity(text.len());
    if append_redacted(text, &mut clean) { Cow::Owned(clean) } else { Cow::Borrowed(text) }
}

/// Whether a terminal, an editor or a reader of lines could take `letter` for more than a letter: controls, of which U+0085 ends
/// a line for some; the separators of lines and paragraphs; what turns the direction of a text, so that it reads as another.
/// All are below U+FFFF.
#[must_use]
pub fn is_hostile(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `text` with what [is hostile](is_hostile) escaped, as in a literal of Rust, and all else as it is.
#[must_use]
pub const fn escaped(text: &str) -> impl fmt::Display + '_ {
    Escaped(text)
}

struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some((at, found)) = rest.char_indices().find(|(_, letter)| is_hostile(*letter)) {
            f.write_str(&rest[..at])?;
            for letter in found.escape_default() {
                f.write_char(letter)?;
            }
            rest = &rest[at + found.len_utf8()..];
        }
        f.write_str(rest)
    }
}

#[cfg(all(test, not(buttress_loom)))]
mod tests;
