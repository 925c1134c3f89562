//! The one error that buttress makes.

use crate::{BoxError, Reason, Refusal};
use std::any::Any;
use std::collections::HashSet;
use std::error::Error;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use std::{fmt, io};

/// A call that a layer answered itself: refused before it was sent, or given up after.
///
/// 16 bytes on its way: who, and why. [`Rejected::find`] finds it in any error that went through other hands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Rejected {
    site: &'static Site,
    refusal: Refusal,
}

/// A layer by kind and name. Interned: as many as an application names layers, never one per key.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Site {
    pub(crate) layer: &'static str,
    pub(crate) name: &'static str,
}

impl Site {
    pub(crate) fn intern(layer: &'static str, name: &str) -> &'static Self {
        static SITES: Mutex<Option<HashSet<&'static Site>>> = Mutex::new(None);
        let mut sites = SITES.lock().unwrap_or_else(PoisonError::into_inner);
        let sites = sites.get_or_insert_default();
        if let Some(site) = sites.iter().find(|site| site.layer == layer && site.name == name) {
            return site;
        }
        let site: &'static Self = Box::leak(Box::new(Self { layer, name: Box::leak(Box::from(name)) }));
        sites.insert(site);
        site
    }

    /// Another number each time: it tells what came under this name from what comes under it later, and dice start from it.
    pub(crate) fn seed(&self) -> u64 {
        // The standard library's hasher is the one source of randomness it has.
        RandomState::new().hash_one(self)
    }
}

impl Rejected {
    pub(crate) const fn new(site: &'static Site, refusal: Refusal) -> Self {
        Self { site, refusal }
    }

    /// A rejection by a `layer` of another crate that somebody has named `name`. Both are kept for as long as the program runs,
    /// so they are few: one rejection is made by each layer, and [from that](Self::because) all others.
    ///
    /// ```
    /// use buttress::{Reason, Refusal, Rejected};
    ///
    /// let no_peer = Rejected::by("router", "orders", Refusal::new(Reason::NoPeer));
    /// assert_eq!(no_peer.to_string(), "router \"orders\": no peer to ask");
    /// ```
    #[must_use]
    pub fn by(layer: &'static str, name: &str, refusal: Refusal) -> Self {
        Self { site: Site::intern(layer, name), refusal }
    }

    /// A rejection by the same layer, for another reason or another time.
    #[must_use]
    pub const fn because(self, refusal: Refusal) -> Self {
        Self { refusal, ..self }
    }

    /// The kind of layer: `"circuit_breaker"`, `"timeout"`.
    #[must_use]
    pub const fn layer(&self) -> &'static str {
        self.site.layer
    }

    /// The name its owner gave to that layer; empty if none.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.site.name
    }

    /// Which rule refused.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.refusal.reason()
    }

    /// When to ask again, where the layer knows.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.refusal.retry_after()
    }

    /// The time that the call or its body had, where that is over.
    #[must_use]
    pub fn time_limit(&self) -> Option<Duration> {
        self.refusal.time_limit()
    }

    /// Whether the peer may have seen the call. What was not sent says nothing about the peer and is safe to send again;
    /// what was sent counts against it, except for [`Reason::DeadlineExceeded`].
    #[must_use]
    pub const fn was_sent(&self) -> bool {
        self.refusal.was_sent()
    }

    /// Looks for a rejection in `error` and everything it wraps.
    #[must_use]
    pub fn find(error: &(dyn Error + 'static)) -> Option<Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(rejected) = error.downcast_ref::<Self>() {
                return Some(*rejected);
            }
            // The source of an `io::Error` skips the very error it was made of.
            let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
            if let Some(found) = wrapped.and_then(|wrapped| Self::find(wrapped)) {
                return Some(found);
            }
            next = error.source();
        }
        None
    }

    /// Looks for a rejection in an error whose type may be anything.
    pub(crate) fn within<E: 'static>(error: &E) -> Option<Self> {
        Self::within_any(error)
    }

    /// The same of one whose type is not known any more.
    pub(crate) fn within_any(error: &dyn Any) -> Option<Self> {
        match error.downcast_ref::<Self>() {
            Some(rejected) => Some(*rejected),
            None => as_error(error).and_then(Self::find),
        }
    }
}

/// An error whose type may be anything, as an error: one in a box, or of a type that is known here.
pub(crate) fn as_error(error: &dyn Any) -> Option<&(dyn Error + 'static)> {
    if let Some(boxed) = error.downcast_ref::<BoxError>() {
        return Some(&**boxed);
    }
    #[cfg(feature = "axum")]
    if let Some(error) = error.downcast_ref::<axum_core::Error>() {
        return Some(error);
    }
    #[cfg(feature = "hyper")]
    if let Some(error) = error.downcast_ref::<hyper_util::client::legacy::Error>() {
        return Some(error);
    }
    #[cfg(feature = "hyper")]
    if let Some(error) = error.downcast_ref::<hyper::Error>() {
        return Some(error);
    }
    #[cfg(feature = "tonic")]
    if let Some(status) = error.downcast_ref::<tonic::Status>() {
        return Some(status);
    }
    #[cfg(feature = "tonic")]
    if let Some(error) = error.downcast_ref::<tonic::transport::Error>() {
        return Some(error);
    }
    #[cfg(feature = "reqwest")]
    if let Some(error) = error.downcast_ref::<reqwest::Error>() {
        return Some(error);
    }
    Some(error.downcast_ref::<io::Error>()?)
}

impl fmt::Debug for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Rejected");
        debug
            .field("layer", &self.layer())
            .field("name", &self.name())
            .field("refusal", &self.refusal)
            .finish()
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            "" => write!(f, "{}: {}", self.layer(), self.refusal),
            name => write!(f, "{} {name:?}: {}", self.layer(), self.refusal),
        }
    }
}

impl Error for Rejected {}

#[cfg(test)]
mod tests {
    use super::*;

    fn rejected() -> Rejected {
        Rejected::new(Site::intern("circuit_breaker", "orders"), Refusal::new(Reason::ForcedOpen))
    }

    #[test]
    fn a_rejection_is_sixteen_bytes_and_its_site_is_shared() {
        assert_eq!(size_of::<Rejected>(), 16);
        assert!(std::ptr::eq(rejected().site, rejected().site));
        assert_eq!(rejected().to_string(), "circuit_breaker \"orders\": forced open");
    }

    #[test]
    fn s0_16_it_is_found_in_boxes_sources_and_io_errors() {
        #[derive(Debug)]
        struct Outer(BoxError);
        impl fmt::Display for Outer {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("outer")
            }
        }
        impl Error for Outer {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(&*self.0)
            }
        }
        let nested = Outer(Box::new(Outer(Box::new(io::Error::other(rejected())))));
        assert_eq!(Rejected::find(&nested), Some(rejected()));
        let boxed: BoxError = Box::new(nested);
        assert_eq!(Rejected::within(&boxed), Some(rejected()));
        assert_eq!(Rejected::within(&io::Error::other(Outer(Box::new(rejected())))), Some(rejected()));
        assert_eq!(Rejected::within(&io::Error::other("else")), None);
        assert_eq!(Rejected::within(&5), None);
    }
}
