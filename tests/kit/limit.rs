//! A limit of calls in flight, with a queue: right, or wrong in one way.

use std::collections::VecDeque;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use support::{Ledger, Plan, Subject};
use tower::{Layer, Service};

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Nothing,
    CallsAClone,
    ReservesAgain,
    ClonesItsPlace,
    TakesTwoPlaces,
    KeepsThePlaceOfTheDropped,
    KeepsThePlaceAfterAnError,
    KeepsTheFirstWaker,
    LosesTheWakeOfTheDropped,
    WakesNobody,
    Spins,
    IsSlow,
    KeepsThePlaceOfACancelledCall,
    CountsACancelledCallTwice,
    LeavesATask,
    SharesNothing,
}

const LIMIT: usize = 3;

/// A limit with this fault, under test.
pub(crate) fn subject(fault: Fault) -> Subject {
    of(LIMIT, fault)
}

/// One that no check comes near, so that a right one changes nothing.
pub(crate) fn wide(fault: Fault) -> Subject {
    of(1_000, fault)
}

fn of(limit: usize, fault: Fault) -> Subject {
    let shared = Shared::of(limit);
    let (held, places, ledger) = (shared.clone(), shared.clone(), shared.clone());
    Subject::new(Limit { shared, fault })
        .held(move || limit - held.lock().free)
        .places(limit, move || places.lock().take(&places, Fault::Nothing))
        .ledger(move || ledger.lock().ledger)
}

#[derive(Clone)]
struct Limit {
    shared: Shared,
    fault: Fault,
}

impl<S> Layer<S> for Limit {
    type Service = LimitService<S>;

    fn layer(&self, inner: S) -> LimitService<S> {
        let mut shared = self.shared.clone();
        if self.fault == Fault::SharesNothing {
            shared = Shared::of(LIMIT);
        }
        LimitService { inner, shared, fault: self.fault, place: None, turn: None }
    }
}

#[derive(Default)]
struct Places {
    free: usize,
    waiting: VecDeque<(u64, Waker)>,
    turns: u64,
    ledger: Ledger,
}

impl Places {
    fn take(&mut self, shared: &Shared, fault: Fault) -> Option<Place> {
        let width = if fault == Fault::TakesTwoPlaces { 2 } else { 1 };
        self.free = self.free.checked_sub(width)?;
        Some(Place { shared: shared.clone(), fault, width, called: false })
    }
}

#[derive(Clone)]
struct Shared(Arc<Mutex<Places>>);

impl Shared {
    fn of(limit: usize) -> Self {
        Self(Arc::new(Mutex::new(Places { free: limit, ..Places::default() })))
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake_one(&self) {
        let next = self.lock().waiting.pop_front();
        if let Some((_, waker)) = next {
            waker.wake();
        }
    }
}

/// One place. Its drop gives it back, and ends the call it was for.
struct Place {
    shared: Shared,
    fault: Fault,
    width: usize,
    called: bool,
}

impl Place {
    fn succeed(mut self) {
        self.called = false;
        self.shared.lock().ledger.ended += 1;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = self.shared.lock();
        if self.called {
            let times = if self.fault == Fault::CountsACancelledCallTwice { 2 } else { 1 };
            places.ledger.ended += times;
            places.ledger.cancelled += times;
            places.ledger.panicked += u64::from(std::thread::panicking());
        }
        if self.called && self.fault == Fault::KeepsThePlaceOfACancelledCall {
            return;
        }
        places.free += self.width;
        drop(places);
        if self.fault != Fault::WakesNobody {
            self.shared.wake_one();
        }
    }
}

struct LimitService<S> {
    inner: S,
    shared: Shared,
    fault: Fault,
    place: Option<Place>,
    /// Its turn in the queue, or the one that was called when a place became free.
    turn: Option<u64>,
}

impl<S> LimitService<S> {
    fn poll_place(&mut self, cx: &mut Context<'_>) -> Poll<Place> {
        // Asked and queued under one lock: a place that becomes free in between would wake nobody.
        let mut places = self.shared.lock();
        if let Some(place) = places.take(&self.shared, self.fault) {
            let turn = self.turn.take();
            places.waiting.retain(|(waiting, _)| Some(*waiting) != turn);
            return Poll::Ready(place);
        }
        places.turns += 1;
        let turn = *self.turn.get_or_insert(places.turns);
        match places.waiting.iter_mut().find(|(waiting, _)| *waiting == turn) {
            Some(_) if self.fault == Fault::KeepsTheFirstWaker => {}
            Some((_, waker)) => waker.clone_from(cx.waker()),
            None => places.waiting.push_back((turn, cx.waker().clone())),
        }
        if self.fault == Fault::Spins {
            tokio::spawn({
                let waker = cx.waker().clone();
                async move {
                    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
                    waker.wake();
                }
            });
        }
        Poll::Pending
    }
}

impl<S: Service<Plan, Response = &'static str> + Clone> Service<Plan> for LimitService<S>
where
    S::Future: Send + Sync + 'static,
{
    type Response = &'static str;
    type Error = S::Error;
    type Future = LimitFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        if self.place.is_none() {
            self.place = Some(ready!(self.poll_place(cx)));
        } else if self.fault == Fault::ReservesAgain {
            mem::forget(self.shared.lock().take(&self.shared, self.fault));
        }
        let ready = self.inner.poll_ready(cx);
        if matches!(ready, Poll::Ready(Err(_))) && self.fault != Fault::KeepsThePlaceAfterAnError {
            self.place = None;
        }
        ready
    }

    fn call(&mut self, plan: Plan) -> LimitFuture<S::Future> {
        let mut place = self.place.take().expect("it is ready");
        place.called = true;
        let inner = match self.fault {
            Fault::CallsAClone => self.inner.clone().call(plan),
            _ => self.inner.call(plan),
        };
        if self.fault == Fault::LeavesATask {
            tokio::spawn(std::future::pending::<()>());
        }
        let late = self.fault == Fault::IsSlow;
        LimitFuture { inner: Box::pin(inner), place: Some(place), late }
    }
}

impl<S: Clone> Clone for LimitService<S> {
    fn clone(&self) -> Self {
        let Self { inner, shared, fault, .. } = self;
        let (inner, shared, fault) = (inner.clone(), shared.clone(), *fault);
        let mut place = None;
        if fault == Fault::ClonesItsPlace && self.place.is_some() {
            place = shared.lock().take(&shared, fault);
        }
        Self { inner, shared, fault, place, turn: None }
    }
}

impl<S> Drop for LimitService<S> {
    fn drop(&mut self) {
        if self.fault == Fault::KeepsThePlaceOfTheDropped {
            mem::forget(self.place.take());
        }
        let Some(turn) = self.turn else { return };
        let mut places = self.shared.lock();
        let before = places.waiting.len();
        places.waiting.retain(|(waiting, _)| *waiting != turn);
        // Woken, and gone before it took its place: the next one gets it.
        let passes_on = places.waiting.len() == before && places.free > 0;
        drop(places);
        if passes_on && self.fault != Fault::LosesTheWakeOfTheDropped {
            self.shared.wake_one();
        }
    }
}

struct LimitFuture<F> {
    inner: Pin<Box<F>>,
    place: Option<Place>,
    late: bool,
}

impl<F: Future> Future for LimitFuture<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        if mem::take(&mut self.late) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let output = ready!(self.inner.as_mut().poll(cx));
        if let Some(place) = self.place.take() {
            place.succeed();
        }
        Poll::Ready(output)
    }
}
