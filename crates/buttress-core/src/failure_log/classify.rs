//! How bad a failure is and of what sort, by what is known of it: the user's own rules first, then the type of the error, then
//! in what way the call failed, and what the message says last.

use super::filter::contains;
use super::{Category, Severity};
use crate::FailureKind;

/// A rule of the user's own: what failures it is for, and what they are. The first rule that says something of a failure
/// decides that.
///
/// ```
/// use buttress_core::failure_log::{Category, Rule, Severity};
///
/// let rule = Rule::default().error_type("CardDeclined").is(Category::Validation).as_bad_as(Severity::Info);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    error_type: Option<Box<str>>,
    message: Option<Box<str>>,
    category: Option<Category>,
    severity: Option<Severity>,
}

impl Rule {
    /// For errors whose type has this in its name, in any case of its letters.
    #[must_use]
    pub fn error_type(self, part: impl Into<Box<str>>) -> Self {
        Self { error_type: Some(part.into()), ..self }
    }

    /// For errors that say this, in any case of its letters. Secrets are no longer in what is looked at.
    #[must_use]
    pub fn message(self, part: impl Into<Box<str>>) -> Self {
        Self { message: Some(part.into()), ..self }
    }

    /// They are of this sort.
    #[must_use]
    pub fn is(self, category: Category) -> Self {
        Self { category: Some(category), ..self }
    }

    /// They are as bad as this.
    #[must_use]
    pub fn as_bad_as(self, severity: Severity) -> Self {
        Self { severity: Some(severity), ..self }
    }

    fn is_for(&self, facts: &Facts<'_>) -> bool {
        let has = |part: &Option<Box<str>>, text: &str| {
            part.as_deref().is_none_or(|part| contains(text.as_bytes(), part.as_bytes()))
        };
        has(&self.error_type, facts.error_type) && has(&self.message, facts.message)
    }
}

/// What is known of a failure.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts<'a> {
    pub(super) error_type: &'a str,
    pub(super) kind: Option<FailureKind>,
    pub(super) message: &'a str,
}

/// How bad, and of what sort.
pub(super) fn classify(rules: &[Rule], facts: &Facts<'_>) -> (Severity, Category) {
    let fitting = || rules.iter().filter(|rule| rule.is_for(facts));
    let typed = Hints::of(facts.error_type);
    let said = Hints::of(facts.message);
    let found = || typed.category().or_else(|| facts.kind.and_then(of_kind)).or_else(|| said.category());
    let category = fitting().find_map(|rule| rule.category).or_else(found).unwrap_or(Category::Unknown);
    let hints = Hints(typed.0 | said.0);
    let guessed = || match category {
        _ if hints.has(CRITICAL) => Severity::Critical,
        Category::Network if hints.has(RETRY) && !hints.has(EXHAUSTED) => Severity::Warning,
        Category::Storage if hints.has(TEMPORARY) => Severity::Warning,
        _ if hints.has(LIMITED) => Severity::Warning,
        _ => Severity::Error,
    };
    (fitting().find_map(|rule| rule.severity).unwrap_or_else(guessed), category)
}

/// What the way in which a call failed says of the sort: an answer can be of any.
const fn of_kind(kind: FailureKind) -> Option<Category> {
    match kind {
        FailureKind::Timeout | FailureKind::Connection | FailureKind::Body => Some(Category::Network),
        FailureKind::Response | FailureKind::Error => None,
    }
}

const TRANSACTION: u16 = 1;
const AUTHENTICATION: u16 = 1 << 1;
const STORAGE: u16 = 1 << 2;
const NETWORK: u16 = 1 << 3;
const VALIDATION: u16 = 1 << 4;
pub(super) const CRITICAL: u16 = 1 << 5;
const RETRY: u16 = 1 << 6;
const TEMPORARY: u16 = 1 << 7;
const LIMITED: u16 = 1 << 8;
/// Took too long, whatever it was.
const LATE: u16 = 1 << 9;
/// Was given up, whatever it was.
const ABORTED: u16 = 1 << 10;
/// No other attempt follows.
const EXHAUSTED: u16 = 1 << 11;

