//! What one call is to do.

use std::fmt;

/// What one call does.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How often it is not done yet; it wakes itself each time.
    pub pending: usize,
    /// How it ends.
    pub result: Result<&'static str, ProbeError>,
    /// Where it panics.
    pub panic: Option<PanicAt>,
}

/// Where a call can panic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PanicAt {
    /// In `call`.
    Call,
    /// At the end of the future, instead of returning.
    Future,
    /// In a classifier: a [`Trap`] beneath the layer's own words for one.
    Classifier,
    /// In a function that is asked about the request: see [`Plan::ask`].
    Request,
}

impl Plan {
    /// Succeeds at once.
    pub const OK: Self = Self { pending: 0, result: Ok("ok"), panic: None };
    /// Fails at once.
    pub const FAIL: Self = Self { result: Err(ProbeError("call")), ..Self::OK };
    /// Never ends.
    pub const HANG: Self = Self { pending: usize::MAX, ..Self::OK };

    /// Succeeds after `pending` polls.
    #[must_use]
    pub const fn after(pending: usize) -> Self {
        Self { pending, ..Self::OK }
    }

    /// Panics there.
    #[must_use]
    pub const fn panic(place: PanicAt) -> Self {
        let result = Ok(if matches!(place, PanicAt::Classifier) { TRAP } else { "ok" });
        Self { result, panic: Some(place), ..Self::OK }
    }

    /// Panics if the plan is to panic at this place.
    ///
    /// # Panics
    /// That is what it is for.
    pub fn ask(&self, place: PanicAt) {
        assert!(self.panic != Some(place), "planned panic: {place:?}");
    }
}

/// The response that a [`Trap`] panics at.
const TRAP: &str = "the classifier panics";

/// A classifier that takes any error for a failure, and panics where the plan says so.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trap;

impl<Err> buttress::Classify<&'static str, Err> for Trap {
    fn classify(&self, result: Result<&&'static str, &Err>) -> buttress::Outcome {
        assert!(!matches!(result, Ok(&TRAP)), "planned panic: {:?}", PanicAt::Classifier);
        buttress::classify::Errors.classify(result)
    }
}

/// The error of a [`Probe`](crate::Probe).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeError(pub &'static str);

impl fmt::Display for ProbeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the probe failed in {}", self.0)
    }
}

impl std::error::Error for ProbeError {}
