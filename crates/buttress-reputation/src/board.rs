//! The scores of all peers side by side, and who sits where.
