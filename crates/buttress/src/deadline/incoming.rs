//! Deadlines that come with a request.

use super::Deadline;
#[cfg(feature = "http")]
use super::Header;
use crate::Tick;

/// Where else than from the layer around a request has its deadline from, and where it takes it.
pub trait Incoming<Req> {
    /// The deadline that `request` came with at `now`, if it came with one.
    fn read(&self, request: &Req, now: Tick) -> Option<Deadline>;

    /// Gives `deadline` to `request`, for those beneath.
    fn write(&self, request: &mut Req, deadline: Deadline);
}

/// From nowhere else. The default.
#[derive(Clone, Copy, Debug, Default)]
pub struct Inherit;

impl<Req> Incoming<Req> for Inherit {
    #[inline]
    fn read(&self, _: &Req, _: Tick) -> Option<Deadline> {
        None
    }

    #[inline]
    fn write(&self, _: &mut Req, _: Deadline) {}
}

/// From the extensions of an `http::Request` and from headers of it; to its extensions, in which it also reaches what runs on
/// another task.
///
/// Headers come from whoever sends requests. They can make the call they come with shorter, and never longer than the limit of
/// the layer; what cannot be read as a time is not there. A call that they cut is no word about the peer: breakers above and
/// beneath ignore its [`Reason::DeadlineExceeded`](crate::Reason::DeadlineExceeded), so nobody else's calls are refused for it. Where that is still too much trust, [`Headers::none`] leaves them alone.
#[cfg(feature = "http")]
#[derive(Clone, Debug)]
pub struct Headers(Vec<Header>);

#[cfg(feature = "http")]
impl Default for Headers {
    /// `grpc-timeout`, and whole milliseconds in `buttress-timeout-ms`.
    fn default() -> Self {
        Self::none().and(Header::grpc()).and(Header::default())
    }
}

#[cfg(feature = "http")]
impl Headers {
    /// No header: the extensions alone, into which only the own program writes.
    #[must_use]
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// This header as well.
    #[must_use]
    pub fn and(mut self, header: Header) -> Self {
        self.0.push(header);
        self
    }
}

#[cfg(feature = "http")]
impl<B> Incoming<http::Request<B>> for Headers {
    fn read(&self, request: &http::Request<B>, now: Tick) -> Option<Deadline> {
        let told = self.0.iter().filter_map(|header| header.read(request.headers()));
        let told = told.map(|left| Deadline::at(now + left));
        told.chain(request.extensions().get().copied()).min()
    }

    fn write(&self, request: &mut http::Request<B>, deadline: Deadline) {
        request.extensions_mut().insert(deadline);
    }
}

/// From its headers alone, as its extensions are for reqwest itself: whoever waits beneath asks [`Deadline::current`].
#[cfg(feature = "reqwest")]
impl Incoming<reqwest::Request> for Headers {
    fn read(&self, request: &reqwest::Request, now: Tick) -> Option<Deadline> {
        self.0
            .iter()
            .filter_map(|header| header.read(request.headers()))
            .map(|left| Deadline::at(now + left))
            .min()
    }

    fn write(&self, _: &mut reqwest::Request, _: Deadline) {}
}
