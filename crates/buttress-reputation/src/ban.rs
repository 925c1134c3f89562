//! How long a peer is not asked at all.
