//! Peers as one service.
