//! What a machine tells those who watch it.

use crate::Tick;
use crate::circuit_breaker::Transition;
use std::fmt;

/// One thing that happened, in the envelope that all layers share.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// When it happened. `buttress::clock::system_time` tells what the clock on the wall said.
    pub at: Tick,
    /// The kind of layer, such as `"circuit_breaker"`.
    pub layer: &'static str,
    /// The name its owner gave to that one.
    pub name: &'static str,
    /// What happened.
    pub kind: EventKind,
}

/// What happened; each layer adds its own.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum EventKind {
    /// A circuit breaker changed its state.
    Transition(Transition),
}

impl Event {
    /// The event `kind` of the layer `layer` named `name`.
    #[must_use]
    pub const fn new(at: Tick, layer: &'static str, name: &'static str, kind: EventKind) -> Self {
        Self { at, layer, name, kind }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { layer, name, kind: EventKind::Transition(transition), .. } = self;
        write!(f, "{layer} {name}: {transition}")
    }
}
