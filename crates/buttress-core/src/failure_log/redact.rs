//! Takes secrets out of texts, before anything is kept of them.
//!
//! What is taken for a secret: the value of a name that sounds like one's (`password=…`, `"api_key": "…"`, `Authorization: …`,
//! cookies), the credentials after `Bearer` and `Basic`, the user's part of an URL, keys of well-known forms (AWS, GitHub,
//! Stripe, Slack, Google, JSON web tokens), and whatever a PEM block holds. What looks like one and is none is lost as
//! well: that is the cheaper mistake. One pass, in time that grows with the text alone.

use super::filter::contains;

/// What stands in the place of a secret.
pub(super) const REDACTED: &str = "<redacted>";

/// Names, without what joins their parts, that tell a secret wherever they are part of a name.
const TELLING: [&str; 17] = [
    "password",
    "passwd",
    "passphrase",
    "passwort",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "privatekey",
    "authorization",
    "credential",
    "cookie",
    "sessionid",
    "signature",
    "bearer",
    "signingkey",
    "encryptionkey",
];
/// Names that do as a whole.
const WHOLE: [&str; 9] = ["pwd", "pass", "auth", "sig", "otp", "pin", "jwt", "sid", "session"];
/// How keys of well-known services begin, and how many letters follow at least.
const FORMS: [(&str, usize); 14] = [
    ("AKIA", 12),
    ("ASIA", 12),
    ("ghp_", 16),
    ("gho_", 16),
    ("ghu_", 16),
    ("ghs_", 16),
    ("ghr_", 16),
    ("github_pat_", 16),
    ("glpat-", 16),
    ("sk_live_", 10),
    ("rk_live_", 10),
    ("AIza", 20),
    ("eyJ", 12),
    ("sk-", 16),
];
/// The longest name that is looked at; what joins a longer one is its end.
const NAME: usize = 64;

/// Appends `text` to `out` without the secrets in it. Says whether there was any.
pub(super) fn redact(text: &str, out: &mut String) -> bool {
    let mut redaction = Redaction { text, out, copied: 0, found: false, no_at_before: 0 };
    redaction.run();
    redaction.found
}

/// Whether a name sounds like that of a secret.
pub(super) fn is_secret(name: &str) -> bool {
    let bytes = name.as_bytes();
    let end = &bytes[bytes.len().saturating_sub(NAME)..];
    let mut plain = [0_u8; NAME];
    let mut len = 0;
    for byte in end.iter().filter(|byte| byte.is_ascii_alphanumeric()) {
        plain[len] = byte.to_ascii_lowercase();
        len += 1;
    }
    let plain = &plain[..len];
    WHOLE.iter().any(|word| plain == word.as_bytes())
        || (0..len).any(|at| TELLING.iter().any(|word| plain[at..].starts_with(word.as_bytes())))
}

struct Redaction<'a> {
    text: &'a str,
    out: &'a mut String,
    /// Up to where the text is in `out`.
    copied: usize,
    found: bool,
    /// There is no `@` between an URL before this place and this place.
    no_at_before: usize,
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
        if from < to {
            self.out.push_str(&self.text[self.copied..from]);
            self.out.push_str(REDACTED);
            self.copied = to;
            self.found = true;
        }
        to
    }

    /// Looks at the word `from..to`, and says where to go on.
    fn word(&mut self, from: usize, to: usize) -> usize {
        let (text, bytes) = (self.text, self.text.as_bytes());
        let word = &text[from..to];
        if word.starts_with("-----BEGIN") {
            return self.pem(to);
        }
        if has_form(word) {
            return self.leave_out(from, to);
        }
        if word.eq_ignore_ascii_case("bearer") || word.eq_ignore_ascii_case("basic") {
            let value = skip(bytes, to, b" \t");
            if value > to {
                return self.value(value);
            }
        }
        self.name(word, to)
    }

    /// A word ends at `end`: if it has a value and is the name of a secret, the value goes.
    fn name(&mut self, name: &str, end: usize) -> usize {
        let bytes = self.text.as_bytes();
        // The closing quote of the name, which may be escaped itself, or the bracket of an index.
        let closed = skip(bytes, end, b"\\\"'`]");
        let sign = skip(bytes, closed, b" \t");
        let value = match bytes.get(sign) {
            Some(b'=' | b':') => skip(bytes, sign, b"=:> \t"),
            // A value in quotes needs no sign between.
            Some(b'"' | b'\'' | b'`') if closed == end && sign > end => sign,
            _ => return end,
        };
        if !is_secret(name) {
            return end;
        }
        let whole_line =
            ["authorization", "cookie"].iter().any(|word| contains(name.as_bytes(), word.as_bytes()));
        if whole_line && !opens(bytes, value) {
            let rest = self.text[value..].find(['\r', '\n']).map_or(bytes.len(), |length| value + length);
            return self.leave_out(value, rest);
        }
        self.value(value)
    }

    /// Leaves out the value that begins at `from`: what is in quotes, or all up to a space or to the next name of a query.
    fn value(&mut self, from: usize) -> usize {
        let bytes = self.text.as_bytes();
        if opens(bytes, from) {
            let escapes = bytes[from..].iter().take_while(|byte| **byte == b'\\').count();
            let quote = bytes[from + escapes];
            let inside = from + escapes + 1;
            let mut at = inside;
            while at < bytes.len() {
                let slashes = bytes[at..].iter().take_while(|byte| **byte == b'\\').count();
                // As many backslashes as the opening one has, no more: with more it is part of the value.
                if bytes.get(at + slashes) == Some(&quote) && slashes <= escapes {
                    return self.leave_out(inside, at);
                }
                at += slashes + 1;
            }
            return self.leave_out(inside, bytes.len());
        }
        let mut to = from;
        while to < bytes.len() && !bytes[to].is_ascii_whitespace() && !self.ends_value(to) {
            to += 1;
        }
        // All that ends a value is ASCII, so this is the border of a letter.
        self.leave_out(from, to)
    }

    /// Whether a value that is not in quotes ends before `at`: at the next name of a query, or at the quote of all that it
    /// stands in.
    fn ends_value(&self, at: usize) -> bool {
        let bytes = self.text.as_bytes();
        match bytes[at] {
            b'&' => {
                let name = bytes[at + 1..].iter().take(NAME).take_while(|byte| is_name(**byte)).count();
                name > 0 && bytes.get(at + 1 + name) == Some(&b'=')
            }
            b'"' | b'\'' | b'`' => {
                let next = bytes.get(at + 1);
                next.is_none_or(|next| next.is_ascii_whitespace() || b",.;:)]}".contains(next))
            }
            _ => false,
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

/// Whether a quote opens at `at`, escaped or not.
fn opens(bytes: &[u8], at: usize) -> bool {
    let quote = skip(bytes, at, b"\\");
    matches!(bytes.get(quote), Some(b'"' | b'\'' | b'`'))
}

/// Whether a word is a key of a well-known form.
fn has_form(word: &str) -> bool {
    let formed = |(begin, more): &(&str, usize)| word.starts_with(begin) && word.len() >= begin.len() + more;
    // The shortest of them, as most words are shorter.
    word.len() >= 14
        && (FORMS.iter().any(formed) || (word.starts_with("xox") && word.as_bytes().get(4) == Some(&b'-')))
}
