//! What a running proxy says about itself, as people read it.

pub(crate) mod budget;
pub(crate) mod failures;
pub(crate) mod health;
pub(crate) mod peers;
