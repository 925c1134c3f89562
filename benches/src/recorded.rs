//! What a path is known to cost in instructions, and the compiler that this holds for.

use crate::admission;
use crate::budgets;
use crate::failures;
use crate::keys;
use crate::paths::{self, Path};
use crate::selection;

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
    /// What it is to cost at most by design; it is said when that is missed.
    pub bar: Option<f64>,
}

const fn recorded(path: Path, instructions: f64, bar: Option<f64>) -> Recorded {
    Recorded { path, instructions, bar }
}

/// The bytes that a new breaker held when they were counted last.
pub const BREAKER_BYTES: i64 = 600;

/// The bytes that it is to hold at most by design.
pub const BREAKER_BYTES_BAR: i64 = 600;

/// The last counts.
pub const RECORDED: [Recorded; 47] = [
    recorded(paths::BARE, 24.0, None),
    recorded(paths::BREAKER_DEFAULT, 197.0, None),
    recorded(paths::BREAKER_CLOSED, 210.0, Some(165.0)),
    recorded(paths::BREAKER_STATIC, 214.0, None),
    recorded(paths::BREAKER_CLONED, 224.0, None),
    recorded(paths::BREAKER_FAILING, 804.6, None),
    recorded(paths::BREAKER_OPEN, 250.0, None),
    recorded(paths::BREAKER_OPEN_BOXED, 508.0, None),
    recorded(paths::TIMEOUT, 28.0, Some(45.0)),
    recorded(paths::STACK, 237.0, None),
    recorded(paths::DEADLINE, 189.0, None),
    recorded(paths::RETRY, 178.0, Some(80.0)),
    recorded(paths::RETRY_CLONED, 185.0, None),
    recorded(paths::FOUR, 627.0, None),
    recorded(paths::STACK_ON, 1367.0, None),
    recorded(admission::BULKHEAD, 155.0, Some(70.0)),
    recorded(admission::BULKHEAD_STATIC, 146.0, Some(70.0)),
    recorded(admission::BULKHEAD_CLONED, 182.0, None),
    recorded(admission::BULKHEAD_ADAPTIVE, 371.0, None),
    recorded(admission::BULKHEAD_FULL, 198.0, None),
    recorded(admission::RATE, 126.0, Some(118.0)),
    recorded(admission::RATE_STATIC, 131.0, Some(118.0)),
    recorded(admission::RATE_CLONED, 133.0, None),
    recorded(admission::RATE_IN_TURN, 190.0, None),
    recorded(admission::RATE_REFUSED, 153.0, None),
    recorded(admission::RATE_HTTP, 427.0, None),
    recorded(admission::RATE_KEYED_10, 292.9, None),
    recorded(admission::WINDOW_10, 314.1, None),
    recorded(admission::FIVE, 638.0, Some(385.0)),
    recorded(admission::FIVE_CLONED, 705.0, None),
    recorded(failures::FAILURE_LOG, 120.0, None),
    recorded(failures::FAILURE_LOG_FAILING, 2004.0, None),
    recorded(paths::DELAY, 241.0, None),
    recorded(paths::STACK_OFF, 619.0, None),
    recorded(budgets::BUDGET, 134.0, None),
    recorded(budgets::BUDGET_STATIC, 138.0, None),
    recorded(budgets::BUDGET_CLONED, 141.0, None),
    recorded(budgets::BUDGET_TIMED, 273.0, None),
    recorded(budgets::BUDGET_FAILING, 243.9, None),
    recorded(keys::WORDS_10K, 182.0, None),
    recorded(keys::WORDS_NAMED_10K, 224.0, None),
    recorded(keys::STORE_10K, 149.0, None),
    recorded(keys::STORE_NAMED_10K, 241.0, None),
    recorded(selection::PICK_10, 968.7, Some(350.0)),
    recorded(selection::PICK_100, 981.9, Some(350.0)),
    recorded(selection::PICK_10K, 1067.8, Some(350.0)),
    recorded(selection::TOP_MIXED_10K, 247136.0, None),
];
