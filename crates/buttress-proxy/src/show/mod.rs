//! What a running proxy says about itself, as people read it.

pub(crate) mod health;
pub(crate) mod words;
