//! The knobs and their defaults, with reasons.
