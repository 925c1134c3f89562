//! What a call that failed says of itself, besides what can be seen in any error.

use super::details::Details;
#[cfg(feature = "http")]
use super::grpc;
#[cfg(feature = "http")]
use http::Response;
use std::error::Error;
use std::fmt;

/// Says more about a failure than any error does by itself. The type parameter `D` of a layer: [`Plain`] by default,
/// [`OfHttp`] of one for HTTP or gRPC, each with the hook of [`describe`](super::FailureLogLayer::describe) or without.
pub trait Describe<Res, Err> {
    /// The error as one that says what happened, where the layer does not [know](super::FailureLogLayer::errors) its type.
    fn error<'a>(&self, error: &'a Err) -> Option<&'a (dyn Error + 'static)> {
        let _ = error;
        None
    }

    /// Adds what there is to say.
    fn describe(&self, result: Result<&Res, &Err>, details: &mut Details);
}

/// Says nothing more.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plain;

impl<Res, Err> Describe<Res, Err> for Plain {
    fn describe(&self, _: Result<&Res, &Err>, _: &mut Details) {}
}

/// Says which status a response has, of HTTP or of gRPC.
#[cfg(feature = "http")]
#[derive(Clone, Copy, Debug, Default)]
pub struct OfHttp;

#[cfg(feature = "http")]
impl<B, Err> Describe<Response<B>, Err> for OfHttp {
    fn describe(&self, result: Result<&Response<B>, &Err>, details: &mut Details) {
        if let Ok(response) = result {
            of_head(response.status(), response.headers(), details);
        }
    }
}

/// As of [`http::Response`].
#[cfg(feature = "reqwest")]
impl<Err> Describe<reqwest::Response, Err> for OfHttp {
    fn describe(&self, result: Result<&reqwest::Response, &Err>, details: &mut Details) {
        if let Ok(response) = result {
            of_head(response.status(), response.headers(), details);
        }
    }
}

#[cfg(feature = "http")]
fn of_head(status: http::StatusCode, headers: &http::HeaderMap, details: &mut Details) {
    if !grpc::describe(headers, details) {
        details.error_type("http::Status").message(status);
    }
}

/// Asks the errors themselves, which are [`Error`]s, and `D` about the rest.
#[derive(Clone, Copy, Debug)]
pub struct Errors<D>(pub(super) D);

impl<Res, Err: Error + 'static, D: Describe<Res, Err>> Describe<Res, Err> for Errors<D> {
    fn error<'a>(&self, error: &'a Err) -> Option<&'a (dyn Error + 'static)> {
        Some(error)
    }

    fn describe(&self, result: Result<&Res, &Err>, details: &mut Details) {
        self.0.describe(result, details);
    }
}

/// Asks a hook of the user's, after `D`.
#[derive(Clone, Copy)]
pub struct By<F, D> {
    hook: F,
    before: D,
}

impl<F, D> By<F, D> {
    pub(super) const fn new(hook: F, before: D) -> Self {
        Self { hook, before }
    }
}

#[diagnostic::do_not_recommend]
impl<Res, Err, F, D> Describe<Res, Err> for By<F, D>
where
    F: Fn(Result<&Res, &Err>, &mut Details),
    D: Describe<Res, Err>,
{
    fn error<'a>(&self, error: &'a Err) -> Option<&'a (dyn Error + 'static)> {
        self.before.error(error)
    }

    fn describe(&self, result: Result<&Res, &Err>, details: &mut Details) {
        self.before.describe(result, details);
        (self.hook)(result, details);
    }
}

impl<F, D: fmt::Debug> fmt::Debug for By<F, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("By").field("before", &self.before).finish_non_exhaustive()
    }
}
