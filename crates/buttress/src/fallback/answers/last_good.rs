//! The last good answer per key.

use super::{Answers, KeepOf};
use crate::fallback::Cause;
use crate::key::{Key, KeyOf};
use crate::{Tick, clock};
use buttress_core::keyed::{Keep, Store, Worth};
use std::borrow::{Borrow, Cow};
use std::future::{Ready, ready};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::{error, fmt};

/// Answers with the last good response that the service beneath gave for the same key, while that is not too old: stale data
/// instead of an error.
///
/// Clones share what is kept, which is a clone of every good response: for HTTP, where responses cannot be cloned, take
/// `LastGoodHttp`. A request without a key has no such answer and leaves none.
pub struct LastGood<X, K: Key + ?Sized, Res> {
    find: X,
    kept: Arc<Store<K, Slot<Res>>>,
    max_age: Duration,
}

impl<X, K: Key + ?Sized, Res> LastGood<X, K, Res> {
    /// Keeps responses of at most `capacity` keys, which `find` finds in requests, and answers with none that is older than
    /// `max_age`. When another key needs the place, one that is too old goes first, then one that was not asked for lately.
    #[must_use]
    pub fn new<Req>(max_age: Duration, capacity: NonZeroUsize, find: X) -> Self
    where
        X: KeyOf<Req, Key = K>,
    {
        Self { find, kept: Arc::new(Store::new(capacity)), max_age }
    }

    /// How many keys have a response, among them those that are too old and have not gone yet.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether no key has one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }
}

impl<X: Clone, K: Key + ?Sized, Res> Clone for LastGood<X, K, Res> {
    fn clone(&self) -> Self {
        Self { find: self.find.clone(), kept: Arc::clone(&self.kept), max_age: self.max_age }
    }
}

impl<X, K: Key + ?Sized, Res> fmt::Debug for LastGood<X, K, Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LastGood")
            .field("len", &self.len())
            .field("max_age", &self.max_age)
            .finish_non_exhaustive()
    }
}

/// The response of one key.
struct Slot<Res> {
    max_age: Duration,
    last: Mutex<Option<(Tick, Res)>>,
}

impl<Res: Clone> Slot<Res> {
    fn answer(&self, now: Tick) -> Result<Res, NothingKept> {
        match &*self.last() {
            None => Err(NothingKept { too_old: None }),
            Some((at, _)) if now.since(*at) > self.max_age => {
                Err(NothingKept { too_old: Some(now.since(*at)) })
            }
            Some((_, response)) => Ok(response.clone()),
        }
    }
}

impl<Res> Slot<Res> {
    fn remember(&self, now: Tick, response: Res) {
        let previous = self.last().replace((now, response));
        // What a response does when it is dropped is not for the time of the lock.
        drop(previous);
    }

    fn last(&self) -> std::sync::MutexGuard<'_, Option<(Tick, Res)>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Res> Keep for Slot<Res> {
    fn worth(&self, now: Tick) -> Worth {
        let fresh = self.last().as_ref().is_some_and(|(at, _)| now.since(*at) <= self.max_age);
        if fresh { Worth::Memory } else { Worth::Nothing }
    }
}

impl<X, K, Req, Res> KeepOf<Req> for LastGood<X, K, Res>
where
    X: KeyOf<Req, Key = K>,
    K: Key + ?Sized,
{
    type Attempt = Req;
    type Kept = Option<K::Owned>;

    fn keep(&self, request: Req) -> (Req, Self::Kept) {
        let key = self.find.key(&request).map(Cow::into_owned);
        (request, key)
    }
}

impl<X, K, Req, Res, Err> Answers<Req, Res, Err> for LastGood<X, K, Res>
where
    X: KeyOf<Req, Key = K>,
    K: Key + ?Sized,
    Res: Clone,
{
    type Response = Res;
    type Error = NothingKept;
    type Future = Ready<Result<Res, NothingKept>>;

    fn answer(&self, key: Self::Kept, _: Cause<'_, Res, Err>) -> Self::Future {
        let slot = key.and_then(|key| self.kept.get(key.borrow()));
        let answer = slot.map_or(Err(NothingKept { too_old: None }), |slot| slot.answer(clock::now()));
        ready(answer)
    }

    fn good(&self, key: Self::Kept, response: Res) -> Res {
        let Some(key) = key else { return response };
        let fresh = |_: &K| Slot { max_age: self.max_age, last: Mutex::new(None) };
        // Full is only what carries penalties, and these carry none.
        if let Ok(slot) = self.kept.get_or_insert_with(Cow::Owned(key), clock::now, fresh) {
            slot.remember(clock::now(), response.clone());
        }
        response
    }

    fn pass(response: Res) -> Res {
        response
    }
}

/// There is no last good answer that could stand in for this call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NothingKept {
    pub(in crate::fallback) too_old: Option<Duration>,
}

impl NothingKept {
    /// How old the answer is that there is, if that is what is wrong with it.
    #[must_use]
    pub const fn too_old(&self) -> Option<Duration> {
        self.too_old
    }
}

impl fmt::Display for NothingKept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.too_old {
            None => f.write_str("no answer is kept for this call"),
            Some(age) => write!(f, "the answer that is kept for this call is too old: {age:.1?}"),
        }
    }
}

impl error::Error for NothingKept {}
