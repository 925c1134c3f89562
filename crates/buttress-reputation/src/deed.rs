//! What peers do, and what it is worth.

use buttress_core::{FailureKind, InvalidConfig, Outcome};
use std::time::Duration;

/// One thing a peer did, as it is judged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Deed {
    kind: Kind,
    took: Option<Duration>,
}

/// What kind of thing it was, and how it ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    Sync { succeeded: bool },
    Message { succeeded: bool },
    Call(Outcome),
    Points(f64),
}

/// The most that one deed can move: the whole scale.
const MOST: f64 = 100.0;

impl Deed {
    /// A synchronisation with a peer: the large thing that peers do for each other.
    #[must_use]
    pub const fn sync(succeeded: bool) -> Self {
        Self::of(Kind::Sync { succeeded })
    }

    /// A message to or from a peer: the small thing that they do often.
    #[must_use]
    pub const fn message(succeeded: bool) -> Self {
        Self::of(Kind::Message { succeeded })
    }

    /// A call, as a router saw it end. What is [`Outcome::Ignored`] or [`Outcome::Cancelled`] is worth nothing.
    #[must_use]
    pub const fn call(outcome: Outcome) -> Self {
        Self::of(Kind::Call(outcome))
    }

    /// Something of your own, worth so many points of a score, above zero for good and below for bad: at most 100 either way,
    /// and none if it is no number. No operation is counted, and the breaker does not see it.
    #[must_use]
    pub const fn points(points: f64) -> Self {
        let points = if points.is_nan() { 0.0 } else { points.clamp(-MOST, MOST) };
        Self::of(Kind::Points(points))
    }

    /// How long it took.
    #[must_use]
    pub const fn taking(mut self, took: Duration) -> Self {
        self.took = Some(took);
        self
    }

    /// How long it took, if somebody said.
    #[must_use]
    pub const fn took(&self) -> Option<Duration> {
        self.took
    }

    /// How it ended, as a breaker understands it; [`Outcome::Ignored`] for points.
    #[must_use]
    pub const fn outcome(&self) -> Outcome {
        match self.kind {
            Kind::Sync { succeeded: true } | Kind::Message { succeeded: true } => Outcome::Success,
            Kind::Sync { succeeded: false } | Kind::Message { succeeded: false } => {
                Outcome::Failure(FailureKind::Error)
            }
            Kind::Call(outcome) => outcome,
            Kind::Points(_) => Outcome::Ignored,
        }
    }

    /// Whether it speaks against the peer.
    pub(crate) const fn is_bad(&self) -> bool {
        match self.kind {
            Kind::Points(points) => points < 0.0,
            _ => matches!(self.outcome(), Outcome::Failure(_) | Outcome::Throttled),
        }
    }

    pub(crate) const fn kind(&self) -> Kind {
        self.kind
    }

    const fn of(kind: Kind) -> Self {
        Self { kind, took: None }
    }
}

/// What each kind of deed is worth, in points: at least zero for a success, at most zero for a failure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weights {
    /// A synchronisation that succeeded. Default +2.
    pub sync_success: f64,
    /// A synchronisation that failed. Default −5: a peer has to succeed in more than five of seven to rise.
    pub sync_failure: f64,
    /// A message that arrived. Default +0.5.
    pub message_success: f64,
    /// A message that did not. Default −1.
    pub message_failure: f64,
    /// A call that succeeded. Default +0.5, as for a message: there are as many.
    pub call_success: f64,
    /// A call that failed. Default −1.
    pub call_failure: f64,
    /// A call that a peer turned down because it is asked too much. Default −0.5: no fault, and yet another peer is the better
    /// one to ask.
    pub call_throttled: f64,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            sync_success: 2.0,
            sync_failure: -5.0,
            message_success: 0.5,
            message_failure: -1.0,
            call_success: 0.5,
            call_failure: -1.0,
            call_throttled: -0.5,
        }
    }
}

impl Weights {
    /// One point for each deed, whatever it is: what counts is the share of them that succeed.
    pub const EVEN: Self = Self {
        sync_success: 1.0,
        sync_failure: -1.0,
        message_success: 1.0,
        message_failure: -1.0,
        call_success: 1.0,
        call_failure: -1.0,
        call_throttled: -1.0,
    };

    /// What `deed` is worth by these weights.
    #[must_use]
    pub const fn of(&self, deed: &Deed) -> f64 {
        match deed.kind {
            Kind::Sync { succeeded: true } => self.sync_success,
            Kind::Sync { succeeded: false } => self.sync_failure,
            Kind::Message { succeeded: true } => self.message_success,
            Kind::Message { succeeded: false } => self.message_failure,
            Kind::Call(Outcome::Success) => self.call_success,
            Kind::Call(Outcome::Failure(_)) => self.call_failure,
            Kind::Call(Outcome::Throttled) => self.call_throttled,
            Kind::Call(Outcome::Ignored | Outcome::Cancelled) => 0.0,
            Kind::Points(points) => points,
        }
    }

    pub(crate) fn check(&self) -> Result<(), InvalidConfig> {
        let raises = |knob, points: f64| {
            if (0.0..=MOST).contains(&points) {
                Ok(())
            } else {
                Err(InvalidConfig::new(knob, points, "0 to 100 points for a success"))
            }
        };
        let lowers = |knob, points: f64| {
            if (-MOST..=0.0).contains(&points) {
                Ok(())
            } else {
                Err(InvalidConfig::new(knob, points, "-100 to 0 points for a failure"))
            }
        };
        raises("sync_success", self.sync_success)?;
        lowers("sync_failure", self.sync_failure)?;
        raises("message_success", self.message_success)?;
        lowers("message_failure", self.message_failure)?;
        raises("call_success", self.call_success)?;
        lowers("call_failure", self.call_failure)?;
        lowers("call_throttled", self.call_throttled)
    }
}
