//! How a rejection reaches the caller: as a boxed error, in the caller's own error type, or as a response.

#[cfg(feature = "http")]
pub(crate) mod grpc;
#[cfg(feature = "tonic")]
mod status;

#[cfg(feature = "http")]
pub use grpc::RespondGrpc;
#[cfg(feature = "tonic")]
pub use status::AsStatus;

use crate::fallback::Failed;
use crate::{BoxError, Rejected};
use std::num::NonZeroU32;
use std::{fmt, io};

/// Delivers a rejection for a service with responses `Res` and errors `Err`. The second type parameter of each layer.
///
/// [`Boxed`] is the default; `.typed()`, `.respond()`, `.respond_with(f)`, `.respond_grpc()` and `.as_status()` choose the
/// others.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot deliver a buttress rejection beside the response `{Res}` and the error `{Err}`",
    label = "the response and the error of the service under the layer",
    note = "boxed, as by default, and under `.as_status()` the error must implement `std::error::Error`; `.typed()` and `.respond()` leave it alone",
    note = "under `.respond_grpc()` the response must be an `http::Response` of a body that is `Default`"
)]
pub trait Refuse<Res, Err> {
    /// The error type of the service with the layer on it.
    type Error;

    /// The answer to a call that was rejected.
    ///
    /// # Errors
    /// The rejection, where it travels as an error.
    fn refuse(&self, rejected: Rejected) -> Result<Res, Self::Error>;

    /// An error of the service beneath, in the type of this one.
    fn inner(error: Err) -> Self::Error;

    /// The rejection in an error of the service beneath, if a layer of buttress made it.
    fn rejected(error: &Err) -> Option<Rejected>;

    /// The last error of a call that [`retry`](crate::retry) made `attempts` of, as an error of that layer: as it is, unless
    /// the mode says otherwise.
    fn exhausted(error: Err, attempts: NonZeroU32) -> Self::Error {
        let _ = attempts;
        Self::inner(error)
    }

    /// An error of the service beneath whose [fallback](crate::fallback) failed too. Where the type of the error has no place
    /// for both, it is the one of the service.
    fn with_fallback(error: Err, fallback: BoxError) -> Self::Error {
        drop(fallback);
        Self::inner(error)
    }
}

/// The error is a [`BoxError`], by tower's convention. One box, however many layers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Boxed;

#[diagnostic::do_not_recommend]
impl<Res, Err: Into<BoxError> + 'static> Refuse<Res, Err> for Boxed {
    type Error = BoxError;

    fn refuse(&self, rejected: Rejected) -> Result<Res, BoxError> {
        Err(Box::new(rejected))
    }

    fn inner(error: Err) -> BoxError {
        error.into()
    }

    fn rejected(error: &Err) -> Option<Rejected> {
        Rejected::within(error)
    }

    fn with_fallback(error: Err, fallback: BoxError) -> BoxError {
        Carry::with_fallback(error.into(), fallback)
    }
}

/// The error type stays, and carries the rejection: see [`Carry`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Typed;

/// An error type that can carry a rejection, and tell whether it does.
///
/// Both ways: with `From` alone an outer layer could not see that an error is no failure of the peer.
///
/// ```
/// use buttress::{Carry, Rejected};
///
/// #[derive(Debug)]
/// enum OrderError {
///     SoldOut,
///     Rejected(Rejected),
/// }
///
/// impl Carry for OrderError {
///     fn carry(rejected: Rejected) -> Self {
///         Self::Rejected(rejected)
///     }
///
///     fn rejected(&self) -> Option<Rejected> {
///         match self {
///             Self::Rejected(rejected) => Some(*rejected),
///             Self::SoldOut => None,
///         }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot carry a buttress rejection",
    label = "the error type of the service under `.typed()`",
    note = "implement `buttress::Carry` for it if it is yours; otherwise leave `.typed()` out, answer with `.respond()`, or take `.as_status()` on a tonic channel"
)]
pub trait Carry: Sized {
    /// The error that says so.
    fn carry(rejected: Rejected) -> Self;

    /// The rejection in this error, if it is one.
    fn rejected(&self) -> Option<Rejected>;

