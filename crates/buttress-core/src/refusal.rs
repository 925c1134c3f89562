//! Why a call got no answer from its peer, in eight bytes.

use crate::Tick;
use crate::clock::nanos;
use std::fmt;
use std::time::Duration;

/// A machine's "no": a reason and a time, packed into one word so that a refusal costs a register on its way.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Refusal(u64);

/// Which rule refused the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The circuit breaker is open.
    Open,
    /// The circuit breaker is half-open and all its probes are out.
    HalfOpen,
    /// An operator opened the circuit breaker; only an operator closes it.
    ForcedOpen,
    /// The call was sent and had no answer within its time limit.
    TimedOut,
    /// The call's deadline was over before it was sent.
    Expired,
    /// The call was sent and had no answer in the time that its deadline left. That was less than the peer is given
    /// otherwise, so it says nothing about the peer.
    DeadlineExceeded,
    /// Nothing more of a body came within its limit.
    BodyIdle,
    /// A body lasted longer than its limit.
    BodyTotal,
    /// As many calls are under way as there may be, and as many wait as there may.
    Full,
    /// The call waited for its turn as long as it may.
    QueueTimedOut,
    /// The calls of late have used up what a rate limit allows.
    RateLimited,
    /// The call asks for more at once than a limit ever allows.
    TooLarge,
    /// The call matters less than others, and too many have failed of late for one more that may.
    Shed,
    /// None of the peers that could take the call may be asked now, or there are none.
    NoPeer,
}

impl Reason {
    /// Whether time was over, and no room or permission was missing.
    #[must_use]
    pub const fn is_time_over(self) -> bool {
        match self {
            Self::Open
            | Self::HalfOpen
            | Self::ForcedOpen
            | Self::Full
            | Self::QueueTimedOut
            | Self::RateLimited
            | Self::TooLarge
            | Self::Shed
            | Self::NoPeer => false,
            Self::TimedOut | Self::Expired | Self::DeadlineExceeded | Self::BodyIdle | Self::BodyTotal => {
                true
            }
        }
    }
}

const TIME_BITS: u32 = 56;
const TIME_MASK: u64 = (1 << TIME_BITS) - 1;
const SECOND: u64 = 1_000_000_000;

impl Refusal {
    /// A refusal without a time.
    #[must_use]
    pub const fn new(reason: Reason) -> Self {
        Self((reason as u64) << TIME_BITS)
    }

    /// A refusal that ends after `time`, at most 833 days and at least a nanosecond; where its time was over, the time
    /// limit.
    #[must_use]
    pub fn after(reason: Reason, time: Duration) -> Self {
        Self::after_nanos(reason, nanos(time))
    }

    #[inline]
    pub(crate) const fn after_nanos(reason: Reason, nanos: u64) -> Self {
        let nanos = if nanos > TIME_MASK { TIME_MASK } else { nanos };
        Self(((reason as u64) << TIME_BITS) | if nanos == 0 { 1 } else { nanos })
    }

    /// The refusal given at `given`, as it is at `now`: with the time that is left. It stands although its time is over; then
    /// it asks for another second.
    #[inline]
    #[must_use]
    pub const fn kept(self, given: Tick, now: Tick) -> Self {
        let (since, left) = (now.as_nanos().saturating_sub(given.as_nanos()), self.0 & TIME_MASK);
        match left {
            0 => self,
            _ if since < left => Self(self.0 - since),
            _ => Self((self.0 & !TIME_MASK) | SECOND),
        }
    }

    /// Whether it lasts no longer than so many nanoseconds.
    #[inline]
    #[must_use]
    pub const fn ends_within(self, nanos: u64) -> bool {
        let time = self.0 & TIME_MASK;
        time != 0 && time <= nanos
    }

    /// Which rule refused.
    #[must_use]
    pub const fn reason(self) -> Reason {
        match self.0 >> TIME_BITS {
            0 => Reason::Open,
            1 => Reason::HalfOpen,
            2 => Reason::ForcedOpen,
            3 => Reason::TimedOut,
            4 => Reason::Expired,
            5 => Reason::DeadlineExceeded,
            6 => Reason::BodyIdle,
            7 => Reason::BodyTotal,
            8 => Reason::Full,
            9 => Reason::QueueTimedOut,
            10 => Reason::RateLimited,
            11 => Reason::TooLarge,
            12 => Reason::Shed,
            _ => Reason::NoPeer,
        }
    }

    /// When to ask again, where the machine knows: the rest of the open time, until a rate limit admits the call, until an
    /// error budget may have recovered, or until the first peer may be asked again; and at most a second while probes are out, as
    /// they can end at any moment.
    #[must_use]
    pub fn retry_after(self) -> Option<Duration> {
        match self.reason() {
            Reason::HalfOpen => Some(self.time()?.min(Duration::from_secs(1))),
            Reason::Open | Reason::ForcedOpen | Reason::RateLimited | Reason::Shed | Reason::NoPeer => {
                self.time()
            }
            _ => None,
        }
    }

    /// How long the cause of the refusal can last: the rest of the open time, or of the leases of the probes that are out,
    /// until a rate limit admits the call, until an error budget may have recovered, or until the first peer may be asked again.
    /// `None` if only an operator ends it, or nothing.
    #[must_use]
    pub fn lasts(self) -> Option<Duration> {
        self.time().filter(|_| !self.is_of_a_limit())
    }

