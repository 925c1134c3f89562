//! The owner's grip on the limits.

use super::line::Line;
use super::peer::Peer;
use super::shared::{PeerState, Shared};
use crate::Event;
use crate::observe::{Inline, Listen};
use buttress_core::bandwidth::{Config, Lane};
use std::fmt;
use std::hash::Hash;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

/// Limits with a name. Cheap to clone; every clone, every layer made from one, every service of those and every body that goes
/// through them share one state.
#[derive(Clone)]
pub struct Handle(pub(super) Arc<Shared>);

/// The kind of layer.
pub(super) const LAYER: &str = "bandwidth";

impl Handle {
    /// How many peers have debts of their own unless [`Handle::with_capacity`] says otherwise: with some 300 bytes each, 3 MiB.
    pub const DEFAULT_CAPACITY: NonZeroUsize = NonZeroUsize::new(10_000).expect("ten thousand is not zero");

    /// Limits with these settings. The name is for people and metrics; an application has as many as it has lines it names.
    #[must_use]
    pub fn new(name: &str, config: Config) -> Self {
        Self::with_capacity(name, config, Self::DEFAULT_CAPACITY)
    }

    /// The same for at most `peers` peers. When a new one finds no room, one goes that owes nothing, else one that owes less than
    /// half of its burst; where all owe more, new ones share one debt.
    #[must_use]
    pub fn with_capacity(name: &str, config: Config, peers: NonZeroUsize) -> Self {
        Self(Arc::new(Shared::new(name, config, peers)))
    }

    /// Whether both are one.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.0.site.name
    }

    /// The settings as they are now.
    #[must_use]
    pub fn config(&self) -> Config {
        self.0.config()
    }

    /// Changes the settings, also for bodies under way and for those that wait. What passed stays so: a debt is so many bytes,
    /// and is worked off at the new rate from now on. Where there is no limit any more, there is no debt.
    pub fn set(&self, config: Config) {
        self.0.set(config);
    }

    /// The debts of the peer `key`, made if there are none. Keys are not kept: a peer is known by 64 bits of a keyed hash, so
    /// that a `str` and the same `String` are one, and a million of them share one with odds of one in thirty million.
    #[must_use]
    pub fn peer<K: Hash + ?Sized>(&self, key: &K) -> Peer {
        Peer(self.line_of(Some(self.0.peer(key))))
    }

    /// All of it at one instant.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.0.snapshot()
    }

    /// Forgets all debts, those of peers too. Who waits is asked again at once. What was counted stays.
    pub fn reset(&self) {
        self.0.reset();
    }

    /// Calls `hear` with everything that has to wait, on the thread on which that happens. A panic in it is caught and
    /// counted ([`Handle::listener_panics`]).
    pub fn on_event(&self, hear: impl Fn(&Event) + Send + Sync + 'static) {
        self.listen(Arc::new(Inline(hear)));
    }

    /// How often a listener panicked.
    #[must_use]
    pub fn listener_panics(&self) -> u64 {
        self.0.listeners.panics()
    }

    pub(super) fn listen(&self, listener: Arc<dyn Listen>) {
        self.0.listeners.push(listener, || {});
    }

    pub(super) fn line(&self) -> Line {
        self.line_of(None)
    }

    fn line_of(&self, peer: Option<Arc<PeerState>>) -> Line {
        Line { shared: Arc::clone(&self.0), peer }
    }
}

/// What passes in a [`Handle`] counts for all peers together, in a [`Peer`] also for that one.
macro_rules! passes {
    ($of:ident) => {
        impl $of {
            /// Lets all of `bytes` pass if there is room for them and nobody waits for it, and says whether it did. It takes all
            /// of them or nothing, from every limit there is, and never waits. What is larger than the burst passes where there
            /// is no debt at all.
            #[must_use = "without room nothing has passed"]
            pub fn try_consume(&self, direction: super::Direction, bytes: u64) -> bool {
                self.line().try_consume(direction, bytes)
            }

            /// Lets `bytes` pass whatever the debt is, and returns how long until there is room again: for what passed already.
            pub fn consume(&self, direction: super::Direction, bytes: u64) -> std::time::Duration {
                self.line().consume(direction, bytes)
            }

            /// Lets all of `bytes` pass, in parts, each when its turn comes. What passed until this is dropped has passed; the
            /// rest, and its turn, is given up.
            pub async fn pass(&self, direction: super::Direction, bytes: u64) {
                self.line().pass(direction, bytes).await;
            }

            /// `body`, shaped from now on.
            #[cfg(feature = "http")]
            #[must_use]
            pub fn shape<B>(&self, direction: super::Direction, body: B) -> super::ShapedBody<B> {
                super::ShapedBody::new(body, Some(self.line()), direction)
            }
        }
    };
}
pub(super) use passes;

passes!(Handle);

/// Limits of their own, without a name.
impl From<Config> for Handle {
    fn from(config: Config) -> Self {
        Self::new("", config)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("name", &self.name())
            .field("config", &self.config())
            .finish_non_exhaustive()
    }
}

/// How the limits stood at one instant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// Its name.
    pub name: &'static str,
    /// What callers send.
    pub upload: Lane,
    /// What callers receive.
    pub download: Lane,
    /// How long one refill takes.
    pub refill_interval: Duration,
    /// How many peers have debts of their own.
    pub peers: usize,
    /// How many can have.
    pub capacity: usize,
    /// How many had to go so that another could have its own.
    pub evicted: u64,
    /// How often a peer was given the debt that those without room share.
    pub overflowed: u64,
}
