//! A ledger as a member of a registry.
