//! What clients of the proxy see while its origins fail.
//!
//! `cargo bench -p buttress-proxy --bench faults [-- --only NAME] [--seconds N] [--beside nginx] [--json]`

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    buttress_faults::command::main(Path::new(env!("CARGO_BIN_EXE_buttress")))
}
