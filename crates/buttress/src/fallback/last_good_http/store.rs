//! What is kept.

use super::fitness::Variant;
use super::{Asked, KeptBody, NothingKept};
use crate::{Tick, clock};
use buttress_core::keyed::{Keep, Store, Worth};
use bytes::Bytes;
use http::header::{AGE, WARNING};
use http::{HeaderMap, HeaderValue, Response};
use std::borrow::Cow;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Answers by key, at most so many of at most so many bytes.
pub(super) struct Shelf {
    store: Store<str, Slot>,
    max_age: Duration,
    capacity: NonZeroUsize,
    answer_bytes: usize,
}

/// One answer. It can be given any number of times.
pub(super) struct Answer {
    /// When its head was there.
    pub(super) at: Tick,
    /// How old it was then.
    pub(super) age_then: Duration,
    pub(super) headers: HeaderMap,
    pub(super) variant: Variant,
    pub(super) body: Bytes,
}

/// The place of the last answer for one key.
struct Slot {
    max_age: Duration,
    last: Mutex<Option<Arc<Answer>>>,
}

impl Shelf {
    pub(super) fn new(max_age: Duration, capacity: NonZeroUsize, answer_bytes: usize) -> Self {
        Self { store: Store::new(capacity), max_age, capacity, answer_bytes }
    }

    pub(super) const fn max_age(&self) -> Duration {
        self.max_age
    }

    pub(super) const fn capacity(&self) -> NonZeroUsize {
        self.capacity
    }

    pub(super) const fn answer_bytes(&self) -> usize {
        self.answer_bytes
    }

    pub(super) fn len(&self) -> usize {
        self.store.len()
    }

    /// Keeps an answer in the place of an earlier one.
    pub(super) fn keep(&self, key: String, answer: Answer) {
        let empty = |_: &str| Slot { max_age: self.max_age, last: Mutex::new(None) };
        // Full is only what carries penalties, and these carry none.
        let Ok(slot) = self.store.get_or_insert_with(Cow::Owned(key), clock::now, empty) else { return };
        let mut last = slot.last();
        // Answers can come to their end in another order than they began.
        if last.as_ref().is_none_or(|last| last.at <= answer.at) {
            let previous = last.replace(Arc::new(answer));
            drop(last);
            drop(previous);
        }
    }

    /// The answer for who asks.
    pub(super) fn answer<B>(&self, asked: &Asked, now: Tick) -> Result<Response<KeptBody<B>>, NothingKept> {
        let slot = self.store.get(&asked.key);
        let last = slot.and_then(|slot| slot.last().clone());
        let fits = |last: &Arc<Answer>| last.variant.is_for(&asked.headers);
        let Some(last) = last.filter(fits) else { return Err(NothingKept { too_old: None }) };
        let age = last.age(now);
        if age > self.max_age {
            return Err(NothingKept { too_old: Some(age) });
        }
        Ok(last.response(age))
    }
}

impl Answer {
    /// What it takes in memory, as those count it who set the limit.
    pub(super) fn head_bytes(key: &str, headers: &HeaderMap, variant: &Variant) -> usize {
        let of = |(name, value): (&http::HeaderName, &HeaderValue)| name.as_str().len() + value.len();
        key.len() + variant.bytes() + headers.iter().map(of).sum::<usize>()
    }

    fn age(&self, now: Tick) -> Duration {
        now.since(self.at).saturating_add(self.age_then)
    }

    fn response<B>(&self, age: Duration) -> Response<KeptBody<B>> {
        let mut response = Response::new(KeptBody::kept(self.body.clone()));
        let headers = response.headers_mut();
        headers.clone_from(&self.headers);
        headers.insert(AGE, HeaderValue::from(age.as_secs()));
        headers.append(WARNING, HeaderValue::from_static("111 - \"Revalidation Failed\""));
        response
    }
}

impl Slot {
    fn last(&self) -> MutexGuard<'_, Option<Arc<Answer>>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keep for Slot {
    fn worth(&self, now: Tick) -> Worth {
        let fresh = self.last().as_ref().is_some_and(|last| last.age(now) <= self.max_age);
        if fresh { Worth::Memory } else { Worth::Nothing }
    }
}
