//! What there is to look at.

use super::Found;
use super::look::{Look, bounded};
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

/// How it is looked at. It ends within the given time, and does not panic.
pub(super) trait Probe: Send + Sync {
    fn look(self: Arc<Self>, within: Duration) -> Looking;
}

pub(super) type Looking = Pin<Box<dyn Future<Output = Look> + Send>>;

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
            std::future::ready(if bounds.contains(&value) {
                Found::Healthy
            } else {
                Found::Unhealthy(format!(
                    "{value:?} is not within {:?} to {:?}",
                    bounds.start(),
                    bounds.end()
                ))
            })
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
    F: Fn() -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Found> + Send + 'static,
{
    fn look(self: Arc<Self>, within: Duration) -> Looking {
        Box::pin(bounded(async move { (self.0)().await }, within))
    }
}

struct Several(Vec<Check>);

impl Probe for Several {
    /// It waits for parts alone, each of which ends in time.
    fn look(self: Arc<Self>, within: Duration) -> Looking {
        Box::pin(async move {
            // Given up, it takes its parts along.
            let mut looking = JoinSet::new();
            for (number, part) in self.0.iter().enumerate() {
                let look = Arc::clone(&part.probe).look(within);
                looking.spawn(async move { (number, look.await.into_found()) });
            }
            let mut found = looking.join_all().await;
            found.sort_unstable_by_key(|(number, _)| *number);
            // Of equals, the first.
            let worst = found
                .into_iter()
                .reduce(|worst, next| if badness(&next.1) > badness(&worst.1) { next } else { worst });
            let worst = worst.map(|(number, found)| found.of_part(&self.0[number].name));
            Look::Found(worst.unwrap_or(Found::Healthy))
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
