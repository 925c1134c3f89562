//! Where a value ends.
//!
//! Every function is told where a value begins, and says where it ends, having looked little further than there: the walk goes
//! on from the end, so no part of a text is looked at more than a few times.

use super::names::{Extent, NAME};
use super::{is_name, skip};

/// What a redaction left, also once it is masked: it is no secret, and stays as it is.
const LEFT: [&[u8]; 2] = [super::REDACTED.as_bytes(), b"<quoted>"];

/// What is to be left out of a text for a value.
pub(super) struct Value {
    pub(super) from: usize,
    pub(super) to: usize,
}

/// What is known about the rest of a text while it is walked through.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Of each quote: whether none follows that is doubled.
    undoubled: [bool; QUOTES.len()],
}

const QUOTES: [u8; 3] = [b'"', b'\'', b'`'];

impl Known {
    /// The value that begins at `from`, behind its name and the sign.
    pub(super) fn value(&mut self, bytes: &[u8], from: usize, extent: Extent) -> Value {
        if let Some(left) = LEFT.iter().find(|left| bytes[from..].starts_with(left))
            && !bytes.get(from + left.len()).is_some_and(|next| is_name(*next))
        {
            return Value { from: from + left.len(), to: from + left.len() };
        }
        if let Some(below) = below(bytes, from) {
            let to = bracketed(bytes, below).unwrap_or_else(|| block(bytes, below));
            return Value { from: below, to };
        }
        let letters = bytes[from..].iter().take(2).take_while(|byte| b"bBcCrRuUfFL".contains(byte)).count();
        // Such as `b"…"` and `r'…'`.
        for quote in [from, from + letters] {
            if opens(bytes, quote) {
                return self.quoted(bytes, quote);
            }
        }
        if let Some(closed) = bracketed(bytes, from) {
            return Value { from, to: beyond(bytes, closed, extent) };
        }
        Value { from, to: plain(bytes, from, extent) }
    }

    /// What is in the quotes that open at `from`, with as many backslashes before them as there are.
    fn quoted(&mut self, bytes: &[u8], from: usize) -> Value {
        let escapes = bytes[from..].iter().take_while(|byte| **byte == b'\\').count();
        let quote = bytes[from + escapes];
        let opening = if escapes == 0 { run(bytes, from, quote) } else { 1 };
        let inside = from + escapes + opening;
        let empty = Value { from: inside, to: inside };
        let kind = QUOTES.iter().position(|known| *known == quote).unwrap_or(0);
        if opening == 2 && (self.undoubled[kind] || is_empty(bytes, inside)) {
            return empty;
        }
        let mut at = inside;
        while at < bytes.len() {
            let slashes = bytes[at..].iter().take_while(|byte| **byte == b'\\').count();
            let sign = at + slashes;
            if bytes.get(sign) != Some(&quote) || slashes > escapes {
                // With more backslashes than the opening one has it is a part of the value.
                at = sign + 1;
                continue;
            }
            let closing = run(bytes, sign, quote);
            let closes = match opening {
                // Doubled, it is a part of the value.
                1 => escapes > 0 || closing % 2 == 1,
                several => closing >= several.min(3),
            };
            if closes {
                let to = if opening == 1 && escapes == 0 { sign + closing - 1 } else { at };
                return Value { from: inside, to };
            }
            at = sign + closing;
        }
        if opening == 2 {
            self.undoubled[kind] = true;
            return empty;
        }
        Value { from: inside, to: bytes.len() }
    }
}

/// How many of `quote` there are from `at` on.
fn run(bytes: &[u8], at: usize, quote: u8) -> usize {
    bytes[at..].iter().take_while(|byte| **byte == quote).count()
}

/// Whether a value is over where `next` follows it.
fn ends(next: Option<&u8>) -> bool {
    next.is_none_or(|next| next.is_ascii_whitespace() || b",.;:)]}".contains(next))
}

/// Whether the two quotes before `at` have nothing between them, and are not one that is doubled.
fn is_empty(bytes: &[u8], at: usize) -> bool {
    let next = skip(bytes, at, b" \t");
    if next > at && next < bytes.len() { names(bytes, next) } else { ends(bytes.get(at)) }
}

/// Whether a quote opens at `at`, escaped or not.
pub(super) fn opens(bytes: &[u8], at: usize) -> bool {
    let quote = skip(bytes, at, b"\\");
    bytes.get(quote).is_some_and(|byte| QUOTES.contains(byte))
}

/// Where a value begins on the line after the one that ends at `at`, but for the sign of a block.
fn below(bytes: &[u8], at: usize) -> Option<usize> {
    let folded = matches!(bytes.get(at), Some(b'|')) || bytes[..at].last() == Some(&b'>');
    let marked = if folded { skip(bytes, at, b"|+-") } else { at };
    let end = skip(bytes, marked, b" \t\r");
    if bytes.get(end) != Some(&b'\n') {
        return None;
    }
    let next = skip(bytes, end + 1, b" \t");
    bytes.get(next).filter(|byte| !b"\r\n".contains(byte)).map(|_| next)
}

