//! Picking one of some peers, and saying what came of it.

use crate::paths::Path;
use crate::worker::Worker;
use buttress_reputation::selection::{Config, Selection};
use buttress_reputation::{Ledger, presets};
use std::hint::black_box;
use std::time::Duration;

/// One of ten peers.
pub const PICK_10: Path = Path { name: "peers, pick and record, 10", make: || picking(10) };
/// One of a hundred.
pub const PICK_100: Path = Path { name: "peers, pick and record, 100", make: || picking(100) };
/// One of ten thousand.
pub const PICK_10K: Path = Path { name: "peers, pick and record, 10,000", make: || picking(10_000) };
/// The best ten of ten thousand that are all alike.
pub const TOP_10K: Path =
    Path { name: "peers, the top 10 of 10,000", make: || Box::new(Top(peers(10_000, |_, _| true))) };
/// The best ten of ten thousand of which hardly two are alike.
pub const TOP_MIXED_10K: Path = Path {
    name: "peers, the top 10 of 10,000, mixed",
    make: || Box::new(Top(peers(10_000, |peer, call| peer * 7_919 % 10_000 > u64::from(call) * 200))),
};

/// Those that are quick to make.
pub const ALL: [Path; 3] = [PICK_10, PICK_100, PICK_10K];

/// The bytes that a peer may hold, with its name, which is a number, its place in the store and on the board.
pub const BYTES: i64 = 256;

/// How often each peer has been asked before.
const ASKED: u32 = 60;

/// What every call is said to have taken.
const TOOK: Duration = Duration::from_micros(500);

/// A ledger that knows so many peers by numbers.
///
/// # Panics
/// When the preset is wrong.
#[must_use]
pub fn ledger(peers: u64) -> Ledger<u64> {
    let room = usize::try_from(2 * peers).expect("they fit in memory");
    let config = presets::router().to_builder().capacity(room).build().expect("a preset with more room");
    Ledger::new("peers", config)
}

/// A selection of so many peers, each of which has been asked so often that one that never failed is in the best tier: it is told once
/// when one is in another.
fn peers(count: u64, succeeds: impl Fn(u64, u32) -> bool) -> Selection<u64> {
    let ledger = ledger(count);
    for peer in 0..count {
        for call in 0..ASKED {
            match succeeds(peer, call) {
                true => ledger.record_success(&peer, TOOK),
                false => ledger.record_failure(&peer),
            }
        }
    }
    let selection = Selection::new(&ledger, Config::default());
    selection.extend((0..count).map(|peer| (peer, ())));
    selection
}

fn picking(count: u64) -> Box<dyn Worker> {
    Box::new(Picking(peers(count, |_, _| true)))
}

struct Picking(Selection<u64>);

impl Worker for Picking {
    // Out of line, so that the loop is the same code wherever it is measured from.
    #[inline(never)]
    fn run(&mut self, calls: u64) {
        for _ in 0..calls {
            if let Ok(picked) = black_box(self.0.pick()) {
                picked.succeeded(TOOK);
            }
        }
    }

    fn twin(&self) -> Box<dyn Worker> {
        Box::new(Self(self.0.clone()))
    }

    fn check(&mut self) {
        self.0.pick().expect("nobody is bad").succeeded(TOOK);
    }
}

struct Top(Selection<u64>);

impl Worker for Top {
    #[inline(never)]
    fn run(&mut self, calls: u64) {
        for _ in 0..calls {
            black_box(self.0.ledger().top(10));
        }
    }

    fn twin(&self) -> Box<dyn Worker> {
        Box::new(Self(self.0.clone()))
    }

    fn check(&mut self) {
        assert_eq!(self.0.ledger().top(10).len(), 10, "there are ten good ones");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::allocations;

    #[test]
    fn f6_a_pick_and_its_record_allocate_nothing() {
        for path in ALL {
            let mut worker = (path.make)();
            worker.check();
            worker.run(500);
            assert_eq!(allocations(&mut *worker, 2_000), 0, "{}", path.name);
            worker.twin().check();
        }
        (TOP_10K.make)().check();
        (TOP_MIXED_10K.make)().check();
    }
}
