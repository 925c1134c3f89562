//! The numbers of other systems, by name.
