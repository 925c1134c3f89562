//! The breaker of a peer against an oracle, its rows, and settings that cannot work.

mod oracle;
mod rows;
mod settings;
mod window;

use super::compact::{Compact, Rules};
use super::word::Word;
use super::{Builder, Config, State};
use crate::peer::{Change, Changes, Cold};
use buttress_core::Tick;
use std::time::Duration;

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A breaker, its cold things and a clock.
struct Rig {
    breaker: Compact,
    cold: Cold,
    config: Config,
    now: Tick,
    told: Vec<Change>,
}

impl Rig {
    fn new(config: Config) -> Self {
        let now = Tick::from_nanos(1_000_000_000_000);
        Self { breaker: Compact::new(), cold: Cold::default(), config, now, told: Vec::new() }
    }

    fn built(change: impl FnOnce(Builder) -> Builder) -> Self {
        Self::new(change(Config::builder()).build().expect("a setting that works"))
    }

    fn rules(&self) -> Rules<'_> {
        Rules { config: &self.config, seed: 7 }
    }

    fn ask(&mut self) -> Result<Word, Duration> {
        let mut changes = Changes::default();
        let asked = self.breaker.admit(self.rules(), &self.cold, self.now, &mut changes);
        self.told.extend(changes.told());
        asked
    }

    fn end(&mut self, ticket: Word, failed: bool) {
        let mut changes = Changes::default();
        self.breaker.settle(self.rules(), &self.cold, ticket, failed, self.now, &mut changes);
        self.told.extend(changes.told());
    }

    fn judge(&mut self, failed: bool) {
        let mut changes = Changes::default();
        self.breaker.judge(self.rules(), &self.cold, failed, self.now, &mut changes);
        self.told.extend(changes.told());
    }

    fn reset(&mut self) {
        let mut changes = Changes::default();
        self.breaker.reset(&mut self.cold.lock(), &mut changes);
        self.told.extend(changes.told());
    }

    /// A whole call.
    fn call(&mut self, failed: bool) -> bool {
        let ticket = self.ask();
        let admitted = ticket.is_ok();
        if let Ok(ticket) = ticket {
            self.end(ticket, failed);
        }
        admitted
    }

    /// Fails until it is open.
    fn open(&mut self) {
        while self.breaker.state() == State::Closed {
            self.call(true);
        }
    }

    fn pass(&mut self, time: Duration) {
        self.now = self.now + time;
    }
}
