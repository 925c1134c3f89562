//! Whose bodies they are.

use super::handle::Handle;
use super::peer::Peer;
use crate::key::KeyOf;

/// Says through which limits the bodies of a request go: those of all peers [together](Together), or also those of [its
/// peer](ByPeer).
pub trait Select<Req> {
    /// The peer whose request it is, if it has limits of its own.
    fn peer(&self, handle: &Handle, request: &Req) -> Option<Peer>;
}

/// No peer has limits of its own.
#[derive(Clone, Copy, Debug)]
pub struct Together;

/// Each peer has, and the key of a request says whose it is.
#[derive(Clone, Copy, Debug)]
pub struct ByPeer<X>(pub(super) X);

impl<Req> Select<Req> for Together {
    #[inline]
    fn peer(&self, _: &Handle, _: &Req) -> Option<Peer> {
        None
    }
}

impl<Req, X: KeyOf<Req>> Select<Req> for ByPeer<X> {
    fn peer(&self, handle: &Handle, request: &Req) -> Option<Peer> {
        self.0.key(request).map(|key| handle.peer(&*key))
    }
}
