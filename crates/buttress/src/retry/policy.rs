//! The same decisions for tower's own retry.

use super::budget::Token;
use super::condition::{ByClass, Condition};
use super::course::{Came, Course, Owner, Rules};
use super::handle::Handle;
use super::hooks::{Hooks, Watch};
use super::layer::RetryLayer;
use super::replay::ByClone;
use crate::{Boxed, Refuse, Tick, classify, clock};
use pin_project_lite::pin_project;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::time::{Sleep, sleep};

/// A policy for `tower::retry::RetryLayer`, where that is in place already: the same settings, conditions and hooks, and the
/// same budget and counters as any layer of the [`Handle`].
///
/// tower's layer tells it nothing of calls that are dropped before their first attempt has ended: these are not counted.
///
/// ```
/// use buttress::retry::{Config, Handle, RetryLayer};
/// use tower::{ServiceBuilder, service_fn};
///
/// let orders = Handle::new("orders", Config::default());
/// let policy = RetryLayer::from_handle(orders.clone()).policy();
/// let service = ServiceBuilder::new()
///     .layer(tower::retry::RetryLayer::new(policy))
///     .service(service_fn(|id: u64| async move { Ok::<_, std::io::Error>(id) }));
/// # let _ = buttress::check::<u64, _>(service);
/// ```
pub struct Policy<R = Boxed, W = ByClass<classify::Errors>, K = Hooks> {
    handle: Handle,
    rules: Rules<W, K>,
    began: Option<Tick>,
    /// Of a call that has had a result.
    course: Option<Course<Handle>>,
    refuse: PhantomData<fn() -> R>,
}

impl<R, W, K> RetryLayer<Handle, R, ByClone, W, K> {
    /// The same conditions and hooks, and the same handle, as a policy for tower's own retry layer.
    ///
    /// Only for requests that are [cloned](ByClone): to tower's layer no other [`Replay`](super::Replay) could say which
    /// requests must not be sent again.
    #[must_use]
    pub fn policy(self) -> Policy<R, W, K> {
        Policy { handle: self.source, rules: self.rules, began: None, course: None, refuse: PhantomData }
    }
}

impl<R, W: Clone, K: Clone> Clone for Policy<R, W, K> {
    /// For a call of its own, which the clone begins with.
    fn clone(&self) -> Self {
        let Self { handle, rules, began, refuse, .. } = self;
        Self { handle: handle.clone(), rules: rules.clone(), began: *began, course: None, refuse: *refuse }
    }
}

impl<Req, Res, Err, R, W, K> tower::retry::Policy<Req, Res, Err> for Policy<R, W, K>
where
    Req: Clone,
    R: Refuse<Res, Err>,
    W: Condition<Res, Err>,
    K: Watch<Res, Err>,
{
    type Future = Wait;

    fn retry(&mut self, _: &mut Req, result: &mut Result<Res, Err>) -> Option<Wait> {
        let Self { handle, rules, began, course, .. } = self;
        let Course { owner, progress } = course.get_or_insert_with(|| Course::resume(handle.clone(), *began));
        let decision = rules.condition.decide(result.as_ref());
        if result.is_ok() && decision.keeps() {
            progress.succeed::<Res, Err, K>(owner.shared(), &rules.hooks);
            return None;
        }
        let came = Came::of(&rules.condition, decision, result.as_ref(), R::rejected);
        let retry = progress.next(owner.shared(), rules, result.as_ref(), came, |_, _| Some(())).ok()?;
        Some(Wait { sleep: sleep(retry.delay), token: retry.token })
    }

    /// tower's layer asks for a clone before the first attempt and at the beginning of each other.
    fn clone_request(&mut self, request: &Req) -> Option<Req> {
        match &mut self.course {
            None => self.began = K::TELLS_SUCCESS.then(clock::precise),
            Some(Course { owner, progress }) => progress.attempt_again(owner.shared()),
        }
        Some(request.clone())
    }
}

impl<R, W, K> fmt::Debug for Policy<R, W, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy").field("handle", &self.handle).finish_non_exhaustive()
    }
}

pin_project! {
    /// The wait before a retry of tower's. What that costs is given back if it ends early.
    pub struct Wait {
        #[pin]
        sleep: Sleep,
        token: Token,
    }
}

impl Future for Wait {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        ready!(this.sleep.poll(cx));
        this.token.spend();
        Poll::Ready(())
    }
}

impl fmt::Debug for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait").finish_non_exhaustive()
    }
}
