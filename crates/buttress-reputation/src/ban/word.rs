//! A ban in one word, so that whoever asks needs no lock.

use buttress_core::Tick;
use std::time::Duration;

/// `banned 1 | endless 1 | times 8 | time 54`: while banned the time is when that is over, afterwards when it was. In
/// microseconds, of which 54 bits last 570 years.
///
/// The word of a peer that never was banned is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word(pub(crate) u64);

/// Who is banned, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Banned {
    /// `None` for ever.
    pub(crate) until: Option<Tick>,
    pub(crate) times: u32,
}

const BANNED: u64 = 1 << 63;
const ENDLESS: u64 = 1 << 62;
const TIMES_SHIFT: u32 = 54;
const TIMES: u64 = 0xff;
const TIME: u64 = (1 << TIMES_SHIFT) - 1;
const NANOS: u64 = 1_000;

impl Word {
    /// Banned until then, for the so manieth time. A time is cut to the unit it is kept in, so no ban is longer than it was
    /// said to be; one that does not fit is none.
    pub(crate) fn banned(until: Option<Tick>, times: u32) -> Self {
        let word = BANNED | (u64::from(times).min(TIMES) << TIMES_SHIFT);
        let until = until.map(|until| until.as_nanos() / NANOS).filter(|until| *until <= TIME);
        Self(until.map_or(word | ENDLESS, |until| word | until))
    }

    /// The ban is over: since its time, or since now if that has not come.
    pub(crate) fn over(self, now: Tick) -> Self {
        let since = if self.is_due(now) { self.time() } else { now };
        let micros = since.as_nanos() / NANOS;
        Self((self.0 & (TIMES << TIMES_SHIFT)) | if micros < TIME { micros } else { TIME })
    }

    /// Banned as far as anybody said, though it may be over.
    #[inline]
    pub(crate) const fn is_marked(self) -> bool {
        self.0 & BANNED != 0
    }

    /// Banned, and the time is over: somebody is to say so.
    #[inline]
    pub(crate) fn is_due(self, now: Tick) -> bool {
        self.is_marked() && !self.is_endless() && now >= self.time()
    }

    /// How long the ban goes on, if there is one; `None` in it for ever.
    #[inline]
    pub(crate) fn left(self, now: Tick) -> Option<Option<Duration>> {
        if !self.is_marked() || self.is_due(now) {
            return None;
        }
        Some((!self.is_endless()).then(|| self.time().since(now)))
    }

    /// When the ban ends by itself, if there is one and it does.
    pub(crate) fn ends(self) -> Option<Tick> {
        (self.is_marked() && !self.is_endless()).then(|| self.time())
    }

    /// The ban at `now`.
    pub(crate) fn ban(self, now: Tick) -> Option<Banned> {
        self.left(now)?;
        Some(Banned { until: (!self.is_endless()).then(|| self.time()), times: self.times() })
    }

    /// How often it was banned.
    pub(crate) const fn times(self) -> u32 {
        ((self.0 >> TIMES_SHIFT) & TIMES) as u32
    }

    /// How often it was banned, as far as that is remembered at `now`.
    pub(crate) fn remembered(self, forgotten_after: Duration, now: Tick) -> u32 {
        let lasts = self.left(now).is_some();
        if lasts || now < self.time() + forgotten_after { self.times() } else { 0 }
    }

    const fn is_endless(self) -> bool {
        self.0 & ENDLESS != 0
    }

    /// When a ban is over that has an end, and when one was that is over.
    pub(crate) const fn time(self) -> Tick {
        Tick::from_nanos((self.0 & TIME) * NANOS)
    }
}
