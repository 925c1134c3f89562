//! F4: how much memory a flood of keys takes. In a program of its own, one test after the other, as the memory that is
//! measured is that of the whole process.
#![cfg(all(target_os = "linux", not(buttress_loom)))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use buttress_core::circuit_breaker::{CircuitBreaker, Config};
use buttress_core::keyed::{Store, WordState, Words, Worth};
use buttress_core::{FailureKind, Outcome, Tick};
use std::borrow::Cow;
use std::fs;
use std::num::NonZeroUsize;
use std::sync::Arc;

const KEYS: u64 = 1_000_000;
const CAPACITY: usize = 10_000;
const NOW: Tick = Tick::from_nanos(1);

/// What the process may grow by beside what is documented: the allocator's own, and stacks.
const SLACK: usize = 10 << 20;

/// Bytes of a breaker: half a KiB with what the allocator adds.
const BREAKER: usize = 512;

/// Bytes of an entry besides, with a name of 24 bytes.
const ENTRY: usize = 160;

/// Memory of this process that is not on disk, in bytes.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<usize>().unwrap() << 10
}

fn grows_by_at_most<T>(bytes: usize, flooded: impl FnOnce() -> T) {
    let before = resident();
    let states = flooded();
    let grown = resident().saturating_sub(before);
    drop(states);
    assert!(grown <= bytes + SLACK, "{grown} bytes, at most {bytes} and {SLACK}");
}

#[derive(Default)]
struct Count;

impl WordState for Count {
    const FRESH: u64 = 0;

    fn worth(&self, _: u64, _: Tick) -> Worth {
        Worth::Memory
    }
}

#[test]
fn f4_w50_a_million_keys_take_no_more_memory_than_the_capacity_allows() {
    let capacity = NonZeroUsize::new(CAPACITY).unwrap();
    grows_by_at_most(16 * CAPACITY, || {
        let words = Words::<Count>::new(capacity);
        for number in 0..KEYS {
            words.update(&format!("tenant-{number:017}"), NOW, |count| (count + 1, ()));
        }
        assert!(words.len() <= CAPACITY);
        assert_eq!(words.len() as u64 + words.evicted(), KEYS);
        words
    });
    let settings = Arc::new(Config::default());
    grows_by_at_most((BREAKER + ENTRY) * CAPACITY, || {
        let breakers = Store::<str, CircuitBreaker>::new(capacity);
        for number in 0..KEYS {
            let make = |_: &str| CircuitBreaker::new(settings.clone(), number, NOW);
            let key = Cow::Owned(format!("tenant-{number:017}"));
            let breaker = breakers.get_or_insert_with(key, || NOW, make).unwrap();
            // Most have calls in their windows, so that there is something to lose.
            if number % 10 > 0 {
                let ticket = breaker.try_acquire(NOW).unwrap();
                breaker.record(ticket, Outcome::Failure(FailureKind::Response), None, NOW);
            }
        }
        assert!(breakers.len() <= CAPACITY);
        assert_eq!(breakers.len() as u64 + breakers.evicted(), KEYS);
        breakers
    });
}