    /// This error, of a call whose [fallback](crate::fallback) failed too. This error alone, unless it is overridden; the
    /// handle of the fallback counts that it failed.
    #[must_use]
    fn with_fallback(self, fallback: BoxError) -> Self {
        drop(fallback);
        self
    }
}

impl<Res, Err: Carry> Refuse<Res, Err> for Typed {
    type Error = Err;

    fn refuse(&self, rejected: Rejected) -> Result<Res, Err> {
        Err(Err::carry(rejected))
    }

    fn inner(error: Err) -> Err {
        error
    }

    fn rejected(error: &Err) -> Option<Rejected> {
        error.rejected()
    }

    fn with_fallback(error: Err, fallback: BoxError) -> Err {
        error.with_fallback(fallback)
    }
}

impl Carry for Rejected {
    fn carry(rejected: Rejected) -> Self {
        rejected
    }

    fn rejected(&self) -> Option<Rejected> {
        Some(*self)
    }
}

impl Carry for BoxError {
    fn carry(rejected: Rejected) -> Self {
        Box::new(rejected)
    }

    fn rejected(&self) -> Option<Rejected> {
        Rejected::find(&**self)
    }

    /// A [`Failed`] that has both.
    fn with_fallback(self, fallback: BoxError) -> Self {
        Box::new(Failed::new(self, fallback))
    }
}

impl Carry for io::Error {
    /// A time that is over is [`io::ErrorKind::TimedOut`], anything else [`io::ErrorKind::Other`].
    fn carry(rejected: Rejected) -> Self {
        let kind = match rejected.reason() {
            reason if reason.is_time_over() => io::ErrorKind::TimedOut,
            _ => io::ErrorKind::Other,
        };
        Self::new(kind, rejected)
    }

    fn rejected(&self) -> Option<Rejected> {
        Rejected::find(self)
    }

    /// A [`Failed`] that has both, of the same kind.
    fn with_fallback(self, fallback: BoxError) -> Self {
        Self::new(self.kind(), Failed::new(self.into(), fallback))
    }
}

/// The rejection becomes the response, so the error type stays, also when it is `Infallible`: see [`Answer`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Respond;

/// A response type that can say that a call was rejected.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot answer with a buttress rejection",
    label = "the response type of the service under `.respond()`",
    note = "`http::Response<B>` can when `B: Default` (feature `http`), and so can `reqwest::Response` (feature `reqwest`)",
    note = "for other types use `.respond_with(|rejected| …)`, or give the response another body beneath: `.map_response(|response| response.map(Body::new))`"
)]
pub trait Answer: Sized {
    /// The response that says so. It should keep `rejected` where [`Classify`](crate::Classify) finds it.
    fn answer(rejected: Rejected) -> Self;
}

impl<Res: Answer, Err: 'static> Refuse<Res, Err> for Respond {
    type Error = Err;

    fn refuse(&self, rejected: Rejected) -> Result<Res, Err> {
        Ok(Res::answer(rejected))
    }

    fn inner(error: Err) -> Err {
        error
    }

    fn rejected(error: &Err) -> Option<Rejected> {
        Rejected::within(error)
    }
}

/// The rejection becomes the response that a function makes of it.
#[derive(Clone, Copy)]
pub struct RespondWith<F>(pub(crate) F);

impl<F> RespondWith<F> {
    /// By `answer`, which is a function of a [`Rejected`]. Layers have `.respond_with(…)` for it; this is for a service of your
    /// own.
    pub const fn new(answer: F) -> Self {
        Self(answer)
    }
}

impl<F> fmt::Debug for RespondWith<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RespondWith")
    }
}

impl<Res, Err: 'static, F: Fn(Rejected) -> Res> Refuse<Res, Err> for RespondWith<F> {
    type Error = Err;

    fn refuse(&self, rejected: Rejected) -> Result<Res, Err> {
        Ok((self.0)(rejected))
    }

    fn inner(error: Err) -> Err {
        error
    }

    fn rejected(error: &Err) -> Option<Rejected> {
        Rejected::within(error)
    }
}
