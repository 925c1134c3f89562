//! Texts of failures on their way into a record: formatted once, without secrets, and no longer than allowed.

use super::redact::redact;
use super::ring::Kept;
use std::fmt::{self, Display, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What stands for a text that panicked when it was to be told.
const PANICKED: &str = "<panicked>";
/// What ends a text of which there was more.
const MORE: char = '…';

/// How a text came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Whole,
    Cut,
    Panicked,
}

/// What a thread needs to take a failure in. It is used again, so that in the long run nothing is allocated.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// A text as it is told, with its secrets.
    pub(super) raw: String,
    pub(super) template: String,
    pub(super) fresh: Kept,
    pub(super) memo: super::memo::Memo,
}

/// Writes `text` over `raw`, up to `most` bytes. A text that is cut ends with its last whole word: half a secret would no
/// longer look like one.
pub(super) fn say(text: &dyn Display, most: usize, raw: &mut String) -> Said {
    raw.clear();
    let mut bounded = Bounded { raw, left: most, cut: false };
    // A text that was told halfway is whole as far as it goes, so nothing is broken when it panics.
    let told = catch_unwind(AssertUnwindSafe(|| write!(bounded, "{text}")));
    let cut = bounded.cut;
    if told.is_err() {
        raw.clear();
        raw.push_str(PANICKED);
        return Said::Panicked;
    }
    if !cut {
        return Said::Whole;
    }
    let whole = raw.rfind(char::is_whitespace).unwrap_or(0);
    raw.truncate(whole);
    raw.push(MORE);
    Said::Cut
}

/// Appends `raw` without its secrets to `out`, at most `most` bytes of it. Says whether what was appended is `raw` itself.
pub(super) fn clean(raw: &str, most: usize, out: &mut String) -> bool {
    let from = out.len();
    let redacted = redact(raw, out);
    let fits = out.len() - from <= most;
    if !fits {
        cut(out, from + most);
    }
    fits && !redacted
}

/// Cuts `text` to at most `most` bytes, with a sign that there was more.
pub(super) fn cut(text: &mut String, most: usize) {
    if text.len() > most {
        text.truncate(floor(text, most.saturating_sub(MORE.len_utf8())));
        text.push(MORE);
    }
}

/// The last end of a letter that is not after `at`.
fn floor(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// How much of a text is looked at, of which `most` bytes are kept: what is left out makes it shorter.
pub(super) const fn looked_at(most: usize) -> usize {
    2 * most + 256
}

struct Bounded<'a> {
    raw: &'a mut String,
    left: usize,
    cut: bool,
}

impl Write for Bounded<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let fitting = if text.len() <= self.left { text.len() } else { floor(text, self.left) };
        self.raw.push_str(&text[..fitting]);
        self.left -= fitting;
        if fitting == text.len() {
            return Ok(());
        }
        // The rest need not be told.
        self.cut = true;
        self.left = 0;
        Err(fmt::Error)
    }
}
