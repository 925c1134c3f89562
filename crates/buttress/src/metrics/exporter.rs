//! What is exported, under which names.

use super::collect::{Scope, collect};
#[cfg(feature = "metrics")]
use super::facade::Facade;
use super::memory::Memory;
use super::text::encode;
use crate::InvalidConfig;
use crate::registry::{Registry, Status};
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// Exports how the members of a [`Registry`] stand and what they count: as [text](Exporter::render) for Prometheus, and with
/// feature `metrics` into the [recorder](Exporter::publish) of that facade.
///
/// Make one and keep it: it remembers what it exported, so that no counter goes down.
pub struct Exporter {
    registry: Registry,
    namespace: String,
    scope: Scope,
    memory: Mutex<Memory>,
    #[cfg(feature = "metrics")]
    facade: Mutex<Facade>,
}

/// Settings on their way to an [`Exporter`]; checked by [`Builder::build`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct Builder {
    registry: Registry,
    namespace: String,
    scope: Scope,
}

impl Exporter {
    /// The type of what [`Exporter::render`] writes, for the header of the answer.
    pub const CONTENT_TYPE: &'static str = "text/plain; version=0.0.4; charset=utf-8";

    /// Exports what is in `registry`, under the namespace `buttress`.
    #[must_use]
    pub fn new(registry: Registry) -> Self {
        Self::of(Self::builder(registry))
    }

    /// Starts with what [`Exporter::new`] does.
    pub fn builder(registry: Registry) -> Builder {
        let scope = Scope { per_state: false, top_keys: 20 };
        Builder { registry, namespace: "buttress".to_owned(), scope }
    }

    fn of(Builder { registry, namespace, scope }: Builder) -> Self {
        Self {
            registry,
            namespace,
            scope,
            memory: Mutex::default(),
            #[cfg(feature = "metrics")]
            facade: Mutex::default(),
        }
    }

    /// Everything in Prometheus' text format, as it stands now.
    #[must_use]
    pub fn render(&self) -> String {
        // Asked under the lock, so that who renders later shows what is no older.
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let series = collect(&self.status(self.scope), self.scope, &mut memory);
        drop(memory);
        encode(&self.namespace, &series)
    }

    /// Writes everything into the recorder of the `metrics` facade, as it stands now. Call it before that recorder is read:
    /// just before it renders, or every few seconds where it listens itself. Install the recorder before the first time.
    ///
    /// Recorders hardly ever forget a series, so keys have none of their own here: a keyed breaker's calls are all those of
    /// the key `other`. Gauges of a member that has left the registry are set to zero. The facade takes durations one by one:
    /// it gets each in the bucket it was recorded in, and such that the sum is right. For the same buckets in a recorder,
    /// give it the same bounds.
    ///
    /// Counters go on there when another member takes over a name, and each call is added once, also if a member leaves and
    /// returns; only one that returns after 128 others have left is taken for new. What a member counted since the last time
    /// is not added once it has left, unless it returns: to have it, publish before removing.
    #[cfg(feature = "metrics")]
    pub fn publish(&self) {
        let scope = Scope { top_keys: 0, ..self.scope };
        let mut facade = self.facade.lock().unwrap_or_else(PoisonError::into_inner);
        facade.publish(&self.namespace, &self.status(scope), scope);
    }

    /// With two keys more, as two names cannot be those of a series.
    fn status(&self, scope: Scope) -> Status {
        self.registry.status_with_keys(scope.top_keys.saturating_add(2))
    }
}

impl Builder {
    /// Stands before the name of every metric, and may be empty. Default `buttress`.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// Exports besides, without the namespace, `circuit_breaker_state{peer,state}` with one series for each state, and the sum
    /// `circuit_breaker_trips_total`. Default `false`. Not with an empty namespace, as the names would be the same.
    pub const fn per_state(mut self, per_state: bool) -> Self {
        self.scope.per_state = per_state;
        self
    }

    /// How many keys of each keyed breaker have series of their own: those with the most failures. The others are together in
    /// the key `other`. Default 20: with 8 series each that is what a dashboard shows and a Prometheus does not notice.
    pub const fn top_keys(mut self, keys: usize) -> Self {
        self.scope.top_keys = keys;
        self
    }

    /// The exporter, if the settings go together.
    ///
    /// # Errors
    /// The namespace holds characters that Prometheus refuses in names, or two metrics would have the same name.
    pub fn build(self) -> Result<Exporter, InvalidConfig> {
        let mut bytes = self.namespace.bytes();
        let starts = bytes.next().is_none_or(|first| first.is_ascii_alphabetic() || first == b'_');
        if !starts || !bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            let allowed = "letters, digits and underscores, not beginning with a digit";
            return Err(InvalidConfig::new("namespace", format_args!("{:?}", self.namespace), allowed));
        }
        if self.namespace.is_empty() && self.scope.per_state {
            let allowed =
                "only with a namespace, as both shapes of circuit_breaker_state would have that name";
            return Err(InvalidConfig::new("per_state", "true without a namespace", allowed));
        }
        Ok(Exporter::of(self))
    }
}

impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exporter")
            .field("namespace", &self.namespace)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}
