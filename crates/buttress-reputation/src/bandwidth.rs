//! How many bytes pass, of all peers together and of each.
