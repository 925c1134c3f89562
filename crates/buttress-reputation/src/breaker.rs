//! The breaker of one peer, in two words.
