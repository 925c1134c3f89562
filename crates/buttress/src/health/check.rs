//! What there is to look at.

use super::Found;
use super::look::look_at;
use crate::circuit_breaker::{self, State};
use crate::registry::Verdict;
use crate::{BoxError, InvalidConfig};
use std::fmt;
use std::ops::RangeInclusive;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// Something to look at, by name. It is looked at by a [`Monitor`](super::Monitor), each time for as long as that allows.
#[derive(Clone)]
pub struct Check {
    pub(super) name: Arc<str>,
    pub(super) probe: Arc<dyn Probe>,
}

/// How it is looked at. `within` is how long that may take, and is kept by who asks; it is for those who ask others.
pub(super) trait Probe: Send + Sync {
    fn look(&self, within: Duration) -> Looking;
}

pub(super) type Looking = Pin<Box<dyn Future<Output = Found> + Send>>;

impl Check {
    /// Looks by `look`, which says itself what it found.
    ///
    /// It must not block its thread, as any future.
    pub fn new<F, Fut>(name: &str, look: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Found> + Send + 'static,
    {
        Self { name: name.into(), probe: Arc::new(Function(look)) }
    }

    /// Healthy if `ping` succeeds, unhealthy if it fails. A ping that a layer refused and did not send, as one through a
    /// breaker that is open, is neither: it says nothing of the peer.
    pub fn ping<F, Fut, E>(name: &str, ping: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<BoxError>,
    {
        Self::new(name, move || {
            let ping = ping();
            async move { ping.await.into() }
        })
    }

    /// Healthy while `value` lies within `bounds`, both of which belong to it; not a number lies in none.
    ///
    /// ```
    /// use buttress::health::Check;
    ///
    /// let load = Check::threshold("cpu", || 42.0, 0.0..=80.0)?;
    /// assert!(Check::threshold("cpu", || 42.0, 80.0..=0.0).is_err());
    /// # drop(load);
    /// # Ok::<_, buttress::InvalidConfig>(())
    /// ```
    ///
    /// # Errors
    /// No value lies within the bounds.
    pub fn threshold(
        name: &str,
        value: impl Fn() -> f64 + Send + Sync + 'static,
        bounds: RangeInclusive<f64>,
    ) -> Result<Self, InvalidConfig> {
        if bounds.is_empty() {
            let given = format!("{} to {}", bounds.start(), bounds.end());
            return Err(InvalidConfig::new("bounds", given, "a number to one that is no less"));
        }
        Ok(Self::new(name, move || {
            let value = value();
            let found = if bounds.contains(&value) {
                Found::Healthy
            } else {
                Found::Unhealthy(format!("{value} is not within {} to {}", bounds.start(), bounds.end()))
            };
            std::future::ready(found)
        }))
    }

    /// Healthy while all of `parts` are. They are looked at in parallel, each with a deadline of its own, and the first of those
    /// that are worst says what is wrong, by name.
    pub fn all(name: &str, parts: impl IntoIterator<Item = Self>) -> Self {
        Self { name: name.into(), probe: Arc::new(Several(parts.into_iter().collect())) }
    }

    /// What the traffic through a breaker says: degraded while it is half-open or due to be, unhealthy while it is open. It has
    /// the name of the breaker.
    #[must_use]
    pub fn breaker(handle: &circuit_breaker::Handle) -> Self {
        let watched = handle.clone();
        Self::new(handle.name(), move || std::future::ready(of_breaker(&watched)))
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

fn of_breaker(handle: &circuit_breaker::Handle) -> Found {
    let snapshot = handle.snapshot();
    let why = || match snapshot.state {
        State::Open => "the breaker is open".to_owned(),
        state => format!("the breaker is {state}"),
    };
    match Verdict::of_snapshot(&snapshot) {
        Verdict::Healthy => Found::Healthy,
        Verdict::Degraded => Found::Degraded(why()),
        Verdict::Unhealthy => Found::Unhealthy(why()),
    }
}

struct Function<F>(F);

impl<F, Fut> Probe for Function<F>
where
    F: Fn() -> Fut + Send + Sync,
    Fut: Future<Output = Found> + Send + 'static,
{
    fn look(&self, _: Duration) -> Looking {
        Box::pin((self.0)())
    }
}

struct Several(Arc<[Check]>);

impl Probe for Several {
    fn look(&self, within: Duration) -> Looking {
        let parts = Arc::clone(&self.0);
        Box::pin(async move {
            // Given up, it takes its parts along.
            let mut looking = JoinSet::new();
            for (number, part) in parts.iter().enumerate() {
                let probe = Arc::clone(&part.probe);
                looking.spawn(async move { (number, look_at(probe, within).await) });
            }
            let mut found = Vec::with_capacity(parts.len());
            while let Some(ended) = looking.join_next().await {
                // A panic of a part is caught where it is looked at.
                found.extend(ended);
            }
            found.sort_unstable_by_key(|(number, _)| *number);
            let found =
                found.into_iter().map(|(number, look)| look.into_found().of_part(&parts[number].name));
            // Of equals, the first.
            found
                .reduce(|worst, next| if badness(&next) > badness(&worst) { next } else { worst })
                .unwrap_or(Found::Healthy)
        })
    }
}

const fn badness(found: &Found) -> u8 {
    match found {
        Found::Healthy => 0,
        Found::Unknown(_) => 1,
        Found::Degraded(_) => 2,
        Found::Unhealthy(_) => 3,
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check").field("name", &self.name).finish_non_exhaustive()
    }
}
