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
    RUSTFLAGS="--cfg buttress_loom" CARGO_TARGET_DIR=target/loom cargo test -p buttress-reputation --release --lib

# Cost per call beside other crates.
bench:
    cargo bench -p buttress-benches --features peers --bench beside_peers

# What clients of the proxy see while its origins fail.
bench-faults *arguments:
    cargo bench -p buttress-proxy --bench faults -- {{arguments}}

# The proxy before three origins that fail in turn.
demo:
    cargo run --release -p buttress-proxy -- demo

# Instructions, allocations and bytes, as CI gates them.
gates:
    cargo bench -p buttress-benches --bench gates
