//! Who can be picked: peers come and go.

use super::member::Member;
#[cfg(feature = "tower")]
use super::waiters::Waiters;
use super::{ByKey, Selection, Shared};
use crate::sync::lock;
use std::borrow::Borrow;
use std::hash::Hash;
use std::sync::Arc;

impl<K, T> Selection<K, T>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
{
    /// Puts in a peer, with what belongs to it. Where one was there by that name, what belonged to it goes; it keeps its
    /// [number](super::Picked::number), and what the ledger knows of it stays.
    pub fn insert(&self, key: K, value: T) {
        self.extend([(key, value)]);
    }

    /// The same with many at once, which takes less time than one by one.
    pub fn extend(&self, members: impl IntoIterator<Item = (K, T)>) {
        self.apply(members.into_iter().map(|(key, value)| (key, Some(value))));
    }

    /// Puts in the peers that come with something and takes out those that come without, one after the other and as one change.
    pub(crate) fn apply(&self, changes: impl IntoIterator<Item = (K, Option<T>)>) {
        let ledger = &self.shared.ledger;
        let make = |(key, value)| match value {
            Some(value) => Ok(Member::new(key, value, ledger)),
            None => Err(key),
        };
        let made: Vec<_> = changes.into_iter().map(make).collect();
        self.change(|by_key, list| {
            let mut some_left = false;
            for change in made {
                let left = match change {
                    Ok(mut member) => {
                        if let Some(before) = by_key.get(&member.key) {
                            member.follow(before);
                        }
                        let member = Arc::new(member);
                        list.push(Arc::clone(&member));
                        by_key.insert(member.key.clone(), member)
                    }
                    Err(key) => by_key.remove(&key),
                };
                if let Some(left) = left {
                    left.leave();
                    some_left = true;
                }
            }
            if some_left {
                list.retain(|member| !member.has_left());
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
            removed.leave();
            list.retain(|member| !member.has_left());
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

    /// Whether there is a member whose number is `wanted`, whether it may be asked or not.
    #[cfg(feature = "tower")]
    pub(crate) fn has(&self, wanted: impl Fn(u64) -> bool) -> bool {
        self.shared.list.read().iter().any(|member| wanted(member.number))
    }

    /// Those who wait for the members to change.
    #[cfg(feature = "tower")]
    pub(crate) fn waiters(&self) -> &Arc<Waiters> {
        &self.shared.waiters
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
        #[cfg(feature = "tower")]
        self.shared.waiters.notify();
        result
    }
}