/// The end of the line that `from` is in, and of those after it that are as far in.
fn block(bytes: &[u8], from: usize) -> usize {
    let margin = |at: usize| bytes[..at].iter().rev().take_while(|byte| b" \t".contains(byte)).count();
    let (deep, listed) = (margin(from), bytes[from] == b'-');
    let mut end = line(bytes, from);
    let mut at = end;
    while at < bytes.len() {
        let begin = skip(bytes, at, b"\r\n");
        let first = skip(bytes, begin, b" \t");
        let Some(next) = bytes.get(first) else { break };
        if !matches!(next, b'\r' | b'\n') {
            let within = first - begin >= deep && (deep > 0 || (listed && *next == b'-'));
            if !within {
                break;
            }
            end = line(bytes, first);
        }
        at = line(bytes, first);
    }
    end
}

/// The end of a line.
fn line(bytes: &[u8], from: usize) -> usize {
    from + bytes[from..].iter().take_while(|byte| !matches!(byte, b'\r' | b'\n')).count()
}

/// The end of a value that opens a bracket, be it behind a name as in `Some("…")`: behind the bracket that closes it, or that
/// of the text.
fn bracketed(bytes: &[u8], from: usize) -> Option<usize> {
    let named = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_:.!<>@#$".contains(byte);
    let named = from + bytes[from..].iter().take_while(named).count();
    let apart = named > from && bytes[named..].starts_with(b" {");
    let open = named + usize::from(apart);
    let (opening, closing) = match bytes.get(open)? {
        b'(' => (b'(', b')'),
        b'[' => (b'[', b']'),
        b'{' => (b'{', b'}'),
        _ => return None,
    };
    let (mut deep, mut at) = (0_usize, open);
    while at < bytes.len() {
        let sign = skip(bytes, at, b"\\");
        match bytes.get(sign) {
            Some(b'\'') if bytes[sign - 1].is_ascii_alphanumeric() => {}
            Some(quote) if QUOTES.contains(quote) => {
                at = unquoted(bytes, at);
                continue;
            }
            Some(byte) if *byte == opening => deep += 1,
            Some(byte) if *byte == closing => {
                deep -= 1;
                if deep == 0 {
                    return Some(sign + 1);
                }
            }
            _ => {}
        }
        at = sign + 1;
    }
    Some(bytes.len())
}

/// Behind the quote that closes the one at `from`.
fn unquoted(bytes: &[u8], from: usize) -> usize {
    let escapes = bytes[from..].iter().take_while(|byte| **byte == b'\\').count();
    let quote = bytes[from + escapes];
    let mut at = from + escapes + 1;
    while at < bytes.len() {
        let slashes = bytes[at..].iter().take_while(|byte| **byte == b'\\').count();
        at += slashes + 1;
        if bytes.get(at - 1) == Some(&quote) && slashes <= escapes {
            return at;
        }
    }
    bytes.len()
}

/// The end of a value of which a part is in a bracket that closes before `at`: there, but for a secret with brackets in it.
fn beyond(bytes: &[u8], at: usize, extent: Extent) -> usize {
    if extent == Extent::Line {
        return line(bytes, at);
    }
    let marks = skip(bytes, at, b",.;:)]}\"'`\\");
    let listed = marks > at && opens(bytes, marks - 1);
    let over = bytes.get(marks).is_none_or(u8::is_ascii_whitespace) || listed;
    let to = if over { at } else { word(bytes, at) };
    let next = skip(bytes, to, b" \t");
    if next > to && bytes.get(next).is_some_and(u8::is_ascii_alphanumeric) {
        sentence(bytes, to, extent)
    } else {
        to
    }
}

/// The end of a value that is neither in quotes nor in brackets.
fn plain(bytes: &[u8], from: usize, extent: Extent) -> usize {
    if extent == Extent::Line {
        return line(bytes, from);
    }
    let to = word(bytes, from);
    if bytes[..to].last().is_some_and(|last| b",;".contains(last)) { to } else { sentence(bytes, to, extent) }
}

/// All up to white space.
fn word(bytes: &[u8], from: usize) -> usize {
    // All that ends a value is ASCII, so this is the border of a letter.
    let goes_on = |at: &usize| !bytes[*at].is_ascii_whitespace() && !over(bytes, *at);
    (from..bytes.len()).take_while(goes_on).last().map_or(from, |last| last + 1)
}

/// The end of what may be a sentence whose first word ends at `from`.
fn sentence(bytes: &[u8], from: usize, extent: Extent) -> usize {
    let mut end = from;
    let mut at = from;
    let may = matches!(extent, Extent::Sentence | Extent::Field);
    while may && at < bytes.len() && !b"\r\n,;".contains(&bytes[at]) && !over(bytes, at) {
        if b" \t".contains(&bytes[at]) {
            at = skip(bytes, at, b" \t");
            if extent == Extent::Field && names(bytes, at) {
                break;
            }
        } else {
            at += 1;
            end = at;
        }
    }
    end
}

/// Whether a name and the sign of its value begin at `at`.
fn names(bytes: &[u8], at: usize) -> bool {
    let name = bytes[at..].iter().take(NAME).take_while(|byte| is_name(**byte)).count();
    name > 0 && bytes.get(at + name) == Some(&b'=')
}

/// Whether a plain value ends before `at`: at the next name of a query, or at the quote of all that it stands in.
fn over(bytes: &[u8], at: usize) -> bool {
    match bytes[at] {
        b'&' => names(bytes, at + 1),
        quote if QUOTES.contains(&quote) => ends(bytes.get(at + 1)),
        _ => false,
    }
}
