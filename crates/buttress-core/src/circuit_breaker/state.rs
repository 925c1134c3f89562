//! The packed word and its legal changes.

use std::fmt;
use std::str::FromStr;

/// Where a breaker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Calls flow and are judged.
    Closed,
    /// A few leased probes find out whether the peer is back.
    HalfOpen,
    /// Calls are refused until the open time is over.
    Open,
    /// Calls are refused until an operator says otherwise.
    ForcedOpen,
    /// Calls flow and are counted, but not judged, until an operator says otherwise.
    ForcedClosed,
}

impl State {
    /// All states, in the order of their numbers.
    pub const ALL: [Self; 5] =
        [Self::Closed, Self::HalfOpen, Self::Open, Self::ForcedOpen, Self::ForcedClosed];

    /// The name in lower case with underscores: `half_open`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::HalfOpen => "half_open",
            Self::Open => "open",
            Self::ForcedOpen => "forced_open",
            Self::ForcedClosed => "forced_closed",
        }
    }

    /// The name in lower case with hyphens: `half-open`.
    #[must_use]
    pub const fn as_kebab_case(self) -> &'static str {
        match self {
            Self::HalfOpen => "half-open",
            Self::ForcedOpen => "forced-open",
            Self::ForcedClosed => "forced-closed",
            other => other.as_str(),
        }
    }

    /// The name in upper case: `HALF_OPEN`.
    #[must_use]
    pub const fn as_upper_case(self) -> &'static str {
        match self {
            Self::Closed => "CLOSED",
            Self::HalfOpen => "HALF_OPEN",
            Self::Open => "OPEN",
            Self::ForcedOpen => "FORCED_OPEN",
            Self::ForcedClosed => "FORCED_CLOSED",
        }
    }

    /// The number of gauges: 0 while calls flow, 1 while they are probed, 2 while they are refused.
    #[must_use]
    pub const fn as_number(self) -> u8 {
        match self {
            Self::Closed | Self::ForcedClosed => 0,
            Self::HalfOpen => 1,
            Self::Open | Self::ForcedOpen => 2,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text that names no state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownState(String);

impl fmt::Display for UnknownState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no state: closed, half_open, open, forced_open or forced_closed", self.0)
    }
}

impl std::error::Error for UnknownState {}

impl FromStr for State {
    type Err = UnknownState;

    /// Reads all spellings, and the numbers 0, 1 and 2.
    fn from_str(text: &str) -> Result<Self, UnknownState> {
        let name = text.to_ascii_lowercase().replace('-', "_");
        let by_name = |state: &Self| state.as_str() == name || state.as_str().replace('_', "") == name;
        let by_number = |state: &Self| state.as_number().to_string() == name;
        let found = Self::ALL.iter().find(|state| by_name(state) || by_number(state));
        found.copied().ok_or_else(|| UnknownState(text.to_owned()))
    }
}

/// State, generation and the counters of the state in one word: `state 3 | shadow 1 | generation 36 | counters 24`.
///
/// Each change of state, and each set of leases given up, starts a generation; what was begun in an older one counts
/// for nothing. The counters are the run of failures while closed, and the probes while half-open. While closed one more
/// bit says that the window holds failures which a success is to take out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Word(pub(super) u64);

const COUNTER_BITS: u32 = 24;
const GENERATION_BITS: u32 = 36;
const SHADOW: u64 = 1 << (COUNTER_BITS + GENERATION_BITS);
const STATE_SHIFT: u32 = 61;
const COUNTERS: u64 = (1 << COUNTER_BITS) - 1;
const RUN: u64 = 0xffff;
const SOILED: u64 = 1 << 16;
const BYTE: u64 = 0xff;
const SUCCESSES: u32 = 8;
const FAILURES: u32 = 16;

impl Word {
    /// The word of a new breaker.
    pub(super) const fn new(shadow: bool) -> Self {
        Self(0).with_shadow(shadow)
    }

    #[inline]
    pub(super) const fn state(self) -> State {
        match self.0 >> STATE_SHIFT {
            0 => State::Closed,
            1 => State::HalfOpen,
            2 => State::Open,
            3 => State::ForcedOpen,
            _ => State::ForcedClosed,
        }
    }

    #[inline]
    pub(super) const fn is_closed(self) -> bool {
        self.0 >> STATE_SHIFT == 0
    }

    #[inline]
    pub(super) const fn generation(self) -> u64 {
        (self.0 >> COUNTER_BITS) & ((1 << GENERATION_BITS) - 1)
    }

    pub(super) const fn is_shadow(self) -> bool {
        self.0 & SHADOW != 0
    }

