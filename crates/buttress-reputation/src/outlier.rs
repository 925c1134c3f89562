//! Peers that do worse than the others do.
