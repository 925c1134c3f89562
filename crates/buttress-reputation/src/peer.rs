//! The state of one peer.