/// How words begin that say something, in the order of their letters, and what they say.
pub(super) const STEMS: [(&str, u16); 81] = [
    ("abort", ABORTED),
    ("argument", VALIDATION),
    ("authenti", AUTHENTICATION),
    ("authoriz", AUTHENTICATION),
    ("broken", NETWORK),
    ("certificate", AUTHENTICATION),
    ("commit", TRANSACTION),
    ("concurren", TRANSACTION),
    ("conflict", TRANSACTION),
    ("connect", NETWORK),
    ("constraint", TRANSACTION),
    ("corrupt", STORAGE),
    ("credential", AUTHENTICATION),
    ("critical", CRITICAL),
    ("database", STORAGE),
    ("deadlock", TRANSACTION),
    ("decode", VALIDATION),
    ("decoding", VALIDATION),
    ("denied", AUTHENTICATION),
    ("deserializ", VALIDATION),
    ("directory", STORAGE),
    ("disk", STORAGE),
    ("dns", NETWORK),
    ("duplicate", TRANSACTION),
    ("econn", NETWORK),
    ("enospc", STORAGE),
    ("etimedout", NETWORK),
    ("exhaust", EXHAUSTED),
    ("fatal", CRITICAL),
    ("file", STORAGE),
    ("forbidden", AUTHENTICATION),
    ("format", VALIDATION),
    ("gateway", NETWORK),
    ("handshake", NETWORK),
    ("host", NETWORK),
    ("illegal", VALIDATION),
    ("invalid", VALIDATION),
    ("jwt", AUTHENTICATION),
    ("lock", STORAGE),
    ("lockout", AUTHENTICATION),
    ("login", AUTHENTICATION),
    ("malformed", VALIDATION),
    ("missing", VALIDATION),
    ("network", NETWORK),
    ("nonce", TRANSACTION),
    ("overdrawn", TRANSACTION),
    ("parse", VALIDATION),
    ("parsing", VALIDATION),
    ("password", AUTHENTICATION),
    ("permission", AUTHENTICATION),
    ("quota", STORAGE),
    ("ratelimit", NETWORK | LIMITED),
    ("readonly", STORAGE),
    ("refused", NETWORK),
    ("required", VALIDATION),
    ("reset", NETWORK),
    ("retry", RETRY),
    ("rollback", TRANSACTION),
    ("schema", VALIDATION),
    ("serializ", TRANSACTION),
    ("session", AUTHENTICATION),
    ("signature", AUTHENTICATION),
    ("socket", NETWORK),
    ("sql", STORAGE),
    ("storage", STORAGE),
    ("syntax", VALIDATION),
    ("tcp", NETWORK),
    ("temporar", TEMPORARY),
    ("throttl", NETWORK | LIMITED),
    ("timed", LATE),
    ("timeout", LATE),
    ("tls", NETWORK),
    ("transaction", TRANSACTION),
    ("transport", NETWORK),
    ("unauthenti", AUTHENTICATION),
    ("unauthor", AUTHENTICATION),
    ("unavailable", NETWORK),
    ("unparsable", VALIDATION),
    ("unreachable", NETWORK),
    ("validat", VALIDATION),
    ("volume", STORAGE),
];

/// What the words of a text say.
#[derive(Clone, Copy, Debug)]
struct Hints(u16);

impl Hints {
    fn of(text: &str) -> Self {
        let mut hints = 0;
        let mut before: &[u8] = b"";
        for word in words(text.as_bytes()) {
            let found = hint(word);
            // What is not fatal is not, and what is not to be retried is not either.
            let denied = || [&b"non"[..], b"not", b"no"].iter().any(|no| before.eq_ignore_ascii_case(no));
            let deniable = CRITICAL | RETRY | TEMPORARY;
            hints |= if found & deniable != 0 && denied() { found & !deniable } else { found };
            if begins(word, b"limit") && before.eq_ignore_ascii_case(b"rate") {
                hints |= NETWORK | LIMITED;
            }
            if begins(word, b"left") && before.eq_ignore_ascii_case(b"space") {
                hints |= STORAGE;
            }
            before = word;
        }
        Self(hints)
    }

    const fn has(self, hint: u16) -> bool {
        self.0 & hint != 0
    }

    /// The more particular sort first: a transaction that timed out is one, and a login that was refused is one. That
    /// something took too long, or was aborted, says least: a lock that timed out is a lock.
    fn category(self) -> Option<Category> {
        let order = [
            (TRANSACTION, Category::Transaction),
            (AUTHENTICATION, Category::Authentication),
            (STORAGE, Category::Storage),
            (NETWORK, Category::Network),
            (VALIDATION, Category::Validation),
            (ABORTED, Category::Transaction),
            (LATE, Category::Network),
        ];
        order.into_iter().find(|(hint, _)| self.has(*hint)).map(|(_, category)| category)
    }
}

fn begins(word: &[u8], stem: &[u8]) -> bool {
    // The first letters are the same for nearly none.
    word.len() >= stem.len() && word[1] | 0x20 == stem[1] && word[..stem.len()].eq_ignore_ascii_case(stem)
}

/// Where the stems of each letter begin, and where those of the last end.
const FIRST: [usize; 27] = {
    let mut first = [STEMS.len(); 27];
    let mut at = STEMS.len();
    while at > 0 {
        at -= 1;
        first[(STEMS[at].0.as_bytes()[0] - b'a') as usize] = at;
    }
    // A letter without a stem begins where the next one does.
    let mut letter = 26;
    while letter > 0 {
        letter -= 1;
        if first[letter] == STEMS.len() {
            first[letter] = first[letter + 1];
        }
    }
    first
};

/// What a word says, by how it begins.
pub(super) fn hint(word: &[u8]) -> u16 {
    let letter = usize::from(word[0].to_ascii_lowercase() - b'a');
    let stems = &STEMS[FIRST[letter]..FIRST[letter + 1]];
    let said = stems.iter().filter(|(stem, _)| begins(word, stem.as_bytes()));
    said.fold(0, |hints, (_, hint)| hints | hint)
}

/// The words of a text; `ConnectionRefused` has two.
fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ends = |two: &[u8], at: usize| two[at].is_ascii_lowercase() && two[at + 1].is_ascii_uppercase();
    text.split(|byte| !byte.is_ascii_alphabetic()).flat_map(move |mut rest| {
        std::iter::from_fn(move || {
            let length = (0..rest.len().saturating_sub(1)).find(|at| ends(rest, *at)).map(|at| at + 1);
            let (word, more) = rest.split_at(length.unwrap_or(rest.len()));
            rest = more;
            (!word.is_empty()).then_some(word)
        })
    })
}
