//! What is taken from a request before its call, as a call that failed has none any more.

use super::details::Details;
use crate::key::{Key, KeyOf};
#[cfg(feature = "http")]
use crate::retry::Attempt;
use std::borrow::{Borrow, Cow};
use std::fmt;
use std::sync::Arc;

/// What a layer takes from the requests `Req`: [`Nothing`], unless [`key`](super::FailureLogLayer::key),
/// [`attempts`](super::FailureLogLayer::attempts) or [`with`](super::FailureLogLayer::with) asks for more.
pub trait Ask<Req> {
    /// What there is to be said if the call fails.
    type Seen: Seen;

    /// Looks at the request. It may panic: nothing has begun by then.
    fn ask(&self, request: &Req) -> Self::Seen;
}

/// What is known of a call from its request.
pub trait Seen: Send + Sync + 'static {
    /// Adds it to what is written down of the failure.
    fn add(&self, details: &mut Details);
}

/// Nothing is looked at, and a call that succeeds pays for nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nothing;

impl<Req> Ask<Req> for Nothing {
    type Seen = ();

    #[inline]
    fn ask(&self, _: &Req) {}
}

impl Seen for () {
    fn add(&self, _: &mut Details) {}
}

/// The key, and what `K` says.
#[derive(Clone)]
pub struct Keyed<X, K> {
    key: X,
    rest: K,
}

impl<X, K> Keyed<X, K> {
    pub(super) const fn new(key: X, rest: K) -> Self {
        Self { key, rest }
    }
}

impl<Req, X: KeyOf<Req>, K: Ask<Req>> Ask<Req> for Keyed<X, K> {
    type Seen = SeenKey<X::Key, K::Seen>;

    fn ask(&self, request: &Req) -> Self::Seen {
        SeenKey { key: self.key.key(request).map(Cow::into_owned), rest: self.rest.ask(request) }
    }
}

/// The key of a request.
pub struct SeenKey<Q: Key + ?Sized, S> {
    key: Option<Q::Owned>,
    rest: S,
}

impl<Q: Key + ?Sized, S: Seen> Seen for SeenKey<Q, S> {
    fn add(&self, details: &mut Details) {
        self.rest.add(details);
        if let Some(key) = &self.key {
            let key: &Q = key.borrow();
            details.key(key);
        }
    }
}

impl<X, K: fmt::Debug> fmt::Debug for Keyed<X, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyed").field("rest", &self.rest).finish_non_exhaustive()
    }
}

impl<Q: Key + ?Sized, S> fmt::Debug for SeenKey<Q, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeenKey").finish_non_exhaustive()
    }
}

/// Which attempt of its call a request is, and what `K` says.
#[cfg(feature = "http")]
#[derive(Clone, Copy, Debug)]
pub struct Attempts<K>(K);

#[cfg(feature = "http")]
impl<K> Attempts<K> {
    pub(super) const fn new(rest: K) -> Self {
        Self(rest)
    }
}

#[cfg(feature = "http")]
impl<B, K: Ask<http::Request<B>>> Ask<http::Request<B>> for Attempts<K> {
    type Seen = SeenAttempt<K::Seen>;

    fn ask(&self, request: &http::Request<B>) -> Self::Seen {
        let attempt = Attempt::of(request).map(|attempt| attempt.number().get());
        SeenAttempt { attempt, rest: self.0.ask(request) }
    }
}

/// The number of an attempt.
#[cfg(feature = "http")]
#[derive(Debug)]
pub struct SeenAttempt<S> {
    attempt: Option<u32>,
    rest: S,
}

#[cfg(feature = "http")]
impl<S: Seen> Seen for SeenAttempt<S> {
    fn add(&self, details: &mut Details) {
        self.rest.add(details);
        if let Some(attempt) = self.attempt {
            details.attempt(attempt);
        }
    }
}

/// The same for all calls, and what `K` says.
#[derive(Clone, Debug)]
pub struct With<K> {
    pair: Arc<(Box<str>, Box<str>)>,
    rest: K,
}

impl<K> With<K> {
    pub(super) fn new(key: &str, value: &str, rest: K) -> Self {
        Self { pair: Arc::new((key.into(), value.into())), rest }
    }
}

impl<Req, K: Ask<Req>> Ask<Req> for With<K> {
    type Seen = SeenWith<K::Seen>;

    fn ask(&self, request: &Req) -> Self::Seen {
        SeenWith { pair: Arc::clone(&self.pair), rest: self.rest.ask(request) }
    }
}

/// What is the same for all calls.
#[derive(Debug)]
pub struct SeenWith<S> {
    pair: Arc<(Box<str>, Box<str>)>,
    rest: S,
}

impl<S: Seen> Seen for SeenWith<S> {
    fn add(&self, details: &mut Details) {
        self.rest.add(details);
        details.with(&self.pair.0, &self.pair.1);
    }
}
