//! How a peer stood at one instant.
