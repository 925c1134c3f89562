//! Random use of a service: calls that are polled, dropped and left alone in any order, by any clone.

use crate::{CallResult, Erased, ErasedFuture, PanicAt, Plan, Rig, Task, caught, poll_ready};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::collections::VecDeque;
use std::task::Poll;
use std::time::Duration;
use tower::Service;

/// One step.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Op {
    /// Calls, if the service is ready.
    Call(Plan),
    /// Polls one of the calls in flight.
    Poll(usize),
    /// Drops one of the calls in flight.
    Drop(usize),
    /// Goes on with a clone of the service.
    Clone,
    /// Lets so many milliseconds pass.
    Wait(u64),
}

/// What a step showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Nothing,
    NotReady,
    Called,
    Pending,
    Ended(Result<&'static str, String>),
    Panicked,
}

/// A service in use.
pub(crate) struct Walk {
    service: Erased,
    in_flight: VecDeque<Task<ErasedFuture>>,
    /// How often it was called.
    pub(crate) calls: u64,
}

impl Walk {
    pub(crate) const fn new(service: Erased) -> Self {
        Self { service, in_flight: VecDeque::new(), calls: 0 }
    }

    /// Makes one step. Time passes for all walks alike, so that is for the caller to do.
    pub(crate) fn step(&mut self, op: Op) -> Seen {
        match op {
            Op::Call(plan) => match poll_ready(&mut self.service) {
                Poll::Pending => Seen::NotReady,
                Poll::Ready(Err(error)) => panic!("the inner service is always ready: {error}"),
                Poll::Ready(Ok(())) => {
                    self.calls += 1;
                    match caught(|| self.service.call(plan)) {
                        Ok(call) => self.in_flight.push_back(Task::new(call)),
                        Err(message) => return panicked(&message),
                    }
                    Seen::Called
                }
            },
            Op::Poll(which) => self.take(which).map_or(Seen::Nothing, |mut call| {
                match caught(|| call.poll()) {
                    Ok(Poll::Ready(result)) => return Seen::Ended(text(result)),
                    Ok(Poll::Pending) => self.in_flight.push_back(call),
                    Err(message) => return panicked(&message),
                }
                Seen::Pending
            }),
            Op::Drop(which) => {
                drop(self.take(which));
                Seen::Nothing
            }
            Op::Clone => {
                self.service = self.service.clone();
                Seen::Nothing
            }
            Op::Wait(_) => Seen::Nothing,
        }
    }

    fn take(&mut self, which: usize) -> Option<Task<ErasedFuture>> {
        let which = which.checked_rem(self.in_flight.len())?;
        self.in_flight.swap_remove_back(which)
    }
}

fn text(result: CallResult) -> Result<&'static str, String> {
    result.map_err(|error| error.to_string())
}

fn panicked(message: &str) -> Seen {
    assert!(message.contains("planned"), "{message}");
    Seen::Panicked
}

/// Lets the time of a step pass.
pub(crate) async fn pass(op: Op) {
    if let Op::Wait(millis) = op {
        tokio::time::advance(Duration::from_millis(millis)).await;
    }
}

fn plan() -> impl Strategy<Value = Plan> {
    prop_oneof![
        4 => Just(Plan::OK),
        4 => (1_usize..4).prop_map(Plan::after),
        4 => Just(Plan::FAIL),
        1 => (1_usize..4).prop_map(|pending| Plan { pending, ..Plan::FAIL }),
        1 => Just(Plan::HANG),
        1 => prop::sample::select(vec![PanicAt::Call, PanicAt::Future]).prop_map(Plan::panic),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => plan().prop_map(Op::Call),
        6 => any::<usize>().prop_map(Op::Poll),
        2 => any::<usize>().prop_map(Op::Drop),
        1 => Just(Op::Clone),
        1 => prop::sample::select(vec![1, 400, 20_000]).prop_map(Op::Wait),
    ]
}

/// Makes as many random walks as are worth their time, each in a runtime of its own, and shows the shortest that fails.
pub(crate) fn walks(make: crate::Make<'_>, check: impl AsyncFn(&Rig, &[Op])) {
    const CASES: u32 = 200;
    let settings = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, b"every walk keeps to the contract");
    let ops = prop::collection::vec(op(), 1..80);
    let result = caught(|| {
        TestRunner::new_with_rng(settings, rng).run(&ops, |ops| {
            crate::run(make, async |rig| check(rig, &ops).await);
            Ok(())
        })
    });
    match result {
        Ok(Ok(())) => {}
        Ok(Err(failure)) => panic!("{failure}"),
        Err(message) => panic!("{message}"),
    }
}
