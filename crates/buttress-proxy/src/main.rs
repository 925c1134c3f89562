//! The binary `buttress`.

use std::process::ExitCode;

fn main() -> ExitCode {
    buttress_proxy::cli::main()
}
