//! A function.

use super::{Answers, KeepOf};
use crate::BoxError;
use crate::fallback::Cause;
use std::fmt;
use std::marker::PhantomData;

/// Answers by a function of the cause.
pub struct Function<F, Res, Err>(F, PhantomData<fn(Res, Err)>);

/// Answers by a function of the request and the cause.
pub struct FunctionOfRequest<F, Req, Res, Err>(F, PhantomData<fn(Req, Res, Err)>);

impl<F, Res, Err> Function<F, Res, Err> {
    pub(in crate::fallback) const fn new(function: F) -> Self {
        Self(function, PhantomData)
    }
}

impl<F, Req, Res, Err> FunctionOfRequest<F, Req, Res, Err> {
    pub(in crate::fallback) const fn new(function: F) -> Self {
        Self(function, PhantomData)
    }
}

impl<F: Clone, Res, Err> Clone for Function<F, Res, Err> {
    fn clone(&self) -> Self {
        Self::new(self.0.clone())
    }
}

impl<F: Clone, Req, Res, Err> Clone for FunctionOfRequest<F, Req, Res, Err> {
    fn clone(&self) -> Self {
        Self::new(self.0.clone())
    }
}

impl<F, Res, Err> fmt::Debug for Function<F, Res, Err> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Function")
    }
}

impl<F, Req, Res, Err> fmt::Debug for FunctionOfRequest<F, Req, Res, Err> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FunctionOfRequest")
    }
}

impl<F, Req, Res, Err> KeepOf<Req> for Function<F, Res, Err> {
    type Attempt = Req;
    type Kept = ();

    #[inline]
    fn keep(&self, request: Req) -> (Req, ()) {
        (request, ())
    }
}

impl<F, Fut, Req, Res, Err, E> Answers<Req, Res, Err> for Function<F, Res, Err>
where
    F: Fn(Cause<'_, Res, Err>) -> Fut,
    Fut: Future<Output = Result<Res, E>>,
    E: Into<BoxError>,
{
    type Response = Res;
    type Error = E;
    type Future = Fut;

    fn answer(&self, (): (), cause: Cause<'_, Res, Err>) -> Fut {
        self.0(cause)
    }

    #[inline]
    fn good(&self, (): (), response: Res) -> Res {
        response
    }

    #[inline]
    fn pass(response: Res) -> Res {
        response
    }
}

impl<F, Req: Clone, Res, Err> KeepOf<Req> for FunctionOfRequest<F, Req, Res, Err> {
    type Attempt = Req;
    type Kept = Req;

    fn keep(&self, request: Req) -> (Req, Req) {
        (request.clone(), request)
    }
}

impl<F, Fut, Req, Res, Err, E> Answers<Req, Res, Err> for FunctionOfRequest<F, Req, Res, Err>
where
    F: Fn(Req, Cause<'_, Res, Err>) -> Fut,
    Fut: Future<Output = Result<Res, E>>,
    E: Into<BoxError>,
    Req: Clone,
{
    type Response = Res;
    type Error = E;
    type Future = Fut;

    fn answer(&self, request: Req, cause: Cause<'_, Res, Err>) -> Fut {
        self.0(request, cause)
    }

    fn good(&self, _: Req, response: Res) -> Res {
        response
    }

    fn pass(response: Res) -> Res {
        response
    }
}
