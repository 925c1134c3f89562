//! The parts of a stack whose types vary.

use crate::retry::{self, RetryLayer};
use crate::{Boxed, FallbackLayer, fallback};
use std::any::{Any, TypeId};
use tower_layer::{Identity, Layer};

/// How a stack tries again: the type of its retry, with the replay `Y`, the condition `W` and the hooks `K`.
pub type Tries<Y, W, K = retry::Hooks> = RetryLayer<Option<retry::Handle>, Boxed, Y, W, K>;

/// No fallback.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFallback;

/// No limit on the bytes of bodies.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoBandwidth;

impl<S> Layer<S> for NoBandwidth {
    type Service = S;

    fn layer(&self, inner: S) -> S {
        inner
    }
}

/// What a stack says about the bytes of bodies.
pub trait Shaping {}

impl Shaping for NoBandwidth {}

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
