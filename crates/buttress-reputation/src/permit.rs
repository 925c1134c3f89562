//! The leave to ask a peer once.
