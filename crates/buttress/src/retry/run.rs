//! Retries for functions, without a service around.

use super::budget::Token;
use super::condition::Condition;
use super::course::{Came, Course, Owner};
use super::explained::Exhausted;
use super::handle::Handle;
use super::hooks::Watch;
use super::layer::RetryLayer;
use super::source::Source;
use crate::{BoxError, Refuse, Rejected};
use buttress_core::retry::GiveUp;
use std::ops::ControlFlow;
use std::time::Duration;

impl Handle {
    /// Calls `attempt` until it succeeds or is given up: any error is tried again. It gets the number of the attempt, from 1.
    ///
    /// For code that has no tower service. [`RetryLayer::run`] is the same with conditions and hooks. What a layer of buttress
    /// refused within is not tried again where the error shows it: a [`Rejected`], an error in a box, an `io::Error`, or an
    /// error of a library that buttress has a feature for. For errors of your own take `.typed()` and [`RetryLayer::run`].
    ///
    /// Services within that have retries of their own keep them, so the attempts of both multiply: give one of them up.
    ///
    /// ```
    /// use buttress::retry::{Config, Handle};
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let handle = Handle::new("import", Config::default());
    /// let done = handle
    ///     .run(|attempt| async move { if attempt < 3 { Err("busy") } else { Ok("imported") } })
    ///     .await;
    /// assert_eq!((done.result, done.attempts), (Ok("imported"), 3));
    /// # }
    /// ```
    pub async fn run<T, E: 'static, F>(&self, attempt: impl FnMut(u32) -> F) -> Done<T, E>
    where
        F: Future<Output = Result<T, E>>,
    {
        RetryLayer::from_handle(self.clone()).run_by(attempt, Rejected::within).await
    }

    /// The same on this thread, which sleeps between attempts: for code that is not async.
    pub fn run_blocking<T, E: 'static>(&self, attempt: impl FnMut(u32) -> Result<T, E>) -> Done<T, E> {
        RetryLayer::from_handle(self.clone()).run_blocking_by(attempt, Rejected::within)
    }
}

