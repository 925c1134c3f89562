//! How a router is put together.

use super::common::{Common, PeerId};
use super::discover::Discovery;
use super::service::{Chosen, PeerRouter};
use super::trail::{ByTrail, NoTrail};
use crate::clock::fine;
use crate::selection::Selection;
#[cfg(feature = "http")]
use buttress::{AtEnd, AtEndBoxed, RespondGrpc};
use buttress::{AtHead, BoxError, Boxed, Reason, Refusal, Rejected, Respond, RespondWith, Typed, classify};
use std::sync::Arc;
use tower::discover::Discover;

/// What rejections by a router say made them.
const LAYER: &str = "router";

impl<K: PeerId, S> PeerRouter<K, S> {
    /// Over the members of `selection`, each with its service. Any error is a failure of its peer, any response a success. It goes
    /// by the name of the ledger.
    #[must_use]
    pub fn new(selection: Selection<K, S>) -> Self {
        // The first reading takes long, and no call is to wait for it.
        let _ = fine();
        let rejected = Rejected::by(LAYER, selection.ledger().name(), Refusal::new(Reason::NoPeer));
        let common = Common { selection, rejected, discovery: None };
        Self {
            common: Arc::new(common),
            refuse: Boxed,
            judge: AtHead::new(classify::Errors),
            follow: NoTrail,
            chosen: Chosen::Nothing,
        }
    }
}

#[cfg(feature = "http")]
impl<K: PeerId, S> PeerRouter<K, S, Boxed, AtHead<classify::Http>, ByTrail> {
    /// The same for `http::Request`s: judges [HTTP responses](classify::Http), and looks for the [`Trail`](super::Trail) of a
    /// request in its extensions.
    #[must_use]
    pub fn http(selection: Selection<K, S>) -> Self {
        PeerRouter::new(selection).classify(classify::Http).by_trail()
    }
}

#[cfg(feature = "http")]
impl<K: PeerId, S> PeerRouter<K, S, Boxed, AtEnd<classify::Grpc>, ByTrail> {
    /// The same for gRPC: judges [responses](classify::Grpc) when their trailers are there.
    #[must_use]
    pub fn grpc(selection: Selection<K, S>) -> Self {
        PeerRouter::new(selection).classify(classify::Grpc).at_body_end().by_trail()
    }
}

impl<K: PeerId, S, R, J, T> PeerRouter<K, S, R, J, T> {
    /// Takes peers in and leaves them out as `discover` says: a bounded number of them each time that somebody asks whether the
    /// router, or a clone of it, is ready. See [`Discovery`] for its end.
    #[must_use]
    pub fn discover<D>(self, discover: D) -> Self
    where
        D: Discover<Key = K, Service = S, Error: Into<BoxError>> + Send + 'static,
        K: PeerId,
        S: Send + Sync + 'static,
    {
        let discovery = Some(Discovery::new(discover));
        self.map_common(|common| Common { discovery, ..common })
    }

    /// Looks for the [`Trail`](super::Trail) of each request, and sends it where it has not been.
    #[must_use]
    pub fn by_trail(self) -> PeerRouter<K, S, R, J, ByTrail> {
        let Self { common, refuse, judge, .. } = self;
        PeerRouter { common, refuse, judge, follow: ByTrail, chosen: Chosen::Nothing }
    }

    /// Delivers rejections by `mode`: any of buttress's, such as `AsStatus` for tonic's clients.
    #[must_use]
    pub fn refuse<R2>(self, mode: R2) -> PeerRouter<K, S, R2, J, T> {
        let Self { common, judge, follow, .. } = self;
        PeerRouter { common, refuse: mode, judge, follow, chosen: Chosen::Nothing }
    }

    /// Leaves the error type as it is; it must [carry](buttress::Carry) the rejection.
    #[must_use]
    pub fn typed(self) -> PeerRouter<K, S, Typed, J, T> {
        self.refuse(Typed)
    }

    /// Makes the rejection a [response](buttress::Answer), so that the error type stays, also an `Infallible` one.
    #[must_use]
    pub fn respond(self) -> PeerRouter<K, S, Respond, J, T> {
        self.refuse(Respond)
    }

    /// Makes the rejection a response by the function.
    #[must_use]
    pub fn respond_with<F>(self, answer: F) -> PeerRouter<K, S, RespondWith<F>, J, T> {
        self.refuse(RespondWith::new(answer))
    }

    /// Makes the rejection a [gRPC response](RespondGrpc), so that the error type stays: for servers.
    #[cfg(feature = "http")]
    #[must_use]
    pub fn respond_grpc(self) -> PeerRouter<K, S, RespondGrpc, J, T> {
        self.refuse(RespondGrpc)
    }

    fn map_judge<J2>(self, map: impl FnOnce(J) -> J2) -> PeerRouter<K, S, R, J2, T> {
        let Self { common, refuse, judge, follow, .. } = self;
        PeerRouter { common, refuse, judge: map(judge), follow, chosen: Chosen::Nothing }
    }

    fn map_common(self, map: impl FnOnce(Common<K, S>) -> Common<K, S>) -> Self {
        let Common { selection, rejected, discovery } = &*self.common;
        let common =
            Common { selection: selection.clone(), rejected: *rejected, discovery: discovery.clone() };
        Self { common: Arc::new(map(common)), chosen: Chosen::Nothing, ..self }
    }
}

impl<K: PeerId, S, R, C, T> PeerRouter<K, S, R, AtHead<C>, T> {
    /// Judges results by `classify`: a type, or a closure over `Result<&Response, &Error>`.
    #[must_use]
    pub fn classify<C2>(self, classify: C2) -> PeerRouter<K, S, R, AtHead<C2>, T> {
        self.map_judge(|_| AtHead::new(classify))
    }
}

#[cfg(feature = "http")]
impl<K: PeerId, S, R, C, T> PeerRouter<K, S, R, AtHead<C>, T> {
    /// Judges a call when its body has ended, and not by its head alone: see [`AtEnd`]. Until then the call is under way at its
    /// peer, as far as the next choice goes.
    ///
    /// The body's type changes, to [`JudgedBody`](buttress::JudgedBody). Comes after the classifier.
    #[must_use]
    pub fn at_body_end(self) -> PeerRouter<K, S, R, AtEnd<C>, T> {
        self.map_judge(|judge| AtEnd::new(judge.into_inner(), true))
    }

    /// The same for bodies that can be [boxed again](buttress::Rebox): the type of the response stays.
    #[must_use]
    pub fn at_body_end_boxed(self) -> PeerRouter<K, S, R, AtEndBoxed<C>, T> {
        self.map_judge(|judge| AtEndBoxed::new(AtEnd::new(judge.into_inner(), true)))
    }
}

#[cfg(feature = "http")]
impl<K: PeerId, S, R, C, T> PeerRouter<K, S, R, AtEnd<C>, T> {
    /// A body of which nothing comes for so long while somebody waits for it has failed: the call is judged, and
    /// [`JudgedBody::is_stalled`](buttress::JudgedBody::is_stalled) says so. Without it silence has no limit.
    #[must_use]
    pub fn stalled_after(self, limit: std::time::Duration) -> Self {
        self.map_judge(|judge| judge.stalled_after(limit))
    }
}
