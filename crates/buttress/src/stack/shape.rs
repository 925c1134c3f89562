//! The parts of a stack whose types vary.

use crate::retry::{self, RetryLayer};
use crate::source::Source;
use crate::{
    Boxed, BulkheadLayer, ErrorBudgetLayer, FallbackLayer, bandwidth, bulkhead, error_budget, failure_log,
    fallback, rate_limit,
};
use std::any::{Any, TypeId};
use tower_layer::{Identity, Layer};

/// How a stack tries again: the type of its retry, with the replay `Y`, the condition `W` and the hooks `K`.
pub type Tries<Y, W, K = retry::Hooks> = RetryLayer<Option<retry::Handle>, Boxed, Y, W, K>;

/// No fallback.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFallback;

/// What requests say of themselves to the parts that admit them: nothing if all are [`Alike`], or on a stack for HTTP or gRPC
/// what is in their extensions.
pub trait Terms {
    /// What they cost.
    type Cost: Clone;
    /// How many places they take, and how urgent they are.
    type Places: Source<State = bulkhead::Shared>;
    /// How a failure is described.
    type Failures: Clone;
    /// Whether they may be shed.
    type Budget: Source<State = error_budget::Shared>;

    /// For the rate limit.
    fn cost(&self) -> Self::Cost;

    /// For the bulkhead.
    fn places(&self, handle: Option<bulkhead::Handle>) -> BulkheadLayer<Self::Places>;

    /// For the failure log.
    fn failures(&self) -> Self::Failures;

    /// For the error budget, which sheds if `sheds` is true.
    fn budget(&self, handle: Option<error_budget::Handle>, sheds: bool) -> ErrorBudgetLayer<Self::Budget>;
}

/// Each request costs one token and takes one place, and none is more urgent than another.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alike;

impl Terms for Alike {
    type Cost = rate_limit::One;
    type Places = Option<bulkhead::Handle>;
    type Failures = failure_log::Plain;
    type Budget = Option<error_budget::Handle>;

    fn cost(&self) -> rate_limit::One {
        rate_limit::One
    }

    fn places(&self, handle: Option<bulkhead::Handle>) -> BulkheadLayer<Self::Places> {
        BulkheadLayer::from_handle(handle)
    }

    fn failures(&self) -> failure_log::Plain {
        failure_log::Plain
    }

    fn budget(&self, handle: Option<error_budget::Handle>, _: bool) -> ErrorBudgetLayer<Self::Budget> {
        ErrorBudgetLayer::from_handle(handle)
    }
}

/// An HTTP request says by [`Cost`](crate::Cost) in its extensions how many tokens it takes, by [`Places`](bulkhead::Places) how
/// many places, and by [`Priority`](bulkhead::Priority) how urgent it is.
#[cfg(feature = "http")]
#[derive(Clone, Copy, Debug, Default)]
pub struct ByExtensions;

#[cfg(feature = "http")]
impl Terms for ByExtensions {
    type Cost = rate_limit::ByCost;
    type Places = bulkhead::Extended<Option<bulkhead::Handle>>;
    type Failures = failure_log::OfHttp;
    type Budget = error_budget::Shedding<Option<error_budget::Handle>, error_budget::ByPriority>;

    fn cost(&self) -> rate_limit::ByCost {
        rate_limit::ByCost
    }

    fn places(&self, handle: Option<bulkhead::Handle>) -> BulkheadLayer<Self::Places> {
        BulkheadLayer::from_handle(handle).by_extensions()
    }

    fn failures(&self) -> failure_log::OfHttp {
        failure_log::OfHttp
    }

    fn budget(&self, handle: Option<error_budget::Handle>, sheds: bool) -> ErrorBudgetLayer<Self::Budget> {
        ErrorBudgetLayer::from_handle(handle).shed_low_priority_if(sheds)
    }
}

/// No limit on the bytes of bodies.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoBandwidth;

impl<S> Layer<S> for NoBandwidth {
    type Service = S;

    fn layer(&self, inner: S) -> S {
        inner
    }
}

/// The outermost of what a stack does with bodies: [`NoBandwidth`], or a `BandwidthLayer`.
pub trait Shaping {
    /// Its handle, unless there is none or it is off.
    fn handle(&self) -> Option<&bandwidth::Handle>;
}

impl Shaping for NoBandwidth {
    fn handle(&self) -> Option<&bandwidth::Handle> {
        None
    }
}

#[cfg(feature = "http")]
impl<X> Shaping for crate::BandwidthLayer<X> {
    fn handle(&self) -> Option<&bandwidth::Handle> {
        self.handle()
    }
}

/// The outermost of what a stack does about a failure: [`NoFallback`], or a [`FallbackLayer`].
pub trait Fallback<R> {
    /// The layer, in the refuse mode `R` of the stack.
    type Layer;

    /// Makes it.
    fn in_mode(&self, refuse: &R) -> Self::Layer;
}

/// What a stack says about its fallback.
pub trait Known {
    /// Its handle, unless there is none or it is off.
    fn handle(&self) -> Option<&fallback::Handle>;

    /// Whether it takes any response for a success, as it does not [know HTTP](FallbackLayer::http).
    fn is_plain(&self) -> bool;
}

impl<R> Fallback<R> for NoFallback {
    type Layer = Identity;

    fn in_mode(&self, _: &R) -> Identity {
        Identity::new()
    }
}

impl Known for NoFallback {
    fn handle(&self) -> Option<&fallback::Handle> {
        None
    }

    fn is_plain(&self) -> bool {
        false
    }
}

impl<A, W, P: Any, M> Known for FallbackLayer<A, W, P, M> {
    fn handle(&self) -> Option<&fallback::Handle> {
        self.handle()
    }

    fn is_plain(&self) -> bool {
        self.handle().is_some() && TypeId::of::<P>() == TypeId::of::<fallback::Plain>()
    }
}

impl<A: Clone, W: Clone, P: Clone, M: Clone, R: Clone> Fallback<R> for FallbackLayer<A, W, P, M> {
    type Layer = FallbackLayer<A, W, P, R>;

    fn in_mode(&self, refuse: &R) -> Self::Layer {
        self.clone().with_refuse(refuse.clone())
    }
}
