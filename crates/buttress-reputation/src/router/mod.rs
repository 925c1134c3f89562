//! Several peers as one service, which sends each call to one that is likely to answer it.
//!
//! Answers the failure in which one of several peers is down, slow or overloaded: the others answer, and it is left alone until it
//! is back.
//!
//! # How it decides
//! ```text
//!   poll_ready: pick ──▶ ready? ──▶ kept for the call          3 peers are asked whether they are, more if none is for long
//!                │        │ no: wait for it and pick another
//!                │        └ failed: that is charged to it, and pick another
//!                └ nobody may be asked: ready at once; the call picks once more, and is refused if that finds nobody
//! ```
//! A [`Selection`](crate::selection::Selection) picks: by what the [ledger](crate::Ledger) knows of each peer, and what is under way there. Neither a pick nor a
//! call looks at all peers. Each call is judged, as under a layer, by a classifier at its head or [at the end of its
//! body](PeerRouter::at_body_end), and its outcome goes to the peer it went to, and to no other. A refusal by a layer between here
//! and there that was not sent says nothing about the peer.
//!
//! The services of the members are cloned for each call; clones of one share their connections and limits, as those of clients do.
//! The router is `Clone` itself and needs no `Buffer` above.
//!
//! # Where it stands in a stack
//! In place of the service: `deadline · retry · router · [each peer:] breaker · bulkhead · timeout · service`. What limits or times
//! attempts belongs to the service of each peer. A breaker there is one too many beside that of the ledger, unless either is
//! off; with [`readiness`](buttress::CircuitBreakerLayer::readiness) it leaves the choice to the router.
//!
//! A retry above sends the next attempt anywhere, unless it sends requests again [`Elsewhere`]: then each carries a [`Trail`], and
//! the router goes by that. The next attempt goes at once to a peer that has not had the request; to one that has had it only where
//! no other may be asked, after the wait that the retry is set to, and never to one that throttled it; and where nobody may be asked,
//! there is none. A refusal by a peer's own limits goes elsewhere too, and costs budget like any retry.
//!
//! # Example
//! ```
//! use buttress::retry::{self, RetryLayer};
//! use buttress::{Reason, Rejected, TimeoutLayer};
//! use buttress_reputation::router::{Elsewhere, PeerRouter};
//! use buttress_reputation::selection::{self, Selection};
//! use buttress_reputation::{Ledger, presets};
//! use http::{Request, Response, StatusCode};
//! # use std::convert::Infallible;
//! use std::time::Duration;
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[cfg(not(feature = "http"))]
//! # fn main() {}
//! # #[cfg(feature = "http")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), buttress::BoxError> {
//! let ledger = Ledger::new("orders", presets::router());
//! let origins = Selection::new(&ledger, selection::Config::default());
//! for (name, status) in [("a.example", StatusCode::SERVICE_UNAVAILABLE), ("b.example", StatusCode::OK)] {
//!     # let client = service_fn(move |_: Request<_>| async move {
//!     #     let mut response = Response::new(String::new());
//!     #     *response.status_mut() = status;
//!     #     Ok::<_, Infallible>(response)
//!     # });
//!     let origin = ServiceBuilder::new().layer(TimeoutLayer::new(Duration::from_secs(1))).service(client);
//!     origins.insert(name.to_owned(), origin);
//! }
//! let orders = ServiceBuilder::new()
//!     .layer(RetryLayer::http(retry::Config::default()).map_replay(Elsewhere::new))
//!     .service(PeerRouter::http(origins.clone()));
//!
//! // Whoever has the first attempt, the next one goes to the other.
//! let request = || Request::new(String::new());
//! for _ in 0..3 {
//!     assert_eq!(orders.clone().oneshot(request()).await?.status(), StatusCode::OK);
//! }
//! assert_eq!(ledger.peer("b.example").expect("it was asked").successful_calls, 3);
//!
//! // Where nobody may be asked, there is nothing to try again.
//! origins.remove("a.example");
//! origins.remove("b.example");
//! let refused = orders.oneshot(request()).await.unwrap_err();
//! let rejected = Rejected::find(&*refused).expect("there is no peer");
//! assert!(rejected.reason() == Reason::NoPeer && !rejected.was_sent());
//! # Ok(())
//! # }
//! ```
//!
//! # Readiness
//! The peer is picked in `poll_ready` and kept for `call`, with a place among the calls that are under way there, and a probe where
//! its breaker is half-open; the lease of that expires if the call never comes. While none of the three that were picked is ready, it
//! is not either, and takes the first of them that becomes so. Where the request [has been](Trail) at the peer that was kept, the
//! call lets that go, picks another one and waits until it is ready. It is never an error that no peer is ready: the call says so.
//! It is ready at once where nobody may be asked.
//!
//! A call that waits hears of members that come or go. Where there are others, it asks one more after 100 ms, then each time after
//! twice as long, or when the wait of one that may not be asked is over. tokio's timer tells it when: such a wait panics outside a
//! runtime. It waits for six at once: then the one that it waited for longest makes room for the next, so that peers whose readiness
//! never ends keep no call for ever.
//!
//! A peer that is kept is let go where something speaks against it by the time of the call: it has left, or has a ban by now, or an
//! open breaker. Where the readiness of all that were picked failed, the call asks once more, another one or the last one again,
//! as it has to say what is wrong; each is charged once.
//!
//! # Cancellation
//! A call that is dropped before its response, or midway through a body whose end is waited for, blames its peer for nothing and
//! gives back what it took; how long it lasted tells what the peer takes at least. A peer that leaves the selection finishes its calls.
//!
//! # Errors
//! A refusal is a [`Rejected`](buttress::Rejected) for [`Reason::NoPeer`](buttress::Reason::NoPeer) that was not sent: there are no
//! peers, or none of them may be asked, with the time after which one may be where that is known. As a response it is a 503 with
//! `Retry-After`, in gRPC UNAVAILABLE. An error of a peer comes through unchanged, also one of its readiness if all that were picked
//! failed in that.
//!
//! # Events
//! Those of the ledger: [`on_event`](crate::Ledger::on_event).
//!
//! # Beside tower
//! tower's `Balance` picks between two that are ready by their load, and polls all that are not. It has no `Clone`, takes a peer whose
//! readiness failed out for good, judges nobody, and prefers who fails fast. Its [`Discover`](tower::discover) is understood here:
//! [`PeerRouter::discover`].

mod alarm;
mod builder;
mod candidate;
mod common;
pub mod discover;
mod future;
mod permit;
mod service;
mod trail;
mod turn;

pub use common::PeerId;
pub use discover::Discovery;
pub use future::ResponseFuture;
pub use permit::Permit;
pub use service::PeerRouter;
pub use trail::{ByTrail, Elsewhere, Follow, NoTrail, Trail, TrailTape, Trailed};
