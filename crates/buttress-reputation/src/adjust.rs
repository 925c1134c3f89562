//! Limits on bandwidth that follow what the network bears.
