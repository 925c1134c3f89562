//! What is known of peers, by their ids.
