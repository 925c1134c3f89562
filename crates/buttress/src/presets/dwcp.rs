//! DWCP's Go package: the breaker is around the retries, and its operation timeout is over all of them.

use super::{Order, Places, Preset};
use crate::circuit_breaker::{self, presets};
use crate::error_budget::{self, presets as promises};
use crate::{bulkhead, rate_limit, retry};
use std::sync::LazyLock;
use std::time::Duration;

/// Its default.
#[must_use]
pub fn default() -> Preset {
    around("dwcp", presets::dwcp(), Duration::from_secs(30))
}

/// In production: the same numbers.
#[must_use]
pub fn production() -> Preset {
    around("dwcp/production", presets::dwcp(), Duration::from_secs(30))
}

/// While developing.
#[must_use]
pub fn development() -> Preset {
    around("dwcp/development", presets::dwcp_development(), Duration::from_secs(10))
}

/// All that its `ExecuteWithAllProtections` puts around a function. DWCP has the bulkhead around the breaker and the rate limit
/// around that, so that a call takes one token and one place for all its attempts and the waits between them. Here each attempt
/// takes them, as it is attempts that a peer bears: a retry counts for the rate, and who waits to try again keeps no place from
/// others.
///
/// ```
/// use buttress::{Stack, presets};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), buttress::BoxError> {
/// let stack = Stack::new("orders").preset(&presets::dwcp::all()).operation("submit");
/// assert_eq!(stack.run(|| async { Ok::<_, std::io::Error>(42) }).await?, 42);
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn all() -> Preset {
    around("dwcp/all", presets::dwcp(), Duration::from_secs(30))
        .rate_limit(rate_limit::presets::dwcp())
        .bulkhead(Places::Fixed(bulkhead::presets::dwcp()))
        .error_budget(&*OBJECTIVES)
}

/// What it promises, under the names it has for that.
static OBJECTIVES: LazyLock<[(&str, error_budget::Config); 3]> = LazyLock::new(|| {
    [
        ("slo-availability", promises::slo_availability()),
        ("slo-latency", promises::slo_latency()),
        ("p95-latency", promises::p95_latency()),
    ]
});

/// Its retries on the network.
#[must_use]
pub fn network() -> Preset {
    Preset::new("dwcp/network", Order::BreakerOutside).retry(retry::presets::network())
}

/// Its retries of a database.
#[must_use]
pub fn database() -> Preset {
    Preset::new("dwcp/database", Order::BreakerOutside).retry(retry::presets::database())
}

fn around(name: &'static str, breaker: circuit_breaker::Config, limit: Duration) -> Preset {
    let preset = Preset::new(name, Order::BreakerOutside).breaker(breaker);
    preset.retry(retry::presets::dwcp()).deadline(limit)
}
