//! Looks at all peers side by side, a slice of them with each pick.

use super::Config;
use super::standing::Standing;
use super::verdict::{Rule, Tally, outliers};
use crate::Tick;
use crate::sync::{AtomicU64, Mutex, Ordering, try_lock};

/// How many of them one pick counts: some microseconds' worth.
const SLICE: usize = 256;

/// One that a detector looks at.
pub(crate) trait Watched {
    /// How many of its calls ended in all, and how many of those failed. They may wrap around.
    fn calls(&self) -> (u32, u32);

    /// Whether it is left out.
    fn is_ejected(&self, now: Tick) -> bool;

    /// It is left out until then. Called when nobody waits for the detector, as those who are told may ask anything of it.
    fn eject(&self, by: Rule, until: Tick, now: Tick);

    /// What the detector remembers of it.
    fn standing(&self) -> &Standing;
}

/// The rules, and how far a look at all of them has come.
#[derive(Debug)]
pub(crate) struct Detector {
    config: Config,
    /// When the next look is due, in nanoseconds.
    due: AtomicU64,
    look: Mutex<Look>,
}

/// A look at all of them, under way.
#[derive(Debug)]
struct Look {
    /// How many intervals there were, from 1 on.
    interval: u32,
    /// Which list it looks at. A later one has a higher number.
    list: u64,
    /// As many as were looked at, in their order.
    tallies: Vec<Tally>,
}

impl Detector {
    /// The first look, which judges nobody, is due at once: what happened before is nobody's interval.
    pub(crate) fn new(config: Config) -> Self {
        let look = Look { interval: 1, list: 0, tallies: Vec::new() };
        Self { config, due: AtomicU64::new(0), look: Mutex::new(look) }
    }

    /// Whether it is time to go on looking.
    #[inline]
    pub(crate) fn is_due(&self, now: Tick) -> bool {
        let due = self.due.load(Ordering::Relaxed);
        // Further ahead than it was ever set: the clock was put back.
        now.as_nanos() >= due || due > (now + self.config.interval).as_nanos()
    }

    /// Goes on looking at the list of this version if it is time to, and nobody else does.
    #[inline]
    pub(crate) fn look<W: Watched>(&self, version: u64, peers: &[W], now: Tick) {
        if self.is_due(now) {
            self.go_on(version, peers, now);
        }
    }

    #[cold]
    fn go_on<W: Watched>(&self, version: u64, peers: &[W], now: Tick) {
        for (place, rule, until) in self.outliers(version, peers, now) {
            peers[place].eject(rule, until, now);
        }
    }

    /// Counts some more: those that are to be left out once all of them are counted, and until when.
    fn outliers<W: Watched>(&self, version: u64, peers: &[W], now: Tick) -> Vec<(usize, Rule, Tick)> {
        let Some(mut look) = try_lock(&self.look) else { return Vec::new() };
        let Look { interval, list, tallies } = &mut *look;
        if version < *list {
            // Whoever read that is late.
            return Vec::new();
        }
        if version > *list {
            // There are others now, in other places.
            *list = version;
            tallies.clear();
        }
        for peer in peers.iter().skip(tallies.len()).take(SLICE) {
            tallies.push(peer.standing().count(*interval, peer.calls(), peer.is_ejected(now)));
        }
        if tallies.len() < peers.len() {
            return Vec::new();
        }
        let found = outliers(&self.config, tallies);
        tallies.clear();
        // Zero is for those that nobody looked at yet.
        *interval = interval.checked_add(1).unwrap_or(1);
        self.due.store((now + self.config.interval).as_nanos(), Ordering::Relaxed);
        let out =
            |(place, rule): (usize, Rule)| (place, rule, peers[place].standing().eject(&self.config, now));
        found.into_iter().map(out).collect()
    }
}
