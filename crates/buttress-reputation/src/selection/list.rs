//! The members as every pick reads them.

use crate::sync::{AtomicU64, Mutex, Ordering, lock, try_lock};
use buttress_core::PerThread;
use std::ops::Deref;
use std::sync::Arc;

/// A list that is read with every pick and changed seldom. Each thread has its own place to read it from, so that picks on
/// different threads do not write to the same memory; a change writes all of them.
pub(super) struct List<M> {
    places: PerThread<Place<M>>,
    /// How often it was changed.
    changes: AtomicU64,
}

/// The list, for a look at it here, and behind two pointers for those who take it along: the counter of who does is to be this
/// thread's alone, while the list itself is shared.
struct Place<M>(Mutex<Lists<M>>);

type Lists<M> = (Arc<[Arc<M>]>, Arc<Members<M>>);

/// The members at one time, in the order in which they came.
pub(super) struct Members<M> {
    /// Which list that is: a later one has a higher number.
    pub(super) version: u64,
    members: Arc<[Arc<M>]>,
}

impl<M> Default for Members<M> {
    fn default() -> Self {
        Self { version: 0, members: Arc::default() }
    }
}

impl<M> Deref for Members<M> {
    type Target = [Arc<M>];

    #[inline]
    fn deref(&self) -> &[Arc<M>] {
        &self.members
    }
}

impl<M> Default for Place<M> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<M> Default for List<M> {
    fn default() -> Self {
        Self { places: PerThread::default(), changes: AtomicU64::new(0) }
    }
}

impl<M> List<M> {
    /// As it is now.
    #[inline]
    pub(super) fn read(&self) -> Arc<Members<M>> {
        Arc::clone(&lock(&self.places.here().0).1)
    }

    /// What `look` makes of the list as it is now; `None` if that is not to be had at once. The list is the same until `look`
    /// returns, so `look` calls nothing of which it does not know that it leaves the list alone.
    #[inline]
    pub(super) fn peek<R>(&self, look: impl FnOnce(&[Arc<M>]) -> R) -> Option<R> {
        // Those who share a place would wait for each other.
        let lists = try_lock(&self.places.own()?.0)?;
        Some(look(&lists.0))
    }

    /// From now on it is this one, of this version. One caller at a time.
    pub(super) fn set(&self, members: Vec<Arc<M>>) -> u64 {
        let members: Arc<[Arc<M>]> = members.into();
        let version = self.changes.fetch_add(1, Ordering::Relaxed) + 1;
        for place in self.places.each() {
            let taken_along = Members { version, members: Arc::clone(&members) };
            let lists = (Arc::clone(&members), Arc::new(taken_along));
            let before = std::mem::replace(&mut *lock(&place.0), lists);
            // What was taken out may end here, and what ends may look at the list.
            drop(before);
        }
        version
    }
}
