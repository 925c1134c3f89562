//! Settings in the making.