impl<H: Source, R, Y, W, K> RetryLayer<H, R, Y, W, K> {
    /// Calls `attempt` as often as this layer would call a service, with its conditions and hooks, budget and counters. It
    /// gets the number of the attempt, from 1.
    ///
    /// A refusal within is seen as a service's would be: with `.typed()` in any error that can [`Carry`](crate::Carry) one.
    ///
    /// ```
    /// use buttress::retry::{Config, GiveUp, RetryLayer};
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), buttress::InvalidConfig> {
    /// let retry = RetryLayer::new(Config::builder().attempts(5).build()?)
    ///     .retry_if(|result: Result<&u32, &&str>| result == Err(&"busy"));
    /// let done = retry.run(|_| async { Err("no such table") }).await;
    /// assert_eq!((done.result, done.attempts, done.gave_up), (Err("no such table"), 1, Some(GiveUp::NotRetryable)));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn run<T, E, F>(&self, attempt: impl FnMut(u32) -> F) -> Done<T, E>
    where
        F: Future<Output = Result<T, E>>,
        R: Refuse<T, E>,
        W: Condition<T, E>,
        K: Watch<T, E>,
    {
        self.run_by(attempt, R::rejected).await
    }

    /// The same on this thread, which sleeps between attempts: for code that is not async. Not within a runtime, whose other
    /// tasks it would hold up.
    pub fn run_blocking<T, E>(&self, attempt: impl FnMut(u32) -> Result<T, E>) -> Done<T, E>
    where
        R: Refuse<T, E>,
        W: Condition<T, E>,
        K: Watch<T, E>,
    {
        self.run_blocking_by(attempt, R::rejected)
    }

    /// `find` sees the rejection in an error.
    async fn run_by<T, E, F>(
        &self,
        mut attempt: impl FnMut(u32) -> F,
        find: fn(&E) -> Option<Rejected>,
    ) -> Done<T, E>
    where
        F: Future<Output = Result<T, E>>,
        W: Condition<T, E>,
        K: Watch<T, E>,
    {
        let Some(mut course) = self.begin::<T, E>() else { return Done::once(attempt(1).await) };
        loop {
            let result = attempt(course.progress.attempt().get()).await;
            let (delay, mut token) = match self.after(&mut course, result, find) {
                ControlFlow::Continue(pause) => pause,
                ControlFlow::Break(done) => return done,
            };
            tokio::time::sleep(delay).await;
            token.spend();
            course.progress.attempt_again(course.owner.shared());
        }
    }

    fn run_blocking_by<T, E>(
        &self,
        mut attempt: impl FnMut(u32) -> Result<T, E>,
        find: fn(&E) -> Option<Rejected>,
    ) -> Done<T, E>
    where
        W: Condition<T, E>,
        K: Watch<T, E>,
    {
        let Some(mut course) = self.begin::<T, E>() else { return Done::once(attempt(1)) };
        loop {
            let result = attempt(course.progress.attempt().get());
            let (delay, mut token) = match self.after(&mut course, result, find) {
                ControlFlow::Continue(pause) => pause,
                ControlFlow::Break(done) => return done,
            };
            #[expect(clippy::disallowed_methods, reason = "the caller has asked for this thread to wait")]
            std::thread::sleep(delay);
            token.spend();
            course.progress.attempt_again(course.owner.shared());
        }
    }

    fn begin<T, E>(&self) -> Option<Course<Handle>>
    where
        K: Watch<T, E>,
    {
        Some(Course::begin(self.source.handle()?.clone(), K::TELLS_SUCCESS))
    }

    /// What follows the result of an attempt: a wait and what the next attempt costs, or the end.
    fn after<T, E>(
        &self,
        course: &mut Course<Handle>,
        result: Result<T, E>,
        find: fn(&E) -> Option<Rejected>,
    ) -> ControlFlow<Done<T, E>, (Duration, Token)>
    where
        W: Condition<T, E>,
        K: Watch<T, E>,
    {
        let Course { owner, progress } = course;
        let decision = self.rules.condition.decide(result.as_ref());
        let attempts = progress.attempt().get();
        if result.is_ok() && decision.keeps() {
            progress.succeed::<T, E, K>(owner.shared(), &self.rules.hooks);
            return ControlFlow::Break(Done { result, attempts, gave_up: None });
        }
        let came = Came::of(&self.rules.condition, decision, result.as_ref(), find);
        match progress.next(owner.shared(), &self.rules, result.as_ref(), came, |_, _| Some(())) {
            Ok(retry) => ControlFlow::Continue((retry.delay, retry.token)),
            Err(why) => ControlFlow::Break(Done { result, attempts, gave_up: Some(why) }),
        }
    }
}

/// What came of a function that was tried several times.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Done<T, E> {
    /// The value, or the last error.
    pub result: Result<T, E>,
    /// How many attempts there were.
    pub attempts: u32,
    /// Why there was no further attempt; `None` of a success.
    pub gave_up: Option<GiveUp>,
}

impl<T, E> Done<T, E> {
    /// A call that nobody decides about.
    const fn once(result: Result<T, E>) -> Self {
        Self { result, attempts: 1, gave_up: None }
    }

    /// Whether it succeeded.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        self.result.is_ok() && self.gave_up.is_none()
    }

    /// The value, or the last error in an [`Exhausted`] that says how many attempts there were. One that was not to be tried
    /// again comes as it is.
    ///
    /// # Errors
    /// The last error.
    pub fn explained(self) -> Result<T, BoxError>
    where
        E: Into<BoxError>,
    {
        self.result.map_err(|error| match self.gave_up {
            None | Some(GiveUp::NotRetryable) => error.into(),
            Some(_) => Exhausted::new(self.attempts, error).into(),
        })
    }
}