    pub(super) const fn with_shadow(self, shadow: bool) -> Self {
        Self(if shadow { self.0 | SHADOW } else { self.0 & !SHADOW })
    }

    /// The same word in another state.
    pub(super) const fn with_state(self, state: State) -> Self {
        Self((self.0 & !(0b111 << STATE_SHIFT)) | ((state as u64) << STATE_SHIFT))
    }

    /// The first word of the next generation, in `state`.
    pub(super) const fn enter(self, state: State) -> Self {
        let generation = (self.generation() + 1) & ((1 << GENERATION_BITS) - 1);
        Self((generation << COUNTER_BITS) | (self.0 & SHADOW)).with_state(state)
    }

    // While closed.

    /// Failures since the last success, at most 65,535.
    #[inline]
    pub(super) const fn run(self) -> u64 {
        self.0 & RUN
    }

    pub(super) const fn with_run(self, run: u64) -> Self {
        Self((self.0 & !RUN) | if run < RUN { run } else { RUN })
    }

    /// Whether a success has nothing to end and nothing to take out.
    #[inline]
    pub(super) const fn is_clean(self) -> bool {
        self.0 & COUNTERS == 0
    }

    pub(super) const fn soiled(self) -> Self {
        Self(self.0 | SOILED)
    }

    pub(super) const fn cleaned(self) -> Self {
        Self(self.0 & !COUNTERS)
    }

    // While half-open.

    pub(super) const fn in_flight(self) -> u64 {
        self.0 & BYTE
    }

    pub(super) const fn successes(self) -> u64 {
        (self.0 >> SUCCESSES) & BYTE
    }

    pub(super) const fn failures(self) -> u64 {
        (self.0 >> FAILURES) & BYTE
    }

    pub(super) const fn probe_out(self) -> Self {
        Self(self.0 + 1)
    }

    pub(super) const fn probe_back(self) -> Self {
        Self(self.0 - 1)
    }

    pub(super) const fn probe_succeeded(self) -> Self {
        Self(self.0 - 1 + (1 << SUCCESSES))
    }

    /// At most 255 failures: the reopening that fewer have decided may still be under way.
    pub(super) const fn probe_failed(self) -> Self {
        let full = self.failures() == BYTE;
        Self(self.0 - 1 + if full { 0 } else { 1 << FAILURES })
    }

    /// The next generation of probes: the leases that are out count no more, what the others found out does.
    pub(super) const fn leases_given_up(self) -> Self {
        let next = self.enter(State::HalfOpen);
        Self(next.0 | (self.0 & ((BYTE << SUCCESSES) | (BYTE << FAILURES))))
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}:{:#x}", self.state(), self.generation(), self.0 & COUNTERS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c08_s0_11_one_state_has_three_spellings_and_a_number_and_reads_them_all() {
        for state in State::ALL {
            for name in [state.as_str(), state.as_kebab_case(), state.as_upper_case()] {
                assert_eq!(name.parse(), Ok(state));
            }
        }
        assert_eq!("HalfOpen".parse(), Ok(State::HalfOpen));
        let numbers = ["0", "1", "2"].map(|number| number.parse::<State>());
        assert_eq!(numbers, [Ok(State::Closed), Ok(State::HalfOpen), Ok(State::Open)]);
        assert!("ajar".parse::<State>().is_err());
    }

    #[test]
    fn s2_17_s2_18_s2_19_states_have_the_numbers_of_the_gauge() {
        assert_eq!([State::Closed, State::HalfOpen, State::Open].map(State::as_number), [0, 1, 2]);
    }

    #[test]
    fn the_fields_of_the_word_do_not_touch_each_other() {
        let word = Word::new(true).with_run(65_535);
        assert_eq!((word.run(), word.with_run(70_000).run(), word.generation()), (65_535, 65_535, 0));
        let soiled = word.soiled();
        assert_eq!(
            (soiled.run(), soiled.with_run(0).is_clean(), soiled.cleaned().is_clean()),
            (65_535, false, true)
        );
        assert_eq!(soiled.cleaned(), Word::new(true));
        let probing = word.enter(State::HalfOpen).probe_out().probe_out().probe_out();
        let probing = probing.probe_succeeded().probe_failed();
        assert_eq!((probing.in_flight(), probing.successes(), probing.failures()), (1, 1, 1));
        let next = probing.leases_given_up();
        assert_eq!((next.in_flight(), next.successes(), next.failures(), next.generation()), (0, 1, 1, 2));
        assert!(next.is_shadow() && next.state() == State::HalfOpen);
        let last = Word(((1 << GENERATION_BITS) - 1) << COUNTER_BITS);
        assert_eq!(last.enter(State::Open).generation(), 0);
    }
}
