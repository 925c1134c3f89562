//! How good a peer is, from 0 to 100.
