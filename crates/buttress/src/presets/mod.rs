//! The numbers of whole stacks by the name of where they come from.
//!
//! ```
//! use buttress::{Stack, presets};
//!
//! let sui = presets::by_name("walgit/sui")?;
//! let stack = Stack::new("sui").preset(&sui).operation("execute");
//! assert_eq!(
//!     presets::by_name("walgit/siu").unwrap_err().closest(),
//!     Some("walgit/sui"),
//! );
//! # let _ = stack;
//! # Ok::<_, buttress::BoxError>(())
//! ```
//!
//! What a source leaves open is off: set it beside. [`Preset`] has public fields, so that the numbers of a configuration go
//! before those of the preset, and those of a call, given to the [`Stack`](crate::Stack), before both.
//!
//! | name | breaker | where | retries | limits |
//! |---|---|---|---|---|
//! | `default` | [default](crate::Config::default) | per attempt | [default](crate::retry::Config::default) | 5 s an attempt, 30 s in all; [as many at a time](crate::bulkhead::adaptive_limit::Config::default) as the peer bears |
//! | `walgit/sui` | 5 in a row, 30 s | outside | [`walgit`](crate::retry::presets::walgit) | |
//! | `walgit/walrus` | 3 in a row, 20 s | outside | the same | |
//! | `walgit/network` | 4 in a row, 25 s | outside | the same | |
//! | `network_recovery` | 3 in 120 s, 60 s | outside | [`network_recovery`](crate::retry::presets::network_recovery) | |
//! | `network_recovery/api_client` | 5 in 120 s, 120 s | outside | [`api_client`](crate::retry::presets::api_client) | |
//! | `network_recovery/registry` | 3 in 120 s, 180 s | outside | [`registry`](crate::retry::presets::registry) | 5 min an attempt |
//! | `dwcp`, `dwcp/production` | 5 in a row, 60 s | outside | [`dwcp`](crate::retry::presets::dwcp) | 30 s in all |
//! | `dwcp/development` | 3 in a row, 30 s | outside | the same | 10 s in all |
//! | `dwcp/all` | 5 in a row, 60 s | outside | the same | 30 s in all; 1,000 attempts a second, 100 at once; 100 at a time, 50 wait for up to 5 s; [three objectives](crate::error_budget::presets) |
//! | `dwcp/network` | | | [`network`](crate::retry::presets::network) | |
//! | `dwcp/database` | | | [`database`](crate::retry::presets::database) | |
//! | `python` | 5 in a row, 60 s | per attempt | [`python_framework`](crate::retry::presets::python_framework) | |
//! | `python/http` | 5 in a row, 60 s | per attempt | [`python_http`](crate::retry::presets::python_http) | |
//! | `python/database` | 3 in a row, 30 s | per attempt | [`python_database`](crate::retry::presets::python_database) | |
//! | `python/file` | | | [`file`](crate::retry::presets::file) | |
//! | `python/subprocess` | | | [`subprocess`](crate::retry::presets::subprocess) | |

mod default;
pub mod dwcp;
pub mod network_recovery;
pub mod python;
pub mod walgit;

pub use default::default;

use crate::bulkhead::adaptive_limit;
use crate::registry::UnknownName;
use crate::{bulkhead, circuit_breaker, error_budget, rate_limit, retry};
use std::time::Duration;

/// The numbers of a stack. What is `None` is off.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Preset {
    /// The name it is known by.
    pub name: &'static str,
    /// What is promised to callers: objectives, each by a name of its own.
    pub error_budget: Option<&'static [(&'static str, error_budget::Config)]>,
    /// Where the breaker stands.
    pub order: Order,
    /// When the breaker opens and closes.
    pub circuit_breaker: Option<circuit_breaker::Config>,
    /// How often to try, and how long to wait between.
    pub retry: Option<retry::Config>,
    /// How many attempts a second there may be.
    pub rate_limit: Option<rate_limit::Config>,
    /// How many attempts may be under way at a time.
    pub bulkhead: Option<Places>,
    /// The limit of a call with all its attempts.
    pub deadline: Option<Duration>,
    /// The limit of an attempt.
    pub timeout: Option<Duration>,
}

/// How many attempts may be under way at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Places {
    /// Always as many.
    Fixed(bulkhead::Config),
    /// As many as the peer is found to bear.
    Adaptive(adaptive_limit::Config),
}

/// Where the breaker of a stack stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Around all attempts: a call that fails in all of them is one failure.
    BreakerOutside,
    /// Before each attempt: each that fails is one failure, and what one finds out the next one knows.
    BreakerPerAttempt,
}

impl Preset {
    const fn new(name: &'static str, order: Order) -> Self {
        Self {
            name,
            error_budget: None,
            order,
            circuit_breaker: None,
            retry: None,
            rate_limit: None,
            bulkhead: None,
            deadline: None,
            timeout: None,
        }
    }

    const fn error_budget(mut self, objectives: &'static [(&'static str, error_budget::Config)]) -> Self {
        self.error_budget = Some(objectives);
        self
    }

    const fn breaker(mut self, config: circuit_breaker::Config) -> Self {
        self.circuit_breaker = Some(config);
        self
    }

    const fn retry(mut self, config: retry::Config) -> Self {
        self.retry = Some(config);
        self
    }

    const fn rate_limit(mut self, config: rate_limit::Config) -> Self {
        self.rate_limit = Some(config);
        self
    }

    const fn bulkhead(mut self, places: Places) -> Self {
        self.bulkhead = Some(places);
        self
    }

    const fn deadline(mut self, limit: Duration) -> Self {
        self.deadline = Some(limit);
        self
    }

    const fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }
}

/// All of them.
const ALL: [fn() -> Preset; 18] = [
    default,
    walgit::sui,
    walgit::walrus,
    walgit::network,
    network_recovery::default,
    network_recovery::api_client,
    network_recovery::registry,
    dwcp::default,
    dwcp::production,
    dwcp::development,
    dwcp::all,
    dwcp::network,
    dwcp::database,
    python::default,
    python::http,
    python::database,
    python::file,
    python::subprocess,
];

/// The names there are.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|preset| preset().name)
}

/// The preset of this name.
///
/// # Errors
/// [`UnknownName`], which says what was probably meant, and what there is.
pub fn by_name(name: &str) -> Result<Preset, UnknownName> {
    let unknown =
        || UnknownName { kind: "preset", name: name.to_owned(), known: names().map(str::to_owned).collect() };
    ALL.iter().map(|preset| preset()).find(|preset| preset.name == name).ok_or_else(unknown)
}
