//! How all peers stood at one instant.
