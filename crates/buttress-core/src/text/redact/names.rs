//! What tells a secret: its name, or its own form.

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
/// Those of what may be a sentence.
const SENTENCES: [&str; 5] = ["password", "passwd", "passphrase", "passwort", "pwd"];
/// Those of what goes to the end of the line.
const LINES: [&str; 2] = ["authorization", "cookie"];
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
pub(super) const NAME: usize = 64;

/// How far a value goes that is neither in quotes nor in brackets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// Up to white space.
    Word,
    /// Up to the end of the line, a comma or a semicolon.
    Sentence,
    /// The same, or the next name that has a value.
    Field,
    /// Up to the end of the line.
    Line,
}

/// Whether a name sounds like that of a secret.
pub(crate) fn is_secret(name: &str) -> bool {
    extent(name).is_some()
}

/// How far the value of a name goes, if the name sounds like that of a secret.
pub(super) fn extent(name: &str) -> Option<Extent> {
    let bytes = name.as_bytes();
    let end = &bytes[bytes.len().saturating_sub(NAME)..];
    let mut plain = [0_u8; NAME];
    let mut len = 0;
    for byte in end.iter().filter(|byte| byte.is_ascii_alphanumeric()) {
        plain[len] = byte.to_ascii_lowercase();
        len += 1;
    }
    let plain = &plain[..len];
    let has =
        |words: &[&str]| (0..len).any(|at| words.iter().any(|word| plain[at..].starts_with(word.as_bytes())));
    if !has(&TELLING) && !WHOLE.iter().any(|word| plain == word.as_bytes()) {
        return None;
    }
    Some(if has(&LINES) {
        Extent::Line
    } else if has(&SENTENCES) || plain == b"pass" {
        Extent::Sentence
    } else {
        Extent::Word
    })
}

/// Where a key of a well-known form begins in a word: with it, or with one of its parts.
pub(super) fn form(word: &str) -> Option<usize> {
    let bytes = word.as_bytes();
    // The shortest of them, as most words are shorter.
    let last = bytes.len().checked_sub(14)?;
    let begins = |at: &usize| *at == 0 || matches!(bytes[at - 1], b'-' | b'_' | b'.');
    (0..=last).filter(begins).find(|at| is_key(&bytes[*at..]))
}

fn is_key(bytes: &[u8]) -> bool {
    let formed = |(begin, more): &(&str, usize)| {
        bytes.starts_with(begin.as_bytes()) && bytes.len() >= begin.len() + more
    };
    FORMS.iter().any(formed) || (bytes.starts_with(b"xox") && bytes.get(4) == Some(&b'-'))
}
