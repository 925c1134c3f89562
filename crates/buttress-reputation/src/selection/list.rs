//! The members as every pick reads them.

use crate::sync::{Mutex, lock};
use buttress_core::PerThread;
use std::sync::Arc;

/// A list that is read with every pick and changed seldom. Each thread has its own place to read it from, so that picks on
/// different threads do not write to the same memory; a change writes all of them.
pub(super) struct List<M> {
    places: PerThread<Place<M>>,
}

/// Behind two pointers, as the counter of who reads is to be this thread's alone, while the list itself is shared.
struct Place<M>(Mutex<Arc<Members<M>>>);

/// The members at one time, in the order in which they came.
pub(super) type Members<M> = Arc<[Arc<M>]>;

impl<M> Default for Place<M> {
    fn default() -> Self {
        Self(Mutex::new(Arc::new(Arc::default())))
    }
}

impl<M> Default for List<M> {
    fn default() -> Self {
        Self { places: PerThread::default() }
    }
}

impl<M> List<M> {
    /// As it is now.
    #[inline]
    pub(super) fn read(&self) -> Arc<Members<M>> {
        Arc::clone(&lock(&self.places.here().0))
    }

    /// From now on it is this one.
    pub(super) fn set(&self, members: Vec<Arc<M>>) {
        let members: Members<M> = members.into();
        for place in self.places.each() {
            let before = std::mem::replace(&mut *lock(&place.0), Arc::new(Arc::clone(&members)));
            // What was taken out may end here, and what ends may look at the list.
            drop(before);
        }
    }
}
