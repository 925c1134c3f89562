//! More keys than there is room for.

use crate::inner::Echo;
use allocation_counter::AllocationInfo;
use buttress::circuit_breaker::{CircuitBreakerLayer, Config, Keyed};
use buttress::metrics::Exporter;
use buttress::registry::Registry;
use std::num::NonZeroUsize;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use tower_layer::Layer;
use tower_service::Service;

/// How many keys may have a breaker.
const CAPACITY: NonZeroUsize = NonZeroUsize::new(10_000).expect("ten thousand is not zero");

/// How many keys may have series of their own.
pub const TOP_KEYS: usize = 20;

/// Keys that a service never saw before, one with each call, and what they leave behind.
#[derive(Debug)]
pub struct Flood {
    keyed: Keyed<u64>,
    exporter: Exporter,
    next: u64,
}

impl Default for Flood {
    fn default() -> Self {
        let keyed = Keyed::with_capacity("flood", Config::default(), CAPACITY);
        let registry = Registry::new();
        registry.add(keyed.clone()).expect("the registry is empty");
        let exporter =
            Exporter::builder(registry).top_keys(TOP_KEYS).build().expect("these settings are valid");
        Self { keyed, exporter, next: 0 }
    }
}

impl Flood {
    /// Makes so many calls, each with a key of its own, and returns by how many bytes the heap grew.
    pub fn bytes_of(&mut self, calls: u64) -> i64 {
        let AllocationInfo { bytes_current, .. } = allocation_counter::measure(|| self.call(calls));
        bytes_current
    }

    fn call(&mut self, calls: u64) {
        let by_number = |request: &u64| Some(request.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut service = CircuitBreakerLayer::from_handle(self.keyed.clone().by(by_number)).layer(Echo);
        let cx = &mut Context::from_waker(Waker::noop());
        for request in self.next..self.next + calls {
            assert!(service.poll_ready(cx).is_ready(), "the service beneath always is");
            assert!(matches!(pin!(service.call(request)).poll(cx), Poll::Ready(Ok(_))), "it answers at once");
        }
        self.next += calls;
    }

    /// How many keys have a breaker now, and how many can have one.
    #[must_use]
    pub fn keys(&self) -> (usize, usize) {
        (self.keyed.len(), self.keyed.capacity())
    }

    /// How many values of the label for keys a scrape shows.
    #[must_use]
    pub fn labels(&self) -> usize {
        let page = self.exporter.render();
        let requests =
            page.lines().filter(|line| line.starts_with("buttress_circuit_breaker_requests_total{"));
        requests.filter(|line| line.contains(r#"result="success""#)).count()
    }
}
