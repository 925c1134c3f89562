//! What others choose between services by.

use crate::inner::Echo;
use crate::paths::Path;
use crate::worker::kept;
use std::fmt;
use std::task::{Context, Poll};
use std::time::Duration;
use tower::balance::p2c::Balance;
use tower::discover::ServiceList;
use tower::load::{CompleteOnResponse, PeakEwma};
use tower_layer::Layer;
use tower_resilience_outlier::{OutlierDetectionLayer, OutlierDetector};
use tower_resilience_router::WeightedRouter;
use tower_service::Service;

/// tower's choice of two by latency and load, among ten services. A balance cannot be cloned, so it is one that nobody shares.
pub const TOWER_BALANCE_10: Path =
    Path { name: "tower Balance of PeakEwma, 10, shared by nobody", make: || balanced(10) };
/// The same among a hundred.
pub const TOWER_BALANCE_100: Path =
    Path { name: "tower Balance of PeakEwma, 100, shared by nobody", make: || balanced(100) };
/// The same among ten thousand.
pub const TOWER_BALANCE_10K: Path =
    Path { name: "tower Balance of PeakEwma, 10,000, shared by nobody", make: || balanced(10_000) };

/// tower-resilience's router, which takes turns by weight among ten services and asks all of them whether they are ready.
pub const TOWER_RESILIENCE_ROUTER: Path = Path {
    name: "tower-resilience router, 10",
    make: || {
        let routes = (0..10).fold(WeightedRouter::builder(), |routes, _| routes.route(Echo, 1));
        kept(routes.build(), 0, |result| result.is_ok())
    },
};

/// tower-resilience's outlier detection around one service of ten. It chooses nobody.
pub const TOWER_RESILIENCE_OUTLIER: Path = Path {
    name: "tower-resilience outlier, one of 10",
    make: || {
        let detector = OutlierDetector::new();
        for instance in 0..10 {
            detector.register(instance.to_string(), 5);
        }
        let layer = OutlierDetectionLayer::builder().detector(detector).instance_name("0").build();
        kept(layer.expect("these settings are valid").layer(Echo), 0, |result| result.is_ok())
    },
};

fn balanced(services: usize) -> Box<dyn crate::worker::Worker> {
    kept(Unshared::new(services), 0, |result| result.is_ok())
}

type Services = ServiceList<Vec<PeakEwma<Echo>>>;

/// A balance with clones that share nothing, as twins of a worker have to be.
struct Unshared {
    balance: Balance<Services, u64>,
    services: usize,
}

impl Unshared {
    fn new(services: usize) -> Self {
        let (rtt, decay) = (Duration::from_micros(500), 10e9);
        let service = || PeakEwma::new(Echo, rtt, decay, CompleteOnResponse::default());
        let list: Vec<_> = (0..services).map(|_| service()).collect();
        Self { balance: Balance::new(ServiceList::new(list)), services }
    }
}

impl Clone for Unshared {
    fn clone(&self) -> Self {
        Self::new(self.services)
    }
}

impl fmt::Debug for Unshared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unshared").field("services", &self.services).finish_non_exhaustive()
    }
}

impl Service<u64> for Unshared {
    type Response = u64;
    type Error = tower::BoxError;
    type Future = <Balance<Services, u64> as Service<u64>>::Future;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.balance.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, request: u64) -> Self::Future {
        self.balance.call(request)
    }
}