    /// The time that the call, its body or its wait for a turn had, where that is over.
    #[must_use]
    pub fn time_limit(self) -> Option<Duration> {
        self.time().filter(|_| self.is_of_a_limit())
    }

    /// Whether its time is one that is over, and not one to wait for.
    const fn is_of_a_limit(self) -> bool {
        self.reason().is_time_over() || matches!(self.reason(), Reason::QueueTimedOut)
    }

    /// Whether the peer may have seen the call. One that was not sent says nothing about the peer; one that was sent
    /// counts against it, except for [`Reason::DeadlineExceeded`].
    #[must_use]
    pub const fn was_sent(self) -> bool {
        self.reason().is_time_over() && !matches!(self.reason(), Reason::Expired)
    }

    fn time(self) -> Option<Duration> {
        match self.0 & TIME_MASK {
            0 => None,
            nanos => Some(Duration::from_nanos(nanos)),
        }
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refusal").field("reason", &self.reason()).field("time", &self.time()).finish()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.reason(), self.time()) {
            (Reason::Open, Some(wait)) => write!(f, "open for another {wait:.1?}"),
            (Reason::Open, None) => f.write_str("open"),
            (Reason::HalfOpen, _) => f.write_str("half-open with all its probes out"),
            (Reason::ForcedOpen, _) => f.write_str("forced open"),
            (Reason::TimedOut, Some(limit)) => write!(f, "no answer within {limit:?}"),
            (Reason::TimedOut, None) => f.write_str("no answer in time"),
            (Reason::Expired, _) => f.write_str("its deadline was over before it was sent"),
            (Reason::DeadlineExceeded, Some(left)) => {
                write!(f, "no answer within the {left:?} that its deadline left")
            }
            (Reason::DeadlineExceeded, None) => f.write_str("no answer before its deadline"),
            (Reason::BodyIdle, Some(limit)) => write!(f, "no more of the body within {limit:?}"),
            (Reason::BodyIdle, None) => f.write_str("no more of the body in time"),
            (Reason::BodyTotal, Some(limit)) => write!(f, "the body lasted longer than {limit:?}"),
            (Reason::BodyTotal, None) => f.write_str("the body lasted too long"),
            (Reason::Full, _) => f.write_str("full"),
            (Reason::QueueTimedOut, Some(wait)) => write!(f, "no turn within {wait:?}"),
            (Reason::QueueTimedOut, None) => f.write_str("no turn in time"),
            (Reason::RateLimited, Some(wait)) => write!(f, "over its rate for another {wait:.1?}"),
            (Reason::RateLimited, None) => f.write_str("over its rate"),
            (Reason::TooLarge, _) => f.write_str("more at once than is ever allowed"),
            (Reason::Shed, Some(wait)) => {
                write!(f, "shed, as the error budget is low, for another {wait:.1?}")
            }
            (Reason::Shed, None) => f.write_str("shed, as the error budget is low"),
            (Reason::NoPeer, Some(wait)) => write!(f, "no peer to ask for another {wait:.1?}"),
            (Reason::NoPeer, None) => f.write_str("no peer to ask"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_its_reason_and_its_time() {
        for reason in [
            Reason::Open,
            Reason::HalfOpen,
            Reason::ForcedOpen,
            Reason::TimedOut,
            Reason::Expired,
            Reason::DeadlineExceeded,
            Reason::BodyIdle,
            Reason::BodyTotal,
            Reason::Full,
            Reason::QueueTimedOut,
            Reason::RateLimited,
            Reason::TooLarge,
            Reason::Shed,
            Reason::NoPeer,
        ] {
            assert_eq!(Refusal::new(reason).reason(), reason);
            assert_eq!(Refusal::new(reason).time(), None);
            let timed = Refusal::after(reason, Duration::from_millis(1500));
            assert_eq!((timed.reason(), timed.time()), (reason, Some(Duration::from_millis(1500))));
            assert_eq!(Refusal::after(reason, Duration::MAX).reason(), reason);
            assert_eq!(Refusal::after(reason, Duration::ZERO).time(), Some(Duration::from_nanos(1)));
        }
    }

    #[test]
    fn d10_a_refusal_that_was_kept_tells_what_is_left_and_never_nothing() {
        let refusal = Refusal::after(Reason::Open, Duration::from_secs(30));
        let given = Tick::from_nanos(7);
        let after = |secs| refusal.kept(given, given + Duration::from_secs(secs)).retry_after();
        assert_eq!([0, 10, 29].map(after), [30, 20, 1].map(|secs| Some(Duration::from_secs(secs))));
        assert_eq!([30, 31, u64::MAX].map(after), [Some(Duration::from_secs(1)); 3]);
        let forced = Refusal::new(Reason::ForcedOpen);
        assert_eq!(forced.kept(given, Tick::MAX), forced);
        // F1: a clock that went back takes nothing off.
        assert_eq!(refusal.kept(given, Tick::ZERO), refusal);
    }

    #[test]
    fn a_refusal_is_one_word() {
        assert_eq!(size_of::<Refusal>(), 8);
    }
}
