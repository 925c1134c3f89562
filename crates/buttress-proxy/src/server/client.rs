//! What is known of one client connection, written down once for all of its requests.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::HeaderValue;

/// One client connection: who it is, and whether an answer on it is still incomplete.
#[derive(Debug)]
pub(crate) struct Client {
    address: IpAddr,
    forwarded_for: HeaderValue,
    forwarded: HeaderValue,
    answer_unfinished: AtomicBool,
    place: Mutex<Option<Arc<dyn Holds>>>,
}

/// What an answer takes up elsewhere for as long as it goes on.
pub(crate) trait Holds: fmt::Debug + Send + Sync {
    /// Gives it back early.
    fn let_go(&self);
}

impl Client {
    pub(crate) fn new(peer: SocketAddr) -> Self {
        let address = peer.ip().to_canonical();
        let forwarded = format!("for={};proto=http", forwarded_node(address));
        let value = |text: String| HeaderValue::try_from(text).expect("an address is printable ASCII");
        Self {
            address,
            forwarded_for: value(address.to_string()),
            forwarded: value(forwarded),
            answer_unfinished: AtomicBool::new(false),
            place: Mutex::new(None),
        }
    }

    /// The address the connection comes from; an IPv4 one as such.
    pub(crate) fn address(&self) -> IpAddr {
        self.address
    }

    /// The value of `X-Forwarded-For`.
    pub(crate) fn forwarded_for(&self) -> HeaderValue {
        self.forwarded_for.clone()
    }

    /// The value of `Forwarded` (RFC 7239).
    pub(crate) fn forwarded(&self) -> HeaderValue {
        self.forwarded.clone()
    }

    pub(crate) fn is_answer_unfinished(&self) -> bool {
        self.answer_unfinished.load(Ordering::Relaxed)
    }

    /// An answer goes on behind its head, and holds this meanwhile.
    pub(crate) fn answer_begins(&self, place: Option<Arc<impl Holds + 'static>>) {
        self.answer_unfinished.store(true, Ordering::Relaxed);
        *self.place() = place.map(|place| place as Arc<dyn Holds>);
    }

    /// All of it is there to be sent.
    pub(crate) fn answer_ends(&self) {
        self.answer_unfinished.store(false, Ordering::Relaxed);
    }

    /// The client has left a part of its answer lying: nothing needs to be held for it any more.
    pub(crate) fn let_go(&self) {
        let place = self.place().take();
        if let Some(place) = place {
            place.let_go();
        }
    }

    /// The answer is gone, and what it holds is its own affair.
    pub(crate) fn forget_place(&self) {
        *self.place() = None;
    }

    fn place(&self) -> MutexGuard<'_, Option<Arc<dyn Holds>>> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An address as `Forwarded` wants it.
pub(crate) fn forwarded_node(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("\"[{address}]\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_as_their_headers_want_them() {
        let client = |peer: &str| Client::new(peer.parse().unwrap());
        assert_eq!(client("192.0.2.7:4711").forwarded(), "for=192.0.2.7;proto=http");
        assert_eq!(client("[2001:db8::1]:4711").forwarded(), "for=\"[2001:db8::1]\";proto=http");
        assert_eq!(client("[2001:db8::1]:4711").forwarded_for(), "2001:db8::1");
        assert_eq!(client("[::ffff:192.0.2.7]:1").forwarded_for(), "192.0.2.7");
    }
}
