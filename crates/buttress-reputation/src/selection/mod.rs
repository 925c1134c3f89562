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
mod no_peer;
mod picked;
mod quick;
mod tried;

pub use config::Config;
pub use no_peer::NoPeer;
pub use picked::Picked;
pub use tried::Tried;

use crate::outlier::Detector;
use crate::sync::{Mutex, lock};
use crate::{Ledger, Tick, clock, dice};
use choice::{Choice, Prices};
use fleet::Fleet;
use list::{List, Members};
use member::Member;
use std::borrow::Borrow;
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
            }),
        }
    }

    /// Puts in a peer, with what belongs to it. Where one was there by that name, what belonged to it goes; it keeps its
    /// [number](Picked::number), and what the ledger knows of it stays.
    pub fn insert(&self, key: K, value: T) {
        self.extend([(key, value)]);
    }

    /// The same with many at once, which takes less time than one by one.
    pub fn extend(&self, members: impl IntoIterator<Item = (K, T)>) {
        let ledger = &self.shared.ledger;
        let make = |(key, value)| Member::new(key, value, ledger);
        let made: Vec<_> = members.into_iter().map(make).collect();
        self.change(|by_key, list| {
            let mut replaced = false;
            for mut member in made {
                if let Some(before) = by_key.get(&member.key) {
                    // The same peer to those that it was tried by.
                    member.number = before.number;
                    replaced = true;
                }
                let member = Arc::new(member);
                by_key.insert(member.key.clone(), Arc::clone(&member));
                list.push(member);
            }
            if replaced {
                list.retain(|member| {
                    by_key.get(&member.key).is_some_and(|current| Arc::ptr_eq(current, member))
                });
            }
        });
    }

    /// Takes out a peer: whether it was there.
    pub fn remove<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.change(|by_key, list| {
            let Some(removed) = by_key.remove(key) else { return false };
            list.retain(|member| !Arc::ptr_eq(member, &removed));
            true
        })
    }

    /// The peers in here, in the order in which they came.
    #[must_use]
    pub fn keys(&self) -> Vec<K> {
        self.shared.list.read().iter().map(|member| member.key.clone()).collect()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shared.list.read().len()
    }

    /// Whether there is nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What is known of them.
    #[must_use]
    pub fn ledger(&self) -> &Ledger<K> {
        &self.shared.ledger
    }

    /// Whom to ask.
    ///
    /// # Errors
    /// There is nobody, or nobody may be asked now.
    #[inline]
    pub fn pick(&self) -> Result<Picked<K, T>, NoPeer> {
        self.pick_at(clock::now(), dice::roll(), |_| true)
    }

    /// Whom to ask of those that meet a condition: who has room, whose health is good. It is asked of some of them with each pick,
    /// so it is quick.
    ///
    /// # Errors
    /// There is nobody, or nobody of those may be asked now.
    #[inline]
    pub fn pick_where(&self, condition: impl Fn(&T) -> bool) -> Result<Picked<K, T>, NoPeer> {
        self.choose_where(|member| condition(&member.value))
    }

    /// Whom to ask of those that this request was not sent to yet.
    ///
    /// # Errors
    /// There is nobody, or nobody else may be asked now.
    #[inline]
    pub fn pick_except(&self, tried: &Tried) -> Result<Picked<K, T>, NoPeer> {
        self.pick_at(clock::now(), dice::roll(), |member| !tried.contains(member.number))
    }

    /// The same of those that meet a condition.
    ///
    /// # Errors
    /// There is nobody, or nobody else of those may be asked now.
    #[inline]
    pub fn pick_except_where(
        &self,
        tried: &Tried,
        condition: impl Fn(&T) -> bool,
    ) -> Result<Picked<K, T>, NoPeer> {
        self.choose_where(|member| !tried.contains(member.number) && condition(&member.value))
    }

    /// Whether there is somebody to ask besides those that this request was sent to. Takes nothing.
    #[must_use]
    pub fn would_admit_except(&self, tried: &Tried) -> bool {
        self.would_admit_except_where(tried, |_| true)
    }

    /// The same of those that meet a condition.
    #[must_use]
    pub fn would_admit_except_where(&self, tried: &Tried, condition: impl Fn(&T) -> bool) -> bool {
        self.would_admit(|member| !tried.contains(member.number) && condition(&member.value))
    }

    /// Whom to ask of those whose number is `wanted`, which is asked of no more than the number.
    #[cfg(feature = "tower")]
    #[inline]
    pub(crate) fn pick_by(&self, wanted: impl Fn(u64) -> bool) -> Result<Picked<K, T>, NoPeer> {
        self.pick_at(clock::now(), dice::roll(), |member| wanted(member.number))
    }

    /// Whether there is somebody to ask of those whose number is `wanted`. Takes nothing.
    #[cfg(feature = "tower")]
    pub(crate) fn would_admit_by(&self, wanted: impl Fn(u64) -> bool) -> bool {
        self.would_admit(|member| wanted(member.number))
    }

    /// By a condition of somebody else's, who may do anything in there.
    #[inline]
    fn choose_where(&self, wanted: impl Fn(&Member<K, T>) -> bool) -> Result<Picked<K, T>, NoPeer> {
        self.pick_at_leisure(clock::now(), dice::roll(), wanted)
    }

    /// One of those that are `wanted`, at that time and by that roll. It must not use the selection to say so.
    #[inline]
    fn pick_at(
        &self,
        now: Tick,
        roll: u64,
        wanted: impl Fn(&Member<K, T>) -> bool,
    ) -> Result<Picked<K, T>, NoPeer> {
        match self.pick_quickly(now, roll, &wanted) {
            Some(picked) => Ok(picked),
            None => self.pick_at_leisure(now, roll, wanted),
        }
    }

    /// The same where it is one of two and there is nothing else to do; nobody is told anything then.
    #[inline]
    fn pick_quickly(
        &self,
        now: Tick,
        roll: u64,
        wanted: impl Fn(&Member<K, T>) -> bool,
    ) -> Option<Picked<K, T>> {
        let Shared { list, fleet, detector, .. } = &*self.shared;
        if fleet.is_due(now) || detector.as_ref().is_some_and(|detector| detector.is_due(now)) {
            return None;
        }
        list.peek(|members| {
            let member = self.choice(members, now).quick(roll, |member| wanted(member))?;
            let ticket = member.record.peer.admit_clear(now)?;
            Some(Picked::new(Arc::clone(member), ticket, now))
        })?
    }

    /// The same whatever it takes.
    #[inline(never)]
    fn pick_at_leisure(
        &self,
        now: Tick,
        roll: u64,
        wanted: impl Fn(&Member<K, T>) -> bool,
    ) -> Result<Picked<K, T>, NoPeer> {
        let Shared { list, fleet, detector, config, .. } = &*self.shared;
        let members = list.read();
        if let Some(detector) = detector {
            detector.look(members.version, &members, now);
        }
        fleet.look(members.version, &members, config, now);
        let pick = |choice: Choice<'_, Arc<Member<K, T>>>| {
            let admit = |member: &Arc<Member<K, T>>, despite| {
                member.admit(despite, now).map(|ticket| Picked::new(Arc::clone(member), ticket, now))
            };
            choice.make(roll, |member| wanted(member), admit)
        };
        let choice = self.choice(&members, now);
        let honoured = choice.honoured;
        match pick(choice) {
            Err(none) if !none.empty && self.spares_more(&members, honoured, now) => {
                pick(self.choice(&members, now))
            }
            picked => picked,
        }
    }

    /// Whether there is somebody to ask of those that are `wanted`. Takes nothing.
    fn would_admit(&self, wanted: impl Fn(&Member<K, T>) -> bool) -> bool {
        let (members, now, roll) = (self.shared.list.read(), clock::now(), dice::roll());
        let would =
            |choice: &Choice<'_, Arc<Member<K, T>>>| choice.would_admit(roll, |member| wanted(member));
        let choice = self.choice(&members, now);
        would(&choice)
            || self.spares_more(&members, choice.honoured, now) && would(&self.choice(&members, now))
    }

    /// Whether bans and ejections are ignored of more than those from the place `honoured` on, where that left nobody: more may have
    /// been banned since they were counted than may be left out.
    #[cold]
    fn spares_more(&self, members: &Members<Member<K, T>>, honoured: usize, now: Tick) -> bool {
        let Shared { fleet, config, .. } = &*self.shared;
        fleet.recount(members.version, members, config, now, honoured)
    }

    #[inline]
    fn choice<'a>(&'a self, members: &'a [Arc<Member<K, T>>], now: Tick) -> Choice<'a, Arc<Member<K, T>>> {
        let Shared { config, prices, fleet, .. } = &*self.shared;
        Choice { candidates: members, rules: config, prices, honoured: fleet.honoured(), now }
    }

    fn change<R>(&self, change: impl FnOnce(&mut ByKey<K, T>, &mut Vec<Arc<Member<K, T>>>) -> R) -> R {
        let Shared { list, fleet, by_key, .. } = &*self.shared;
        let mut by_key = lock(by_key);
        let before = list.read();
        let mut members = before.to_vec();
        let result = change(&mut by_key, &mut members);
        fleet.changed(list.set(members));
        drop(by_key);
        // What was taken out ends here, if nobody else has it, and may use the selection as it ends.
        drop(before);
        result
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
