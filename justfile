# What CI runs.
check:
    .ci/run

# The fast part of it, while working.
quick:
    cargo fmt --check
    cargo clippy --workspace --all-targets
    cargo nextest run --workspace

# The core under the model checker.
loom:
    RUSTFLAGS="--cfg buttress_loom" CARGO_TARGET_DIR=target/loom cargo test -p buttress-core --release

# Cost per call beside other crates.
bench:
    cargo bench -p buttress-benches --features peers --bench beside_peers

# Instructions, allocations and bytes, as CI gates them.
gates:
    cargo bench -p buttress-benches --bench gates
