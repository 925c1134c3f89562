//! Which breaker peers have.

use super::Config;
use buttress_core::circuit_breaker;

/// Which breaker each peer has.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// None: what stands behind the peers has one, and one decides.
    Off,
    /// Calls and failures counted in a window, in five words.
    Compact(Config),
    /// The whole circuit breaker of the core, with its runs, slow calls and sharper window: about two kilobytes a peer.
    Full(circuit_breaker::Config),
}

impl Default for Kind {
    /// The compact one with its defaults.
    fn default() -> Self {
        Self::Compact(Config::default())
    }
}

impl From<Config> for Kind {
    fn from(config: Config) -> Self {
        Self::Compact(config)
    }
}

impl From<circuit_breaker::Config> for Kind {
    fn from(config: circuit_breaker::Config) -> Self {
        Self::Full(config)
    }
}
