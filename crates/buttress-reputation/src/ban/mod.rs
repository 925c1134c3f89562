//! How long a peer is not asked at all.

mod rules;
mod word;

pub use rules::{BanBuilder, BanRules};
pub(crate) use word::{Banned, Word};
