//! What must not get worse: allocations, instructions and bytes, which are the same at every run.
//!
//! `cargo bench -p buttress-benches --bench gates` fails when a gate is broken, and says which.

use buttress::circuit_breaker::{CircuitBreakerLayer, Config, Handle};
use buttress::{BoxError, TimeoutLayer, retry};
use buttress_benches::admission;
use buttress_benches::budgets;
use buttress_benches::callgrind::{self, instructions};
use buttress_benches::clients::Clients;
use buttress_benches::failures;
use buttress_benches::flood::{Flood, TOP_KEYS};
use buttress_benches::inner::Echo;
use buttress_benches::keys;
use buttress_benches::measure::{allocations, bytes_held};
use buttress_benches::paths::{self, LONG, Path};
use buttress_benches::recorded::{
    BREAKER_BYTES, BREAKER_BYTES_BAR, COMPILER, RECORDED, THIS_COMPILER, TOLERANCE,
};
use buttress_benches::selection;
use buttress_benches::worker::Worker;
use std::env;
use std::ffi::OsStr;
use std::process::ExitCode;
use tower_layer::Layer;
use tower_service::Service;

/// Calls that are counted.
const CALLS: u64 = 10_000;

/// Calls before those that are counted.
const WARM_UP: u64 = 1_000;

/// Keys that come, and those of them after which every place is taken.
const FLOOD: u64 = 10_000_000;
const FILLED: u64 = 200_000;

/// Clients that come to a limit for each.
const CLIENTS: u64 = 1_000_000;

/// The bytes that the settings of a retry may take.
const POLICY_BYTES: usize = 200;

/// By how much a call may cost more with 100,000 calls in the window than with 100.
const GROWTH: f64 = 1.05;

/// By how much it may cost more with 10,000 keys than with 100.
const GROWTH_BY_KEYS: f64 = 1.10;

/// By how much a pick may cost more of ten thousand peers than of ten.
const GROWTH_BY_PEERS: f64 = 1.10;

/// By how much it may cost more with a million keys than with ten.
const GROWTH_BY_MANY_KEYS: f64 = 2.0;

fn main() -> ExitCode {
    run().unwrap_or_else(|error| {
        println!("  BROKEN {error}");
        ExitCode::FAILURE
    })
}

