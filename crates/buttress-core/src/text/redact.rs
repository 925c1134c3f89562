//! Takes secrets out of texts. One pass, in time that grows with the text alone.

mod names;
mod value;

pub(crate) use names::is_secret;

use names::{Extent, extent, form};
use value::Known;

/// What stands in the place of a secret.
pub(crate) const REDACTED: &str = "<redacted>";

/// Appends `text` to `out` without the secrets in it. Says whether there was any.
pub(crate) fn append_redacted(text: &str, out: &mut String) -> bool {
    let mut redaction =
        Redaction { text, out, copied: 0, found: false, no_at_before: 0, known: Known::default() };
    redaction.run();
    redaction.found
}

struct Redaction<'a> {
    text: &'a str,
    out: &'a mut String,
    /// Up to where the text is in `out`.
    copied: usize,
    found: bool,
    /// There is no `@` between an URL before this place and this place.
    no_at_before: usize,
    known: Known,
}

const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

impl Redaction<'_> {
    fn run(&mut self) {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            if is_name(bytes[at]) {
                let end = at + bytes[at..].iter().take_while(|byte| is_name(**byte)).count();
                at = self.word(at, end);
            } else if bytes[at] == b':' && bytes[at..].starts_with(b"://") {
                at = self.address(at + 3);
            } else {
                at += 1;
            }
        }
        self.out.push_str(&self.text[self.copied..]);
    }

    /// Leaves `from..to` out.
    fn leave_out(&mut self, from: usize, to: usize) -> usize {
        if from < to && &self.text[from..to] != REDACTED {
            self.out.push_str(&self.text[self.copied..from]);
            self.out.push_str(REDACTED);
            self.copied = to;
            self.found = true;
        }
        to
    }

    /// Leaves out the value that begins at `from`.
    fn value(&mut self, from: usize, extent: Extent) -> usize {
        let value = self.known.value(self.text.as_bytes(), from, extent);
        self.leave_out(value.from, value.to)
    }

    /// Looks at the word `from..to`, and says where to go on.
    fn word(&mut self, from: usize, to: usize) -> usize {
        let (text, bytes) = (self.text, self.text.as_bytes());
        if text[from..to].starts_with("-----BEGIN") {
            return self.pem(to);
        }
        // The digits of an escape such as `%3F` are no part of the word.
        let escape = from > 0 && bytes[from - 1] == b'%' && to - from >= 2;
        let escape = escape && bytes[from..from + 2].iter().all(u8::is_ascii_hexdigit);
        let from = if escape { from + 2 } else { from };
        let word = &text[from..to];
        if let Some(at) = form(word) {
            return self.leave_out(from + at, to);
        }
        if word.eq_ignore_ascii_case("bearer") || word.eq_ignore_ascii_case("basic") {
            let value = skip(bytes, to, b" \t");
            if value > to {
                return self.value(value, Extent::Word);
            }
        }
        self.name(from, to)
    }

    /// A word that ends at `end`: if it has a value and is the name of a secret, the value goes.
    fn name(&mut self, from: usize, end: usize) -> usize {
        let (name, bytes) = (&self.text[from..end], self.text.as_bytes());
        let before = from.checked_sub(1).map(|at| bytes[at]);
        let flag = name.starts_with("--");
        // The closing quote of the name, which may be escaped itself, or the bracket of an index.
        let closed = skip_escaped(bytes, end, b"\\\"'`]", &["22", "27"]);
        let sign = skip(bytes, closed, b" \t");
        let signed = skip_escaped(bytes, sign, b"=:", &["3d", "3a"]) > sign;
        let value = match bytes.get(sign) {
            Some(b'>') if before == Some(b'<') && closed == end => return self.element(name, end),
            _ if signed => skip_escaped(bytes, sign, b"=:> \t", &["3d", "3a", "20"]),
            // A value in quotes needs no sign between.
            Some(b'"' | b'\'' | b'`') if closed == end && sign > end => sign,
            // Nor does that of a flag, which may be one of a list.
            Some(_) if flag => skip(bytes, sign, b", \t"),
            _ => return end,
        };
        if flag
            && !signed
            && (value == closed || matches!(bytes.get(value), None | Some(b'-' | b'\r' | b'\n')))
        {
            return end;
        }
        let Some(extent) = extent(name) else { return end };
        let asked = flag || matches!(before, Some(b'?' | b'&'));
        let extent = match extent {
            // On a command line and in a query white space ends it.
            Extent::Sentence if asked => Extent::Word,
            Extent::Sentence if value == sign + 1 && bytes[sign] == b'=' => Extent::Field,
            extent => extent,
        };
        self.value(value, extent)
    }

    /// `<password>…</password>`, in which the name ends at `end`.
    fn element(&mut self, name: &str, end: usize) -> usize {
        let inside = end + 1;
        let close = self.text[inside..].find('<').map(|length| inside + length);
        match close.filter(|close| self.text[*close..].starts_with("</")) {
            Some(close) if is_secret(name) => self.leave_out(inside, close),
            _ => end,
        }
    }

    /// An URL whose host or user begins at `from`: who is before an `@` goes.
    fn address(&mut self, from: usize) -> usize {
        let bytes = self.text.as_bytes();
        if from < self.no_at_before {
            return from;
        }
        let all = from + bytes[from..].iter().take_while(|byte| !byte.is_ascii_whitespace()).count();
        let host = from + bytes[from..all].iter().take_while(|byte| !b"/?#\"'<>".contains(byte)).count();
        // A password with a slash in it is not allowed, and happens: then what is behind the colon is no port.
        let colon = bytes[from..host].iter().position(|byte| *byte == b':').map(|length| from + length);
        let odd = colon.is_some_and(|colon| !bytes[colon + 1..host].iter().all(u8::is_ascii_digit));
        let until = if odd { all } else { host };
        match bytes[from..until].iter().rposition(|byte| *byte == b'@') {
            Some(length) => self.leave_out(from, from + length),
            // Where a text was cut, the `@` may have been.
            None if odd && all == bytes.len() && bytes[from] != b'[' => self.leave_out(from, all),
            None => {
                self.no_at_before = until;
                from
            }
        }
    }

    /// A PEM block whose first dashes and `BEGIN` end at `from`: all up to its end, or to that of the text.
    fn pem(&mut self, from: usize) -> usize {
        let to = self.text[from..].find("-----END").map_or(self.text.len(), |length| from + length);
        self.leave_out(from, to)
    }
}

/// The first place from `at` on that holds none of `these`.
fn skip(bytes: &[u8], at: usize, these: &[u8]) -> usize {
    at + bytes[at..].iter().take_while(|byte| these.contains(byte)).count()
}

/// The same, where each of `escapes` behind a `%` is one of them too, escaped itself or not.
fn skip_escaped(bytes: &[u8], mut at: usize, these: &[u8], escapes: &[&str]) -> usize {
    loop {
        at = skip(bytes, at, these);
        if bytes.get(at) != Some(&b'%') {
            return at;
        }
        let mut code = at + 1;
        while bytes[code..].starts_with(b"25") {
            code += 2;
        }
        match bytes.get(code..code + 2) {
            Some(found) if escapes.iter().any(|escape| found.eq_ignore_ascii_case(escape.as_bytes())) => {
                at = code + 2
            }
            _ => return at,
        }
    }
}
