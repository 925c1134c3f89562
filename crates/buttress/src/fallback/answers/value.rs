//! A value.

use super::{Answers, KeepOf};
use crate::fallback::Cause;
use std::convert::Infallible;
use std::future::{Ready, ready};

/// Answers with clones of a value.
#[derive(Clone, Copy, Debug)]
pub struct Value<V>(pub(in crate::fallback) V);

impl<V, Req> KeepOf<Req> for Value<V> {
    type Attempt = Req;
    type Kept = ();

    #[inline]
    fn keep(&self, request: Req) -> (Req, ()) {
        (request, ())
    }
}

impl<V: Clone, Req, Err> Answers<Req, V, Err> for Value<V> {
    type Response = V;
    type Error = Infallible;
    type Future = Ready<Result<V, Infallible>>;

    fn answer(&self, (): (), _: Cause<'_, V, Err>) -> Self::Future {
        ready(Ok(self.0.clone()))
    }

    #[inline]
    fn good(&self, (): (), response: V) -> V {
        response
    }

    #[inline]
    fn pass(response: V) -> V {
        response
    }
}
