//! Peers that outlive the process.
