//! A door that lets all calls pass or refuses them: right, or wrong in one way.

use buttress::BoxError;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::{Context, Poll, Waker, ready};
use support::{Plan, Subject};
use tower::{Layer, Service};

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Nothing,
    AsksBeneathFirst,
    RefusesWhoWasReady,
    AdmitsWhoWasRefused,
    AsksWithTheFirstWaker,
}

/// A door with this fault, under test. Its one place is that it is open.
pub(crate) fn subject(fault: Fault) -> Subject {
    let shut = Arc::new(AtomicBool::new(false));
    let (set, taken) = (Arc::clone(&shut), Arc::clone(&shut));
    Subject::new(Door { shut, fault })
        .shut(move |shut| set.store(shut, SeqCst))
        .places(1, move || (!taken.swap(true, SeqCst)).then(|| Shut(Arc::clone(&taken))))
}

/// Keeps it shut.
struct Shut(Arc<AtomicBool>);

impl Drop for Shut {
    fn drop(&mut self) {
        self.0.store(false, SeqCst);
    }
}

#[derive(Clone)]
struct Door {
    shut: Arc<AtomicBool>,
    fault: Fault,
}

impl<S> Layer<S> for Door {
    type Service = DoorService<S>;

    fn layer(&self, inner: S) -> DoorService<S> {
        DoorService { inner, door: self.clone(), admits: None, first: None }
    }
}

struct DoorService<S> {
    inner: S,
    door: Door,
    /// What was decided for the next call.
    admits: Option<bool>,
    first: Option<Waker>,
}

impl<S: Service<Plan, Error = BoxError>> Service<Plan> for DoorService<S>
where
    S::Response: 'static,
    S::Future: Send + Sync + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send + Sync>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        let first = self.first.get_or_insert_with(|| cx.waker().clone());
        let mut cx = match self.door.fault {
            Fault::AsksWithTheFirstWaker => Context::from_waker(first),
            _ => Context::from_waker(cx.waker()),
        };
        if self.door.fault == Fault::AsksBeneathFirst {
            ready!(self.inner.poll_ready(&mut cx))?;
        }
        let shut = self.door.shut.load(SeqCst);
        if *self.admits.get_or_insert(!shut) { self.inner.poll_ready(&mut cx) } else { Poll::Ready(Ok(())) }
    }

    fn call(&mut self, plan: Plan) -> Self::Future {
        let (decided, open) = (self.admits.take().expect("it is ready"), !self.door.shut.load(SeqCst));
        let admits = match self.door.fault {
            Fault::RefusesWhoWasReady => decided && open,
            Fault::AdmitsWhoWasRefused => decided || open,
            _ => decided,
        };
        if admits { Box::pin(self.inner.call(plan)) } else { Box::pin(async { Err("shut".into()) }) }
    }
}

impl<S: Clone> Clone for DoorService<S> {
    fn clone(&self) -> Self {
        self.door.layer(self.inner.clone())
    }
}
