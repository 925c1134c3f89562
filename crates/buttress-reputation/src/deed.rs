//! What peers do, and what it is worth.
