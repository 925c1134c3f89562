//! Texts that others choose, before they are kept.

use std::borrow::Cow;
use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;

/// How long a key of text may be: longer than names of hosts and tenants get. Callers choose what they send, and each
/// key is kept.
pub(super) const LONGEST: usize = 256;

/// Of a longer text the beginning and a hash of all of it: as different from others as it was, by a hash that nobody can
/// foretell.
pub(crate) fn bounded(text: &str) -> Cow<'_, str> {
    static SEED: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    if text.len() <= LONGEST {
        return Cow::Borrowed(text);
    }
    let hash = format!("…{:016x}", SEED.hash_one(text));
    let mut begin = LONGEST - hash.len();
    while !text.is_char_boundary(begin) {
        begin -= 1;
    }
    Cow::Owned(format!("{}{hash}", &text[..begin]))
}
