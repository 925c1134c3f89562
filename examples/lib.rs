//! The examples stand beside this file: `cargo run -p buttress-examples --example axum_server`.
