#![cfg_attr(not(doctest), doc = include_str!("hosts.md"))]
// Its examples are compiled where all hosts are at hand, in `tests/`.
