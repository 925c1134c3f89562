//! What a call costs beside other crates, all measured in one run.
//!
//! `cargo bench -p buttress-benches --features peers --bench beside_peers [-- --rounds N] [--only TEXT] [--json]`

use buttress::BoxError;
use buttress_benches::admission;
use buttress_benches::budgets;
use buttress_benches::failures;
use buttress_benches::keys;
use buttress_benches::measure::{allocations, median, nanos_per_call};
use buttress_benches::paths::{self, Path};
use buttress_benches::peers;
use buttress_benches::selection;
use buttress_benches::table::{Bar, Figures, Row, Table};
use std::env;
use std::process::ExitCode;

/// Rounds, unless `--rounds` says otherwise.
const ROUNDS: usize = 15;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), BoxError> {
    let (mut rounds, mut json, mut bench, mut only) = (ROUNDS, false, false, String::new());
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--bench" => bench = true,
            "--json" => json = true,
            "--rounds" => rounds = arguments.next().ok_or("--rounds wants a number")?.parse()?,
            "--only" => only = arguments.next().ok_or("--only wants a part of a path's name")?,
            other => return Err(format!("unknown argument {other}").into()),
        }
    }
    if !bench || rounds == 0 {
        return Err(
            "measured are optimised code and one round or more: cargo bench … [-- --rounds N] [--json]"
                .into(),
        );
    }
    let rows = rows().into_iter().filter(|row| row.path.name.contains(&only)).collect();
    let table = measured(rows, rounds);
    if json {
        println!("{:#}", table.to_json());
    } else {
        print!("{table}");
    }
    Ok(())
}

/// Measures every row once a round, so that what disturbs the machine for a while disturbs all of them.
fn measured(rows: Vec<Row>, rounds: usize) -> Table {
    let mut nanos = vec![(Vec::new(), Vec::new()); rows.len()];
    for round in 1..=rounds {
        eprint!("\rround {round} of {rounds}");
        for (row, (one, two)) in rows.iter().zip(&mut nanos) {
            let mut worker = (row.path.make)();
            one.push(nanos_per_call(&mut *worker, 1, row.calls));
            if row.threads > 1 {
                two.push(nanos_per_call(&mut *worker, 2, row.calls));
            }
        }
    }
    eprintln!();
    let mut table = Table::default();
    for (row, (one, two)) in rows.into_iter().zip(nanos) {
        let one = median(one).expect("there is at least one round");
        let mut worker = (row.path.make)();
        let allocations = allocations(&mut *worker, row.calls) as f64 / row.calls as f64;
        table.push(row, Figures { nanos: (one, median(two)), allocations });
    }
    table
}

