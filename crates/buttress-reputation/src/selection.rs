//! Which peer to ask next.
