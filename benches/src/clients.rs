//! More clients than a rate limit has room for.

use crate::inner::Echo;
use crate::keys::mixed;
use allocation_counter::AllocationInfo;
use buttress::rate_limit::{Config, Keyed, Rate, RateLimitLayer};
use buttress::{Reason, Rejected};
use std::num::NonZeroUsize;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use tower_layer::Layer;
use tower_service::Service;

/// How many clients may have a limit of their own.
const CAPACITY: NonZeroUsize = NonZeroUsize::new(10_000).expect("ten thousand is not zero");

/// How many calls a client may make in a day.
const A_DAY: u32 = 5;

/// Clients that come once, and one that has used up what it may.
#[derive(Debug)]
pub struct Clients {
    keyed: Keyed<u64>,
    next: u64,
}

/// The client that has used up what it may.
const GREEDY: u64 = 0;

impl Default for Clients {
    fn default() -> Self {
        let rate = Rate::per_day(A_DAY.into()).expect("five a day is a rate");
        let config = Config::new(rate, A_DAY).expect("a day is short enough");
        let mut clients = Self { keyed: Keyed::with_capacity("clients", config, CAPACITY), next: 1 };
        for _ in 0..A_DAY {
            assert!(clients.admits(GREEDY), "the first calls of a day are admitted");
        }
        clients
    }
}

impl Clients {
    /// Makes a call of each of so many clients that were never seen before, and returns by how many bytes the heap grew.
    pub fn bytes_of(&mut self, clients: u64) -> i64 {
        let AllocationInfo { bytes_current, .. } = allocation_counter::measure(|| {
            for client in self.next..self.next + clients {
                assert!(self.admits(client), "nobody is refused for what another did");
            }
        });
        self.next += clients;
        bytes_current
    }

    /// Whether the client that has used up what it may is still told so.
    pub fn remembers(&mut self) -> bool {
        !self.admits(GREEDY)
    }

    /// How many clients have a limit now, and how many can have one.
    #[must_use]
    pub fn keys(&self) -> (usize, usize) {
        (self.keyed.len(), self.keyed.capacity())
    }

    fn admits(&mut self, client: u64) -> bool {
        let by_number = |request: &u64| Some(mixed(*request));
        let mut service = RateLimitLayer::from_handle(self.keyed.clone().by(by_number)).layer(Echo);
        let cx = &mut Context::from_waker(Waker::noop());
        assert!(service.poll_ready(cx).is_ready(), "the service beneath always is");
        match pin!(service.call(client)).poll(cx) {
            Poll::Ready(Ok(_)) => true,
            Poll::Ready(Err(error)) => {
                let rejected = Rejected::find(&*error).expect("nothing else fails");
                assert_eq!(rejected.reason(), Reason::RateLimited);
                false
            }
            Poll::Pending => unreachable!("it answers at once"),
        }
    }
}