fn rows() -> Vec<Row> {
    vec![
        ours(paths::BARE, (None, None)),
        ours(paths::BREAKER_DEFAULT, (Some(24.0), Some(60.0))),
        // The bar of the one above, and 35 ns for the durations.
        ours(paths::BREAKER_RECORDING, (Some(59.0), None)),
        ours(paths::BREAKER_CLOSED, (Some(24.0), Some(60.0))),
        ours(paths::BREAKER_STATIC, (Some(24.0), Some(60.0))),
        ours(paths::BREAKER_CLONED, (None, None)),
        peer(peers::RECLOSER, paths::BREAKER_CLOSED, 100_000),
        peer(peers::FAILSAFE, paths::BREAKER_CLOSED, 100_000),
        // A call that is measured joins the window that it is measured with, so there are not many of them.
        peer(peers::TOWER_RESILIENCE_1K, paths::BREAKER_CLOSED, 128),
        peer(peers::TOWER_RESILIENCE_100K, paths::BREAKER_CLOSED, 128),
        ours(paths::BREAKER_FAILING, (Some(45.0), Some(160.0))),
        ours(paths::BREAKER_OPEN, (Some(12.0), Some(15.0))),
        ours(paths::BREAKER_OPEN_BOXED, (Some(20.0), None)),
        peer(peers::RECLOSER_OPEN, paths::BREAKER_OPEN, 100_000),
        peer(peers::FAILSAFE_OPEN, paths::BREAKER_OPEN, 100_000),
        // Callers that meet there wait by a timer, which nobody drives here.
        Row { threads: 1, ..peer(peers::TOWER_RESILIENCE_OPEN, paths::BREAKER_OPEN, 100_000) },
        ours(paths::BREAKER_KEYED, (Some(60.0), Some(110.0))),
        ours(paths::TIMEOUT, (Some(4.0), None)),
        peer(peers::TOWER_TIMEOUT, paths::TIMEOUT, 100_000),
        ours(paths::STACK, (None, None)),
        ours(paths::DEADLINE, (None, None)),
        ours(paths::RETRY, (Some(20.0), Some(50.0))),
        ours(paths::RETRY_CLONED, (None, None)),
        peer(peers::TOWER_RETRY, paths::RETRY, 100_000),
        peer(peers::TOWER_RESILIENCE_RETRY, paths::RETRY, 100_000),
        ours(paths::DELAY, (Some(100.0), None)),
        ours(paths::FOUR, (None, None)),
        ours(paths::FOUR_CLONED, (None, None)),
        ours(admission::BULKHEAD, (Some(25.0), Some(90.0))),
        ours(admission::BULKHEAD_STATIC, (Some(25.0), Some(90.0))),
        ours(admission::BULKHEAD_CLONED, (None, None)),
        ours(admission::BULKHEAD_ADAPTIVE, (None, None)),
        peer(peers::TOWER_CONCURRENCY, admission::BULKHEAD, 100_000),
        peer(peers::TOWER_CONCURRENCY_CLONED, admission::BULKHEAD_CLONED, 100_000),
        peer(peers::TOWER_RESILIENCE_BULKHEAD, admission::BULKHEAD, 100_000),
        ours(admission::BULKHEAD_FULL, (Some(4.0), Some(4.0))),
        peer(peers::TOWER_CONCURRENCY_FULL, admission::BULKHEAD_FULL, 100_000),
        ours(admission::RATE, (Some(13.0), Some(55.0))),
        ours(admission::RATE_STATIC, (Some(13.0), Some(55.0))),
        ours(admission::RATE_CLONED, (None, None)),
        ours(admission::RATE_IN_TURN, (None, None)),
        peer(peers::GOVERNOR, admission::RATE, 100_000),
        peer(peers::GOVERNOR_CLONED, admission::RATE_CLONED, 100_000),
        // Its services cannot be shared.
        Row { threads: 1, ..peer(peers::TOWER_RATE, admission::RATE, 100_000) },
        peer(peers::TOWER_RESILIENCE_RATE, admission::RATE, 100_000),
        ours(admission::RATE_HTTP, (None, None)),
        ours(peers::AXUM_BARE, (None, None)),
        peer(peers::TOWER_GOVERNOR, admission::RATE_HTTP, 100_000),
        ours(admission::RATE_REFUSED, (Some(11.0), Some(11.0))),
        peer(peers::GOVERNOR_REFUSED, admission::RATE_REFUSED, 100_000),
        peer(peers::TOWER_RESILIENCE_RATE_REFUSED, admission::RATE_REFUSED, 100_000),
        ours(admission::RATE_KEYED_10K, (None, None)),
        ours(budgets::BUDGET, (Some(20.0), Some(40.0))),
        ours(budgets::BUDGET_STATIC, (Some(20.0), Some(40.0))),
        ours(budgets::BUDGET_CLONED, (None, None)),
        ours(budgets::BUDGET_TIMED, (None, None)),
        ours(budgets::BUDGET_FAILING, (None, None)),
        ours(admission::FIVE, (Some(85.0), Some(290.0))),
        ours(admission::FIVE_CLONED, (Some(150.0), Some(600.0))),
        ours(failures::FAILURE_LOG, (Some(4.0), None)),
        ours(failures::FAILURE_LOG_CLONED, (None, None)),
        ours(failures::FAILURE_LOG_FAILING, (Some(100.0), None)),
        ours(failures::FAILURE_LOG_CURIOUS, (None, None)),
        ours(paths::STACK_ON, (None, None)),
        ours(paths::STACK_OFF, (None, None)),
        ours(keys::WORDS_10K, (Some(22.0), Some(35.0))),
        ours(keys::STORE_10K, (None, None)),
        peer(peers::GOVERNOR_10K, keys::WORDS_10K, 200_000),
        ours(keys::WORDS_NAMED_10K, (Some(40.0), Some(45.0))),
        ours(keys::STORE_NAMED_10K, (None, None)),
        peer(peers::GOVERNOR_NAMED_10K, keys::WORDS_NAMED_10K, 200_000),
        // Twice around, so that each round takes every key.
        Row { calls: 2_000_000, ..ours(keys::WORDS_1M, (Some(90.0), Some(90.0))) },
        Row { calls: 2_000_000, ..ours(keys::STORE_1M, (None, None)) },
        peer(peers::GOVERNOR_1M, keys::WORDS_1M, 2_000_000),
        Row { calls: 2_000_000, ..ours(keys::WORDS_NAMED_1M, (Some(300.0), Some(300.0))) },
        Row { calls: 2_000_000, ..ours(keys::STORE_NAMED_1M, (None, None)) },
        peer(peers::GOVERNOR_NAMED_1M, keys::WORDS_NAMED_1M, 2_000_000),
        ours(selection::PICK_10, (Some(90.0), Some(200.0))),
        ours(selection::PICK_100, (Some(90.0), Some(200.0))),
        ours(selection::PICK_10K, (Some(90.0), Some(200.0))),
        // None of these is shared, so that they are measured on one thread.
        Row { threads: 1, ..peer(peers::TOWER_BALANCE_10, selection::PICK_10, 100_000) },
        Row { threads: 1, ..peer(peers::TOWER_BALANCE_100, selection::PICK_100, 100_000) },
        Row { threads: 1, ..peer(peers::TOWER_BALANCE_10K, selection::PICK_10K, 100_000) },
        peer(peers::TOWER_RESILIENCE_ROUTER, selection::PICK_10, 100_000),
        peer(peers::TOWER_RESILIENCE_OUTLIER, selection::PICK_10, 100_000),
        Row { calls: 2_000, ..ours(selection::TOP_10K, (Some(20_000.0), None)) },
        Row { calls: 2_000, ..ours(selection::TOP_MIXED_10K, (Some(20_000.0), None)) },
    ]
}

const fn ours(path: Path, bar: Bar) -> Row {
    Row { path, bar, beside: None, calls: 200_000, threads: 2 }
}

const fn peer(path: Path, beside: Path, calls: u64) -> Row {
    Row { path, bar: (None, None), beside: Some(beside), calls, threads: 2 }
}
