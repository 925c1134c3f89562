//! The bodies that can be sent again.

use super::ReplayBody;
use crate::BoxError;
use bytes::Bytes;
use http_body::Body;
use http_body_util::combinators::{BoxBody, MapErr, UnsyncBoxBody};
use http_body_util::{Either, Empty, Full, Limited, StreamBody};

/// A body whose requests can be tried again. It is never cloned: what is read of it is kept, up to a limit.
///
/// The services beneath a retry see requests whose body is `Attempt`. For a body that can hold any other, such as those of
/// axum, tonic and reqwest, that is the same type; for others, such as hyper's `Incoming`, it is [`ReplayBody`] around
/// them, and for a body of your own too:
///
/// ```
/// use buttress::retry::{RepeatBody, ReplayBody};
/// # use bytes::Bytes;
/// # use http_body::{Body, Frame};
/// # use std::{io, pin::Pin, task::{Context, Poll}};
/// # struct Upload;
/// # impl Body for Upload {
/// #     type Data = Bytes;
/// #     type Error = io::Error;
/// #     fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
/// #         Poll::Ready(None)
/// #     }
/// # }
///
/// impl RepeatBody for Upload {
///     type Attempt = ReplayBody<Self>;
///
///     fn attempt(body: ReplayBody<Self>) -> ReplayBody<Self> {
///         body
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "buttress does not know how to send a body of type `{Self}` again",
    label = "the body of the requests under the retry layer",
    note = "it knows the bodies of axum, hyper, reqwest and tonic, each with the feature of its name, and `Full`, `Empty`, `StreamBody`, `BoxBody`, `UnsyncBoxBody`, `Either` and `String`, where they yield `Bytes`",
    note = "implement `buttress::retry::RepeatBody` for it if it is yours; otherwise box it: `.map_request(|request| request.map(BodyExt::boxed))`"
)]
pub trait RepeatBody: Body<Data = Bytes, Error: Into<BoxError>> + Unpin + Sized {
    /// The body as the services beneath get it.
    type Attempt;

    /// Makes it of an attempt's body.
    fn attempt(body: ReplayBody<Self>) -> Self::Attempt;
}

/// Bodies that go out as [`ReplayBody`].
macro_rules! replayed {
    ($($(#[$cfg:meta])? [$($param:ident),*] $body:ty,)*) => {$(
        $(#[$cfg])?
        #[diagnostic::do_not_recommend]
        impl<$($param),*> RepeatBody for $body
        where
            Self: Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
        {
            type Attempt = ReplayBody<Self>;

            fn attempt(body: ReplayBody<Self>) -> ReplayBody<Self> {
                body
            }
        }
    )*};
}

replayed! {
    [] Empty<Bytes>,
    [] Full<Bytes>,
    [] String,
    [E] BoxBody<Bytes, E>,
    [E] UnsyncBoxBody<Bytes, E>,
    [L, R] Either<L, R>,
    [S] StreamBody<S>,
    [B] Limited<B>,
    [B, F] MapErr<B, F>,
    #[cfg(feature = "hyper")] [] hyper::body::Incoming,
}

/// Bodies that can hold any other and so stay what they are. One that is sent once needs no box.
macro_rules! reboxed {
    ($($feature:literal $body:ty: $new:expr,)*) => {$(
        #[cfg(feature = $feature)]
        impl RepeatBody for $body {
            type Attempt = Self;

            fn attempt(body: ReplayBody<Self>) -> Self {
                body.into_inner().unwrap_or_else($new)
            }
        }
    )*};
}

reboxed! {
    "axum" axum_core::body::Body: Self::new,
    "reqwest" reqwest::Body: Self::wrap,
    "tonic" tonic::body::Body: Self::new,
}
