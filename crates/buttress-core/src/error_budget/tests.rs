//! Rows and rules.
