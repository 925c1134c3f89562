//! What the owner of a layer wants to be asked and told.

use std::fmt;
use std::time::Duration;

/// An attempt failed and another follows: what [`RetryLayer::on_retry`](super::RetryLayer::on_retry) is told.
#[non_exhaustive]
pub struct Retrying<'a, Res, Err> {
    /// The number of the attempt that failed, from 1.
    pub attempt: u32,
    /// How it ended.
    pub result: Result<&'a Res, &'a Err>,
    /// The wait before the next.
    pub delay: Duration,
}

impl<Res, Err: fmt::Debug> fmt::Debug for Retrying<'_, Res, Err> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Retrying");
        debug.field("attempt", &self.attempt).field("error", &self.result.err()).field("delay", &self.delay);
        debug.finish_non_exhaustive()
    }
}

/// What a layer asks and tells its owner on the way; `()` stands for nothing.
#[derive(Clone, Copy, Default)]
pub struct Hooks<B = (), T = (), F = (), S = ()> {
    pub(super) backoff: B,
    pub(super) retry: T,
    pub(super) failure: F,
    pub(super) success: S,
}

impl<B, T, F, S> fmt::Debug for Hooks<B, T, F, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hooks")
    }
}

/// Says how long to wait after an attempt: a closure over the number of the attempt, from 1, and its result; or `()`,
/// which leaves it to the settings.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot say how long to wait after the response `{Res}` or the error `{Err}`",
    note = "`.backoff_with(…)` takes a closure over a `u32` and `Result<&{Res}, &{Err}>`, with the types written out, that returns a `Duration`"
)]
pub trait BackoffHook<Res, Err> {
    /// The wait, before it is spread by the jitter and capped.
    fn backoff(&self, attempt: u32, result: Result<&Res, &Err>) -> Option<Duration>;
}

impl<Res, Err> BackoffHook<Res, Err> for () {
    fn backoff(&self, _: u32, _: Result<&Res, &Err>) -> Option<Duration> {
        None
    }
}

impl<Res, Err, B: Fn(u32, Result<&Res, &Err>) -> Duration> BackoffHook<Res, Err> for B {
    fn backoff(&self, attempt: u32, result: Result<&Res, &Err>) -> Option<Duration> {
        Some(self(attempt, result))
    }
}

/// Is told of each retry: a closure over [`Retrying`]; or `()`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be told of retries of calls with the response `{Res}` and the error `{Err}`",
    note = "`.on_retry(…)` takes a closure over `&Retrying<'_, {Res}, {Err}>`, with the type written out"
)]
pub trait RetryHook<Res, Err> {
    /// An attempt failed and another follows.
    fn retrying(&self, retry: &Retrying<'_, Res, Err>);
}

impl<Res, Err> RetryHook<Res, Err> for () {
    fn retrying(&self, _: &Retrying<'_, Res, Err>) {}
}

impl<Res, Err, T: Fn(&Retrying<'_, Res, Err>)> RetryHook<Res, Err> for T {
    fn retrying(&self, retry: &Retrying<'_, Res, Err>) {
        self(retry);
    }
}

/// Is told of each call that failed: a closure over the number of attempts and the last result; or `()`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be told of failed calls with the response `{Res}` and the error `{Err}`",
    note = "`.on_failure(…)` takes a closure over a `u32` and `Result<&{Res}, &{Err}>`, with the types written out"
)]
pub trait FailureHook<Res, Err> {
    /// The call failed.
    fn failed(&self, attempts: u32, result: Result<&Res, &Err>);
}

impl<Res, Err> FailureHook<Res, Err> for () {
    fn failed(&self, _: u32, _: Result<&Res, &Err>) {}
}

impl<Res, Err, F: Fn(u32, Result<&Res, &Err>)> FailureHook<Res, Err> for F {
    fn failed(&self, attempts: u32, result: Result<&Res, &Err>) {
        self(attempts, result);
    }
}

/// Is told of each call that succeeded: a closure over the number of attempts and the time since the call began; or `()`,
/// which spares the call two looks at the clock.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be told of calls that succeeded",
    note = "`.on_success(…)` takes a closure over a `u32` and a `Duration`"
)]
pub trait SuccessHook {
    /// Whether there is anybody to tell.
    const TELLS: bool;

    /// The call succeeded.
    fn succeeded(&self, attempts: u32, elapsed: Duration);
}

impl SuccessHook for () {
    const TELLS: bool = false;

    fn succeeded(&self, _: u32, _: Duration) {}
}

impl<S: Fn(u32, Duration)> SuccessHook for S {
    const TELLS: bool = true;

    fn succeeded(&self, attempts: u32, elapsed: Duration) {
        self(attempts, elapsed);
    }
}

/// All four together.
pub trait Watch<Res, Err> {
    /// Whether somebody is told of success.
    const TELLS_SUCCESS: bool;

    /// As [`BackoffHook::backoff`].
    fn backoff(&self, attempt: u32, result: Result<&Res, &Err>) -> Option<Duration>;

    /// As [`RetryHook::retrying`].
    fn retrying(&self, retry: &Retrying<'_, Res, Err>);

    /// As [`FailureHook::failed`].
    fn failed(&self, attempts: u32, result: Result<&Res, &Err>);

    /// As [`SuccessHook::succeeded`].
    fn succeeded(&self, attempts: u32, elapsed: Duration);
}

#[diagnostic::do_not_recommend]
impl<Res, Err, B, T, F, S> Watch<Res, Err> for Hooks<B, T, F, S>
where
    B: BackoffHook<Res, Err>,
    T: RetryHook<Res, Err>,
    F: FailureHook<Res, Err>,
    S: SuccessHook,
{
    const TELLS_SUCCESS: bool = S::TELLS;

    fn backoff(&self, attempt: u32, result: Result<&Res, &Err>) -> Option<Duration> {
        self.backoff.backoff(attempt, result)
    }

    fn retrying(&self, retry: &Retrying<'_, Res, Err>) {
        self.retry.retrying(retry);
    }

    fn failed(&self, attempts: u32, result: Result<&Res, &Err>) {
        self.failure.failed(attempts, result);
    }

    fn succeeded(&self, attempts: u32, elapsed: Duration) {
        self.success.succeeded(attempts, elapsed);
    }
}
