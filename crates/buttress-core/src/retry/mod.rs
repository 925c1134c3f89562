//! Retry: whether and when to try again, and how much of that the peer is asked to bear.
//!
//! Three decisions, each without a clock, dice or a sleep. [`Config`] says how many attempts a call has and how long to wait
//! before each: [`Config::delay`] grows ([`Backoff`]) and spreads ([`Jitter`]) the wait, [`Config::wait`] heeds what the
//! server asked for. [`Budget`] is shared by many calls and says whether the peer can bear one more try. Why there is none is
//! a [`GiveUp`].
//!
//! # How long to wait
//!
//! Before retry *n* (1 before the second attempt) the plain delay is
//!
//! | backoff | delay | such as |
//! |---|---|---|
//! | [`Fixed`](Backoff::Fixed) | *d* | 1 s, 1 s, 1 s, 1 s |
//! | [`Linear`](Backoff::Linear) | *base* + (*n* − 1) · *increment* | 1 s, 2 s, 3 s, 4 s |
//! | [`Exponential`](Backoff::Exponential) | *base* · *factor* ^ (*n* − 1) | 1 s, 2 s, 4 s, 8 s |
//! | [`Fibonacci`](Backoff::Fibonacci) | *base* · fib(*n*) | 1 s, 1 s, 2 s, 3 s, 5 s |
//!
//! Clients that failed together would come back together, so the delay *d* is spread, by a `roll` from `0.0..1.0`. How well,
//! is how few of 1,000 clients come within the same 10 ms, when they fail at once and wait three times, for 200, 400 and 800 ms:
//!
//! | jitter | wait | most within 10 ms |
//! |---|---|---|
//! | [`None`](Jitter::None) | *d* | 1,000 |
//! | [`Additive`](Jitter::Additive)`(f)` | *d* … *d* · (1 + *f*) | 537 with a tenth |
//! | [`Symmetric`](Jitter::Symmetric)`(f)` | *d* · (1 − *f*) … *d* · (1 + *f*) | 291 with a tenth |
//! | [`Equal`](Jitter::Equal) | *d* / 2 … *d* | 132 |
//! | [`Full`](Jitter::Full), the default | 0 … *d* | 99 |
//! | [`Decorrelated`](Jitter::Decorrelated) | *base* … 3 · the wait before | 47, as it waits longer |
//!
//! Full, equal and decorrelated jitter and their names are from Amazon's study *Exponential Backoff And Jitter* (2015).
//!
//! No wait is longer than the cap. Full and equal jitter spread over what is left below it; were they capped afterwards, all
//! late waits would be the cap. Symmetric and additive jitter are capped afterwards, or before with
//! [`Builder::cap_before_jitter`], which lets a wait be longer than the cap by the share of the jitter.
//!
//! A server's hint (`Retry-After`) is a lower bound: no wait is shorter. A hint beyond [`Builder::max_hint`] is not cut, since
//! that would be to try too early: the call is over instead.
//!
//! # How much to ask of a peer
//!
//! Three attempts per call are three times the load for a peer that fails because of its load. A budget ties retries to
//! requests: by default a fifth of them, and one a second for those who make few. See [`budget`].
//!
//! ```
//! use buttress_core::Tick;
//! use buttress_core::retry::{Budget, Config, budget};
//! use std::time::Duration;
//!
//! let config = Config::default();
//! let budget = Budget::new(budget::Config::default(), Tick::ZERO);
//! let now = Tick::from_nanos(5_000_000);
//! budget.deposit(now);
//!
//! // The first attempt failed; the dice rolled the middle.
//! let delay = config.delay(1, Duration::ZERO, 0.5);
//! assert_eq!(delay, Duration::from_millis(25));
//! // The server asks for a second, which is more.
//! let wait = config.wait(delay, Some(Duration::from_secs(1)));
//! assert_eq!(wait, Some(Duration::from_secs(1)));
//! // And the peer can bear it.
//! assert!(budget.withdraw(now).is_some());
//! ```

mod backoff;
pub mod budget;
mod builder;
mod config;
mod difference;
mod give_up;
mod jitter;
pub mod presets;
mod words;

pub use backoff::Backoff;
pub use budget::Budget;
pub use builder::Builder;
pub use config::Config;
pub use give_up::GiveUp;
pub use jitter::Jitter;

#[cfg(all(test, not(buttress_loom)))]
mod tests;