fn run() -> Result<ExitCode, BoxError> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [COUNTED, path, calls] => {
            let known = paths::ALL.into_iter().chain(admission::ALL).chain(keys::SMALL);
            let known = known.chain(budgets::ALL).chain(failures::ALL).chain(selection::ALL);
            let known = known.chain([admission::RATE_KEYED_1M, selection::TOP_MIXED_10K]);
            let path = known.into_iter().find(|known| known.name == path).ok_or("no such path")?;
            counted((path.make)().as_mut(), calls.parse()?);
            Ok(ExitCode::SUCCESS)
        }
        ["--bench", ..] => gates(),
        _ => {
            println!("These are gates on optimised code: cargo bench -p buttress-benches --bench gates");
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The first argument of the run that callgrind watches.
const COUNTED: &str = "--counted";

/// What it counts the instructions of. What comes before may take longer or shorter, as the calibration of a clock does.
#[inline(never)]
fn counted(worker: &mut dyn Worker, calls: u64) {
    worker.run(calls);
}

fn gates() -> Result<ExitCode, BoxError> {
    let mut gates = Gates::default();
    f6_allocations(&mut gates);
    s2_122_s2_125_bytes(&mut gates);
    f4_flood(&mut gates);
    f4_clients(&mut gates);
    c11_s2_121_s2_124_instructions(&mut gates)?;
    Ok(gates.verdict())
}

#[derive(Default)]
struct Gates {
    broken: u32,
}

impl Gates {
    /// Prints how a figure stands to its limit.
    fn check(&mut self, name: &str, holds: bool, figure: &str) {
        self.broken += u32::from(!holds);
        println!("{} {name}: {figure}", if holds { "  ok    " } else { "  BROKEN" });
    }

    fn verdict(&self) -> ExitCode {
        if self.broken == 0 {
            println!("all gates hold");
            return ExitCode::SUCCESS;
        }
        println!("broken gates: {}", self.broken);
        ExitCode::FAILURE
    }
}

/// What is said of a figure that holds its gate, and not yet its bar.
fn missed(figure: f64, bar: f64) -> String {
    if figure > bar { format!(", over its bar of {bar:.1}") } else { String::new() }
}

fn note(name: &str, figure: &str) {
    println!("           {name}: {figure}");
}

/// F6: what a call allocates.
fn f6_allocations(gates: &mut Gates) {
    println!("allocations in {CALLS} calls");
    let none = [
        paths::BREAKER_DEFAULT,
        paths::BREAKER_CLOSED,
        paths::BREAKER_CLONED,
        paths::BREAKER_FAILING,
        paths::BREAKER_OPEN,
        paths::TIMEOUT,
        paths::STACK,
        paths::DEADLINE,
        paths::RETRY,
        paths::RETRY_CLONED,
        paths::DELAY,
        paths::FOUR,
        paths::FOUR_CLONED,
        paths::STACK_ON,
        paths::STACK_OFF,
        paths::BODIES,
        paths::FRAME_UNLIMITED,
        paths::FRAME_LIMITED,
    ];
    // A hook's metadata are the hook's to make.
    let boxed = [
        (paths::BREAKER_OPEN_BOXED, CALLS),
        (failures::FAILURE_LOG_FAILING, 0),
        (failures::FAILURE_LOG_CURIOUS, 9 * CALLS),
        // Beside those, each text that is handed to the files.
        (failures::FAILURE_LOG_FILES, 20 * CALLS),
    ];
    let none = none.into_iter().chain([failures::FAILURE_LOG, failures::FAILURE_LOG_CLONED]);
    let none = none.chain(budgets::ALL).chain(admission::ALL).chain(keys::SMALL).chain(selection::ALL);
    let none = none.map(|path| (path, 0));
    for (path, limit) in none.chain(boxed) {
        let mut worker = (path.make)();
        worker.check();
        let count = allocations(&mut *worker, CALLS);
        gates.check(path.name, count <= limit, &format!("{count}, at most {limit}"));
    }
}

/// What a breaker and the futures of its calls take.
fn s2_122_s2_125_bytes(gates: &mut Gates) {
    println!("bytes");
    // The name is interned once however many breakers have it, so the second one shows what each costs.
    let handle = Handle::new("gates", Config::default());
    let fresh = bytes_held(|| Handle::new("gates", Config::default()));
    let figure =
        format!("{fresh}, at most {BREAKER_BYTES}{}", missed(fresh as f64, BREAKER_BYTES_BAR as f64));
    gates.check("held by a breaker", fresh <= BREAKER_BYTES, &figure);
    let history = bytes_held(|| {
        for _ in 0..100 {
            handle.force_open();
            handle.reset();
        }
    });
    note("held besides by one that has opened often, for its history", &history.to_string());
    let breaker = CircuitBreakerLayer::new(paths::every_rule());
    let timeout = TimeoutLayer::new(LONG);
    let policy = size_of::<retry::Config>();
    gates.check(
        "of a retry's settings",
        policy <= POLICY_BYTES,
        &format!("{policy}, at most {POLICY_BYTES}"),
    );
    let handle = bytes_held(|| retry::Handle::new("gates", retry::Config::default()));
    note("held by a retry with its budget and its counters", &handle.to_string());
    let peers = selection::ledger(10_000);
    let bytes = bytes_held(|| (0..10_000_u64).for_each(|peer| peers.record_failure(&peer))) / 10_000;
    let limit = selection::BYTES;
    gates.check("held by a peer", bytes <= limit, &format!("{bytes}, at most {limit}"));
    note("future of the service beneath", &future_size(Echo).to_string());
    note("future of a breaker", &future_size(breaker.clone().layer(Echo)).to_string());
    note("future of a timeout", &future_size(timeout.clone().layer(Echo)).to_string());
    note("future of both", &future_size(breaker.layer(timeout.layer(Echo))).to_string());
}

fn future_size<S: Service<u64>>(_: S) -> usize {
    size_of::<S::Future>()
}

/// F4: that keys without end take what the capacity allows, and make no more series than the top has places.
fn f4_flood(gates: &mut Gates) {
    println!("{FLOOD} keys of one call each");
    let mut flood = Flood::default();
    let full = flood.bytes_of(FILLED);
    let more = flood.bytes_of(FLOOD - FILLED);
    // The tables may still grow a little where keys do not fall evenly.
    let limit = full / 100;
    gates.check(
        "bytes on the heap after the first of them",
        more <= limit,
        &format!("{more} more than {full}, at most {limit}"),
    );
    let (keys, capacity) = flood.keys();
    gates.check("keys with a breaker", keys <= capacity, &format!("{keys}, at most {capacity}"));
    let labels = flood.labels();
    gates.check("keys with series", labels <= TOP_KEYS + 1, &format!("{labels}, at most {}", TOP_KEYS + 1));
}

/// F4: a million clients of a limit for each take no memory that was not there before, and lift nobody's penalty.
fn f4_clients(gates: &mut Gates) {
    println!("{CLIENTS} clients of one call each, and one that used up its limit before");
    let mut clients = Clients::default();
    let more = clients.bytes_of(CLIENTS);
    gates.check("bytes on the heap for them", more <= 0, &format!("{more}, at most 0"));
    let (keys, capacity) = clients.keys();
    gates.check("clients with a limit", keys <= capacity, &format!("{keys}, at most {capacity}"));
    let remembers = clients.remembers();
    let figure = if remembers { "still refused" } else { "admitted" };
    gates.check("the one that used up its limit", remembers, figure);
}

/// What a call costs in instructions, and C11: that it does not cost more when there were many before it.
fn c11_s2_121_s2_124_instructions(gates: &mut Gates) -> Result<(), callgrind::Error> {
    println!("instructions per call, of which the loop and the service beneath are the first line");
    println!("           by {THIS_COMPILER}");
    let comparable = THIS_COMPILER == COMPILER;
    if !comparable {
        println!(
            "           recorded for {COMPILER}: other code, so these figures are shown and break no gate"
        );
    }
    for recorded in RECORDED {
        let count = per_call(recorded.path)?;
        let limit = recorded.instructions * TOLERANCE;
        let bar = recorded.bar.map_or_else(String::new, |bar| missed(count, bar * TOLERANCE));
        let figure = format!("{count:.1}, recorded {:.1}, at most {limit:.1}{bar}", recorded.instructions);
        if comparable {
            gates.check(recorded.path.name, count <= limit, &figure);
        } else {
            note(recorded.path.name, &figure);
        }
    }
    for (few, many, limit) in [
        (paths::BREAKER_CLOSED_100, paths::BREAKER_CLOSED_100K, GROWTH),
        (paths::BREAKER_FAILING_100, paths::BREAKER_FAILING_100K, GROWTH),
        (keys::WORDS_100, keys::WORDS_10K, GROWTH_BY_KEYS),
        (keys::STORE_100, keys::STORE_10K, GROWTH_BY_KEYS),
        (admission::RATE_KEYED_10, admission::RATE_KEYED_1M, GROWTH_BY_MANY_KEYS),
        (admission::WINDOW_10, admission::WINDOW_100K, GROWTH),
        (selection::PICK_10, selection::PICK_10K, GROWTH_BY_PEERS),
    ] {
        let growth = per_call(many)? / per_call(few)?;
        let figure = format!("{growth:.3} times those of {}, at most {limit:.2}", few.name);
        gates.check(many.name, growth <= limit, &figure);
    }
    Ok(())
}

/// The difference that `CALLS` more calls make to the running of calls. The making of the state is not in it: that a clock
/// takes the measure of the processor's counter is never twice the same.
fn per_call(path: Path) -> Result<f64, callgrind::Error> {
    let program = env::current_exe().map_err(callgrind::Error::Start)?;
    let run = |calls: u64| {
        let calls = calls.to_string();
        instructions(&program, &[COUNTED, path.name, &calls].map(OsStr::new), "gates::counted*")
    };
    let (few, many) = (run(WARM_UP)?, run(WARM_UP + CALLS)?);
    Ok(many.saturating_sub(few) as f64 / CALLS as f64)
}
