//! What the attempts of one request know of one another.

use crate::selection::Tried;
use buttress::Outcome;
use buttress::retry::{Outlook, Replay};
use std::fmt;
use std::num::NonZeroU32;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Which peers one request was sent to, by all of its attempts together, and which of those want no more of it. It travels in the
/// request; a clone is the same trail.
///
/// A retry that sends requests again [`Elsewhere`] makes one for each call, and a router that looks for it
/// ([`PeerRouter::by_trail`](super::PeerRouter::by_trail)) writes into it.
#[derive(Clone, Default)]
pub struct Trail(Arc<Steps>);

#[derive(Default)]
struct Steps {
    tried: Tried,
    /// Of those, the ones that asked for it.
    left_alone: OnceLock<Tried>,
    /// Who knows where another attempt would go: the router that had the first.
    router: OnceLock<Arc<dyn LookOut>>,
}

/// Says who would be asked.
pub(super) trait LookOut: Send + Sync {
    /// Whether one of the members whose number is `wanted` would take a call.
    fn would_admit(&self, wanted: &dyn Fn(u64) -> bool) -> bool;
}

impl Trail {
    /// Nobody has been asked yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An attempt goes to this member.
    pub(super) fn goes_to(&self, number: u64, router: impl FnOnce() -> Arc<dyn LookOut>) {
        self.0.router.get_or_init(router);
        self.0.tried.add(number);
    }

    /// Whether the member has not had the request yet.
    pub(super) fn is_new(&self, number: u64) -> bool {
        !self.0.tried.contains(number)
    }

    /// Whether the member may have it, once more if need be.
    pub(super) fn may_have(&self, number: u64) -> bool {
        self.0.left_alone.get().is_none_or(|left_alone| !left_alone.contains(number))
    }

    /// An attempt at this member ended so. One that has had enough of this client is not asked by this request again; one that
    /// says when to ask it again is, then, unless there is another.
    pub(super) fn ended(&self, number: u64, outcome: Outcome, retry_after: Option<Duration>) {
        let asks = outcome == Outcome::Throttled || retry_after.is_some();
        if asks && (outcome == Outcome::Throttled || self.leads_elsewhere()) {
            self.0.left_alone.get_or_init(Tried::new).add(number);
        }
    }

    fn leads_elsewhere(&self) -> bool {
        self.would_admit(&|number| self.is_new(number))
    }

    fn would_admit(&self, wanted: &dyn Fn(u64) -> bool) -> bool {
        self.0.router.get().is_some_and(|router| router.would_admit(wanted))
    }

    /// Who another attempt would come to, as it looks now: `None` as long as no router has had the request. To look is not to
    /// ask: nobody counts it.
    #[must_use]
    pub fn outlook(&self) -> Option<Outlook> {
        let _ = self.0.router.get()?;
        Some(if self.leads_elsewhere() {
            Outlook::Elsewhere
        } else if self.would_admit(&|number| self.may_have(number)) {
            Outlook::Again
        } else {
            Outlook::Nowhere
        })
    }
}

impl fmt::Debug for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Steps { tried, left_alone, .. } = &*self.0;
        let mut debug = f.debug_struct("Trail");
        debug.field("tried", tried).field("left_alone", &left_alone.get()).finish_non_exhaustive()
    }
}

/// A request that can carry a [`Trail`]. An `http::Request` does so in its extensions; a `reqwest::Request` has none for others, so
/// its attempts go to whoever is best then. For a type of your own:
///
/// ```
/// use buttress_reputation::router::{Trail, Trailed};
///
/// #[derive(Clone)]
/// struct GetBlock {
///     height: u64,
///     trail: Option<Trail>,
/// }
///
/// impl Trailed for GetBlock {
///     fn set_trail(&mut self, trail: Trail) {
///         self.trail = Some(trail);
///     }
///
///     fn take_trail(&mut self) -> Option<Trail> {
///         self.trail.take()
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no place for the trail of its attempts",
    label = "the requests of a router or a retry that knows where they went",
    note = "implement `buttress_reputation::router::Trailed` for it if it is yours; an `http::Request` has it with feature `http`"
)]
pub trait Trailed {
    /// Puts it in.
    fn set_trail(&mut self, trail: Trail);

    /// Takes it out: routers beneath another are none of its business.
    fn take_trail(&mut self) -> Option<Trail>;
}

#[cfg(feature = "http")]
impl<B> Trailed for http::Request<B> {
    fn set_trail(&mut self, trail: Trail) {
        self.extensions_mut().insert(trail);
    }

    fn take_trail(&mut self) -> Option<Trail> {
        self.extensions_mut().remove()
    }
}

/// Where a router finds the trail of a request.
pub trait Follow<Req> {
    /// The trail of `request`, if it has one.
    fn trail(&self, request: &mut Req) -> Option<Trail>;
}

/// Looks for none: each attempt goes to whoever is best then.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoTrail;

impl<Req> Follow<Req> for NoTrail {
    #[inline]
    fn trail(&self, _: &mut Req) -> Option<Trail> {
        None
    }
}

/// Finds it in requests that [carry](Trailed) one.
#[derive(Clone, Copy, Debug, Default)]
pub struct ByTrail;

impl<Req: Trailed> Follow<Req> for ByTrail {
    #[inline]
    fn trail(&self, request: &mut Req) -> Option<Trail> {
        request.take_trail()
    }
}

/// Sends requests again as the [`Replay`] within does, each to another peer than before as long as there is one that may be asked:
/// for a retry above a router, as `retry.map_replay(Elsewhere::new)`.
///
/// Then it does not wait before it asks another one, no refusal by a peer is final that another one could answer, and there is no
/// other attempt where nobody would take it. All of that costs budget as any retry does.
#[derive(Clone, Copy, Debug, Default)]
pub struct Elsewhere<Y> {
    replay: Y,
}

impl<Y> Elsewhere<Y> {
    /// As `replay` does.
    pub const fn new(replay: Y) -> Self {
        Self { replay }
    }
}

/// What is kept of a request and where it has been.
#[derive(Debug)]
pub struct TrailTape<T> {
    tape: T,
    trail: Trail,
}

impl<Req, Y: Replay<Req, Attempt: Trailed>> Replay<Req> for Elsewhere<Y> {
    type Attempt = Y::Attempt;
    type Tape = TrailTape<Y::Tape>;

    fn first(&self, request: Req) -> (Y::Attempt, Self::Tape) {
        let (mut attempt, tape) = self.replay.first(request);
        let trail = Trail::new();
        if self.replay.counts(&tape) {
            attempt.set_trail(trail.clone());
        }
        (attempt, TrailTape { tape, trail })
    }

    fn once(&self, request: Req) -> Y::Attempt {
        self.replay.once(request)
    }

    fn again(&self, tape: &Self::Tape, attempt: NonZeroU32) -> Option<Y::Attempt> {
        let mut attempt = self.replay.again(&tape.tape, attempt)?;
        attempt.set_trail(tape.trail.clone());
        Some(attempt)
    }

    fn permits(&self, tape: &Self::Tape, unprocessed: bool) -> bool {
        self.replay.permits(&tape.tape, unprocessed)
    }

    fn counts(&self, tape: &Self::Tape) -> bool {
        self.replay.counts(&tape.tape)
    }

    fn deadline(&self, tape: &Self::Tape) -> Option<buttress::Deadline> {
        self.replay.deadline(&tape.tape)
    }

    fn outlook(&self, tape: &Self::Tape) -> Option<Outlook> {
        tape.trail.outlook()
    }
}
