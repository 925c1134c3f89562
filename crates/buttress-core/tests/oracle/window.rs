//! A window as a list of the calls in it.

use buttress_core::circuit_breaker::Window;

#[derive(Clone, Copy, Debug, PartialEq)]
enum What {
    Good,
    Bad,
    Slow,
}

/// The calls that ended, each under the epoch it counts for.
#[derive(Debug)]
pub(crate) struct RollingWindow {
    rule: Window,
    ended: Vec<(What, u64)>,
    /// The latest epoch that each of the ten buckets has seen, of each kind.
    latest: [[u64; 10]; 3],
    calls: u64,
}

impl RollingWindow {
    pub(crate) const fn new(rule: Window) -> Self {
        Self { rule, ended: Vec::new(), latest: [[0; 10]; 3], calls: 0 }
    }

    /// The width of a bucket, and how many of them are the window.
    const fn buckets(&self) -> (u64, u64) {
        match self.rule {
            Window::Time(length) => (length.as_nanos() as u64 / 10, 10),
            Window::Calls(calls) if calls <= 10 => (1, calls as u64),
            Window::Calls(calls) => {
                let width = (calls as u64).div_ceil(9);
                (width, (calls as u64).div_ceil(width) + 1)
            }
        }
    }

    fn epoch(&self, now: u64) -> u64 {
        let (width, _) = self.buckets();
        let position = if let Window::Calls(_) = self.rule { self.calls } else { now };
        ((u128::from(position) * u128::from(u64::MAX / width)) >> 64) as u64
    }

    pub(crate) fn add(&mut self, bad: bool, slow: bool, now: u64) {
        self.calls += 1;
        let epoch = self.epoch(now);
        let kinds = [Some(if bad { What::Bad } else { What::Good }), slow.then_some(What::Slow)];
        for what in kinds.into_iter().flatten() {
            let latest = &mut self.latest[what as usize][(epoch % 10) as usize];
            if epoch > *latest {
                // A new lap: what the bucket held is gone, also should the clock go back.
                *latest = epoch;
                self.ended.retain(|(old, at)| *old != what || at % 10 != epoch % 10);
            }
            // A call from before the latest lap counts where it arrives.
            self.ended.push((what, *latest));
        }
    }

    /// Calls, failures and slow calls.
    pub(crate) fn sums(&self, now: u64) -> (u64, u64, u64) {
        let (newest, (_, span)) = (self.epoch(now), self.buckets());
        let inside =
            |what| self.ended.iter().filter(|(kind, at)| *kind == what && at + span > newest).count() as u64;
        (inside(What::Good) + inside(What::Bad), inside(What::Bad), inside(What::Slow))
    }

    pub(crate) fn forget_failures(&mut self) {
        self.ended.retain(|(what, _)| *what != What::Bad);
    }

    pub(crate) fn clear(&mut self) {
        self.ended.clear();
    }
}
