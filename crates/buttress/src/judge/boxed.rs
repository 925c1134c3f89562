//! The call has ended when its body has, and the type of the response stays.

use super::{AtEnd, Judge, JudgedBody, Settle, settle};
use crate::Classify;
use http::Response;
use http_body::Body;

/// The same as [`AtEnd`] for bodies that already are boxes: the type of the response stays, for one more box around a body
/// that is waited for. Made by `.at_body_end_boxed()`.
///
/// For `option_layer`, for services that are boxed themselves, and for `reqwest::Response`, whose body cannot be exchanged for
/// one of another type. The bodies of axum, tonic and reqwest can be boxed again, each with the feature of its name.
#[derive(Clone, Copy, Debug)]
pub struct AtEndBoxed<C>(pub(crate) AtEnd<C>);

impl<C> AtEndBoxed<C> {
    /// Judges as `judge` does. Layers have `.at_body_end_boxed()` for it; this is for a service of your own.
    pub const fn new(judge: AtEnd<C>) -> Self {
        Self(judge)
    }
}

/// A body that can hold any other.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot box another body",
    label = "the body of the responses under `.at_body_end_boxed()`",
    note = "implement `buttress::Rebox` for it if it is yours; otherwise take `.at_body_end()`, which needs no box"
)]
pub trait Rebox: Body<Error: 'static> + Sized {
    /// Puts `judged` into a box of this type.
    #[must_use]
    fn rebox<P: Settle, C: Send + Sync + 'static>(judged: JudgedBody<Self, P, C>) -> Self;
}

impl<B, Err, C> Judge<Response<B>, Err> for AtEndBoxed<C>
where
    B: Rebox,
    C: Classify<Response<B>, Err> + Clone + Send + Sync + 'static,
{
    type Response<P: Settle> = Response<B>;

    fn response<P: Settle>(&self, response: Response<B>, permit: &mut P) -> Response<B> {
        let watch = self
            .0
            .head(&response, permit)
            .and_then(|until| self.0.body::<Response<B>, Err, _, _>(until, response.body(), permit));
        match watch {
            None => response,
            watch => response.map(|body| B::rebox(JudgedBody::new(body, watch, self.0.stall_limit()))),
        }
    }

    fn error<P: Settle>(&self, error: &Err, permit: &mut P) {
        settle(&self.0.classify, Err(error), permit);
    }
}

#[cfg(feature = "axum")]
impl Rebox for axum_core::body::Body {
    fn rebox<P: Settle, C: Send + Sync + 'static>(judged: JudgedBody<Self, P, C>) -> Self {
        Self::new(judged)
    }
}

#[cfg(feature = "tonic")]
impl Rebox for tonic::body::Body {
    fn rebox<P: Settle, C: Send + Sync + 'static>(judged: JudgedBody<Self, P, C>) -> Self {
        Self::new(judged)
    }
}

#[cfg(feature = "reqwest")]
mod of_reqwest {
    use super::{AtEndBoxed, Classify, Judge, JudgedBody, Rebox, Settle, settle};
    use reqwest::{Body, Response, ResponseBuilderExt};

    impl Rebox for Body {
        fn rebox<P: Settle, C: Send + Sync + 'static>(judged: JudgedBody<Self, P, C>) -> Self {
            Self::wrap(judged)
        }
    }

    impl<Err, C> Judge<Response, Err> for AtEndBoxed<C>
    where
        C: Classify<Response, Err> + Clone + Send + Sync + 'static,
    {
        type Response<P: Settle> = Response;

        fn response<P: Settle>(&self, response: Response, permit: &mut P) -> Response {
            let Some(until) = self.0.head(&response, permit) else { return response };
            // Not in the response as `http` sees it, so it is lost on the way there and back unless it is carried over.
            let url = response.url().clone();
            let (mut parts, body) = http::Response::<Body>::from(response).into_parts();
            let carrier =
                http::Response::builder().url(url).body(()).expect("there is no header to be wrong");
            parts.extensions.extend(carrier.into_parts().0.extensions);
            let watch = self.0.body::<Response, Err, _, _>(until, &body, permit);
            let body = Body::rebox(JudgedBody::new(body, watch, self.0.stall_limit()));
            http::Response::from_parts(parts, body).into()
        }

        fn error<P: Settle>(&self, error: &Err, permit: &mut P) {
            settle(&self.0.classify, Err(error), permit);
        }
    }
}
