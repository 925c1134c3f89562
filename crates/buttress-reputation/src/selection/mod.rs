//! Which peer to ask next: two are drawn at random, and the better one is asked.
//!
//! A [`Selection`] holds the peers that one may ask now, each with something of yours: a service, an address. What is known of
//! them, a [`Ledger`] knows. A [pick](Selection::pick) costs as much among ten thousand as among ten.
//!
//! # How it decides
//! Of the members that may be asked (no ban, no open breaker, not [tried](Tried) by this request, and not left out by a condition
//! of yours) two are drawn, each as likely as any other. The one that costs less is likely to be asked: one that costs as much
//! gets half of what a pair gets, twice as much a fifth, ten times as much a hundredth. The cost of a member is
//!
//! ```text
//!   what it took lately × (calls under way + 1) × 1.5 for each tier below the best
//! ```
//!
//! - What it took lately keeps to a high value and forgets it slowly, and not while calls are under way; a failure counts as a
//!   long time, as does an answer that says that it is asked too much ([`CostRules`](crate::CostRules)). So a peer that fails
//!   within a millisecond does not look quick, and neither does one that does not answer.
//! - Where both of the two cost about as much as a failure, one or two more are drawn.
//! - One of which nothing is known yet costs what the other one does, for each of its calls under way and for this one.
//! - One that is new or came back gets a share that grows, so that nobody falls upon it.
//! - One that nobody chose for a while is asked all the same, by a small share of the picks ([`Config::explore`]): so it is noticed
//!   that it is better by now.
//!
//! # When many are bad
//! | | |
//! |---|---|
//! | no members | [`NoPeer`] says that it is [empty](NoPeer::empty) |
//! | more are banned or ejected than [`Config::max_ejected`] | those that are too many are asked all the same, the newest members first |
//! | fewer remain than [`Config::panic_threshold`] | bans and ejections are ignored altogether |
//! | all breakers are open | [`NoPeer`] with the time after which the first one takes a probe |
//!
//! How many are banned or ejected is counted ten times a second, and before it is said that there is nobody. Of up to 64 members
//! none is overlooked; of more, eight draws and 64 side by side are looked at before it is said that nobody may be asked.
//!
//! # Example
//! ```
//! use buttress_reputation::selection::{Config, NoPeer, Selection, Tried};
//! use buttress_reputation::{FailureKind, Ledger, presets};
//! use std::time::Duration;
//!
//! # fn main() -> Result<(), NoPeer> {
//! let ledger = Ledger::<String>::new("mirrors", presets::router());
//! let mirrors = Selection::new(&ledger, Config::default());
//! assert!(mirrors.pick().unwrap_err().empty);
//! mirrors.insert("a.example".to_owned(), 8080);
//! mirrors.insert("b.example".to_owned(), 8080);
//!
//! let tried = Tried::new();
//! let first = mirrors.pick_except(&tried)?;
//! tried.add(first.number());
//! let failed = first.key().clone();
//! first.failed(FailureKind::Timeout);
//!
//! let second = mirrors.pick_except(&tried)?;
//! assert_ne!(*second.key(), failed);
//! second.succeeded(Duration::from_millis(12));
//! # Ok(())
//! # }
//! ```

mod choice;
mod config;
mod fleet;
mod list;
mod member;
mod members;
mod no_peer;
mod pick;
mod picked;
mod quick;
mod tried;
#[cfg(feature = "tower")]
mod waiters;

pub use config::Config;
pub use no_peer::NoPeer;
pub use picked::Picked;
pub use tried::Tried;
#[cfg(feature = "tower")]
pub(crate) use waiters::{Waiters, Waits};

use crate::Ledger;
use crate::outlier::Detector;
use crate::sync::Mutex;
use choice::Prices;
use fleet::Fleet;
use list::List;
use member::Member;
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

/// The peers that one may ask now, and which of them to ask next; see the [module](self).
///
/// A handle: its clones share the members. Calls that are under way to a member that is taken out go on, and count.
pub struct Selection<K, T = ()>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
{
    shared: Arc<Shared<K, T>>,
}

struct Shared<K, T>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
{
    ledger: Ledger<K>,
    config: Config,
    prices: Prices,
    list: List<Member<K, T>>,
    fleet: Fleet,
    /// Looks for those that do worse than the others, if the ledger has rules for that.
    detector: Option<Detector>,
    /// Held while the members change; a pick does not need it.
    by_key: Mutex<ByKey<K, T>>,
    #[cfg(feature = "tower")]
    waiters: Arc<Waiters>,
}

type ByKey<K, T> = HashMap<K, Arc<Member<K, T>>>;

impl<K, T> Selection<K, T>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
{
    /// Nobody yet, of those that `ledger` knows.
    #[must_use]
    pub fn new(ledger: &Ledger<K>, config: Config) -> Self {
        let (list, fleet, by_key) = (List::default(), Fleet::default(), Mutex::default());
        let detector = ledger.config().outlier().map(|rules| Detector::new(*rules));
        let prices = config.prices(ledger.config().cost().of_failure(None));
        Self {
            shared: Arc::new(Shared {
                ledger: ledger.clone(),
                config,
                prices,
                list,
                fleet,
                detector,
                by_key,
                #[cfg(feature = "tower")]
                waiters: Arc::default(),
            }),
        }
    }

    /// What is known of them.
    #[must_use]
    pub fn ledger(&self) -> &Ledger<K> {
        &self.shared.ledger
    }
}

impl<K, T> Clone for Selection<K, T>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
{
    /// Another handle on the same members.
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<K, T> fmt::Debug for Selection<K, T>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
{
    /// Without the members, which need not be printable.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ledger = self.shared.ledger.name();
        f.debug_struct("Selection").field("ledger", &ledger).field("len", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(all(test, not(buttress_loom)))]
mod tests;
