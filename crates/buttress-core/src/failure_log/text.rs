//! Texts of failures on their way into a record: formatted once, without secrets, and no longer than allowed.

use super::ring::Kept;
use crate::text::append_redacted;
use std::fmt::{self, Display, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What stands for a text that panicked when it was to be told.
const PANICKED: &str = "<panicked>";
/// How much of the end of a text that was cut may be left out.
const NEARBY: usize = 256;
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
    /// A text as it is told, with its secrets; zeros once it has been looked through.
    pub(super) raw: String,
    pub(super) template: String,
    pub(super) fresh: Kept,
    pub(super) memo: super::memo::Memo,
}

/// Writes `text` over `raw`, up to `most` bytes.
///
/// Half a secret at the end would no longer look like one: a text that is cut ends with its last whole word, or, where there
/// is no end of a word nearby, so much earlier that what is left of a secret is enough to tell it.
pub(super) fn say(text: &dyn Display, most: usize, raw: &mut String) -> Said {
    raw.clear();
    // What outgrows its place would leave a copy there.
    raw.reserve(most + MORE.len_utf8());
    let mut bounded = Bounded { raw, left: most, cut: false };
    // A text that was told halfway is whole as far as it goes, so nothing is broken when it panics.
    let told = catch_unwind(AssertUnwindSafe(|| write!(bounded, "{text}")));
    let cut = bounded.cut;
    if told.is_err() {
        forget(raw, 0);
        raw.clear();
        raw.push_str(PANICKED);
        return Said::Panicked;
    }
    if !cut {
        return Said::Whole;
    }
    let near = floor(raw, raw.len().saturating_sub(NEARBY));
    let whole = raw[near..].rfind(char::is_whitespace).map_or(near, |at| near + at);
    forget(raw, whole);
    raw.truncate(whole);
    raw.push(MORE);
    Said::Cut
}

/// Overwrites what `raw` holds from `from` on: it may be a secret.
pub(super) fn forget(raw: &mut String, from: usize) {
    let mut bytes = std::mem::take(raw).into_bytes();
    bytes[from..].fill(0);
    *raw = String::from_utf8(bytes).expect("zeros are letters, from the end of one on");
}

/// Appends `raw` without its secrets to `out`, at most `most` bytes of it. Says whether what was appended is `raw` itself.
pub(super) fn clean(raw: &str, most: usize, out: &mut String) -> bool {
    let from = out.len();
    let redacted = append_redacted(raw, out);
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
    2 * most + NEARBY
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

#[cfg(all(test, not(buttress_loom)))]
mod tests {
    use super::*;
    use crate::clock::{coarse, wall};
    use crate::failure_log::log::SCRATCH;
    use crate::failure_log::{Config, Failure, FailureLog};

    #[test]
    fn h14_a_text_without_white_space_is_cut_and_not_lost() {
        let told = |text: &str, most| {
            let mut raw = String::new();
            assert_eq!(say(&text, most, &mut raw), Said::Cut);
            raw
        };
        assert_eq!(told(&"x".repeat(2_000), 1_000), "x".repeat(1_000 - NEARBY) + "…");
        assert_eq!(told(&format!("a {}", "x".repeat(2_000)), 1_000).len(), 1_000 - NEARBY + 3);
        assert_eq!(told(&format!("{} {}", "x".repeat(900), "y".repeat(200)), 1_000), "x".repeat(900) + "…");
        assert_eq!(told(&"é".repeat(2_000), 1_001), "é".repeat((1_000 - NEARBY) / 2) + "…");
        assert_eq!(told(&"x".repeat(99), 64), "…");
    }

    #[test]
    fn h14_nothing_of_a_secret_is_left_where_it_was_told() {
        let mut raw = "keep, lose".to_owned();
        forget(&mut raw, 6);
        assert_eq!(raw, "keep, \0\0\0\0");

        let log = FailureLog::new(Config::default(), wall(), coarse());
        let operation = log.operation("charge", "payments");
        let secret = "password=hunter2";
        let failures = [
            Failure::of(&operation).message(&secret),
            Failure::of(&operation).message(&"m").key(&secret),
            Failure::of(&operation).message(&"m").with("url", &secret),
        ];
        // Twice, as one that is known is looked through in another place.
        for failure in failures.iter().chain(&failures) {
            log.record(failure, wall(), coarse());
            SCRATCH.with_borrow(|scratch| {
                assert_eq!(scratch.raw, "\0".repeat(secret.len()));
                assert!(!format!("{scratch:?}").contains("hunter2"));
            });
        }
    }
}
