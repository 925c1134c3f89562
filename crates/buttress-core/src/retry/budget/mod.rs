//! How many retries a peer has to bear: a share of the requests it gets.
//!
//! Each original request makes a deposit, each retry a withdrawal; a withdrawal whose retry is not sent is refunded. A budget
//! belongs to the peer, so all that call it share one.
//!
//! # The bound
//!
//! The usual form ([`Config::new`]) looks back over a window, by default 20 % of the requests in 10 s and one a second:
//!
//! > whenever a withdrawal is granted, it and those granted in the window before it, less refunds, are at most
//! > `ratio` × the deposits in that window + `per_second` × `window`.
//!
//! So over a time of any length, retries are at most `ratio` × requests + `per_second` × that time, and beyond it what one
//! window had in reserve when that time began. This holds for every window of real time, not only for those that begin with a
//! slot, and whatever threads do at the same time: the window is kept as ten slots and one more; a deposit counts for nine
//! slots and the part of the tenth that has passed, at most the window, and a withdrawal for ten and that part, at least the
//! window. Within that no withdrawal is refused for which there is room, except beside one that takes the room.
//!
//! The other form ([`Config::token_bucket`]) is a bucket of tokens, as in gRPC: one word, no time.
//!
//! Somebody who sees that matters are bad can have a share of this granted alone ([`Budget::limit_to`]), and all of it again
//! later: what was deposited meanwhile is not touched, so nothing is lost by it.
//!
//! A budget's time is the latest it was ever told. With a clock that goes back it stands still, and nothing expires, until the
//! clock has caught up.

mod bucket;
mod config;
mod snapshot;
mod window;

pub use config::Config;
pub use snapshot::Snapshot;

use crate::sync::{AtomicU64, Ordering};
use crate::{Ratio, Tick};
use bucket::Bucket;
use window::Window;

/// One whole token. Shares of it are counted in billionths, in which what people write in decimals is exact.
const TOKEN: u64 = 1_000_000_000;

/// The machine. Shared by reference or `Arc`; has no name and no clock, and takes no lock.
#[derive(Debug)]
pub struct Budget {
    config: Config,
    form: Form,
    /// How much of it is granted, in billionths.
    share: AtomicU64,
    withdrawn: AtomicU64,
    refused: AtomicU64,
    refunded: AtomicU64,
}

#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "budgets are few, and a box would be one more line to fetch for each call"
)]
enum Form {
    Window(Window),
    Bucket(Bucket),
}

/// A retry that was granted. Dropped, it stays withdrawn: [`Budget::refund`] it if it is not made after all.
#[derive(Debug)]
#[must_use = "refund it unless the retry is made"]
pub struct Withdrawal {
    /// The slot of time it was granted in; of a bucket, what it took.
    mark: u64,
}

impl Budget {
    /// A budget nobody has used yet.
    #[must_use]
    pub fn new(config: Config, now: Tick) -> Self {
        let form = match config.form {
            config::Form::Window { ratio, floor, slot } => Form::Window(Window::new(ratio, floor, slot, now)),
            config::Form::Bucket { max, ratio } => Form::Bucket(Bucket::new(max, ratio)),
        };
        let zero = || AtomicU64::new(0);
        let share = AtomicU64::new(TOKEN);
        Self { config, form, share, withdrawn: zero(), refused: zero(), refunded: zero() }
    }

    /// The settings.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Grants no more than this share of what it would grant otherwise, from now on; [`Ratio::ONE`] is all of it again. A bucket
    /// has a retry cost as much more. What was granted before stands, and a balance that is overdrawn by it is zero.
    pub fn limit_to(&self, share: Ratio) {
        self.share.store((share.get() * TOKEN as f64).round() as u64, Ordering::Relaxed);
    }

    /// An original request is made: once for each, whatever its attempts and the layers it goes through.
    #[inline]
    pub fn deposit(&self, now: Tick) {
        match &self.form {
            Form::Window(window) => window.deposit(now),
            Form::Bucket(bucket) => bucket.deposit(),
        }
    }

    /// Asks for a retry; `None` if there is no room for it now.
    pub fn withdraw(&self, now: Tick) -> Option<Withdrawal> {
        let share = self.share.load(Ordering::Relaxed);
        let granted = match &self.form {
            Form::Window(window) => window.withdraw(share, now),
            Form::Bucket(bucket) => bucket.withdraw(share),
        };
        let count = if granted.is_some() { &self.withdrawn } else { &self.refused };
        count.fetch_add(1, Ordering::Relaxed);
        granted.map(|mark| Withdrawal { mark })
    }

    /// Takes a withdrawal of this budget back, as its retry is not made.
    pub fn refund(&self, withdrawal: Withdrawal) {
        match &self.form {
            Form::Window(window) => window.refund(withdrawal.mark),
            Form::Bucket(bucket) => bucket.refund(withdrawal.mark),
        }
        self.refunded.fetch_add(1, Ordering::Relaxed);
    }

    /// Deposits since it was made; `None` for a bucket of tokens. Exact when none is under way, and never too many.
    #[must_use]
    pub fn deposits(&self) -> Option<u64> {
        match &self.form {
            Form::Window(window) => Some(window.lifetime()),
            Form::Bucket(_) => None,
        }
    }

    /// How it stands at `now`; changes nothing.
    #[must_use]
    pub fn snapshot(&self, now: Tick) -> Snapshot {
        let share = self.share.load(Ordering::Relaxed);
        let balance = match &self.form {
            Form::Window(window) => window.balance(share, now),
            Form::Bucket(bucket) => bucket.balance(share),
        };
        let deposits = self.deposits();
        let [withdrawn, refused, refunded] =
            [&self.withdrawn, &self.refused, &self.refunded].map(|count| count.load(Ordering::Relaxed));
        Snapshot { balance, deposits, withdrawn, refused, refunded }
    }
}
