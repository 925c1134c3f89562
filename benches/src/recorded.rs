//! What a path is known to cost in instructions, and the compiler that this holds for.

use crate::paths::{self, Path};

/// The compiler that made the code that was counted.
pub const COMPILER: &str = "rustc 1.95.0 (59807616e 2026-04-14) for x86_64-unknown-linux-gnu";

/// The compiler that made this program.
pub const THIS_COMPILER: &str = env!("BUTTRESS_COMPILER");

/// By how much a count may exceed what is recorded: code shifts a little with what is around it.
pub const TOLERANCE: f64 = 1.10;

/// Instructions of one call, with those of the loop around it and the service beneath.
#[derive(Clone, Copy, Debug)]
pub struct Recorded {
    /// The way the call took.
    pub path: Path,
    /// What it cost when it was counted last.
    pub instructions: f64,
    /// What it may cost at most by design.
    pub ceiling: Option<f64>,
}

const fn recorded(path: Path, instructions: f64, ceiling: Option<f64>) -> Recorded {
    Recorded { path, instructions, ceiling }
}

/// The last counts.
pub const RECORDED: [Recorded; 10] = [
    recorded(paths::BARE, 17.0, None),
    recorded(paths::BREAKER_DEFAULT, 316.0, None),
    recorded(paths::BREAKER_CLOSED, 314.0, Some(165.0)),
    recorded(paths::BREAKER_STATIC, 255.0, None),
    recorded(paths::BREAKER_CLONED, 341.0, None),
    recorded(paths::BREAKER_FAILING, 1233.2, None),
    recorded(paths::BREAKER_OPEN, 317.0, None),
    recorded(paths::BREAKER_OPEN_BOXED, 558.0, None),
    recorded(paths::TIMEOUT, 43.0, Some(45.0)),
    recorded(paths::STACK, 339.0, None),
];
