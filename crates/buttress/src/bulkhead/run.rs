//! A bulkhead around a function.

use super::handle::Handle;
use crate::{BoxError, FailureKind, Outcome, Reason, Refusal, Rejected, classify};
use std::panic::resume_unwind;
use tokio::task::spawn_blocking;

impl Handle {
    /// Runs `operation` when it has a place, as [`Handle::acquire`] gives one: for code that has no tower service. Any error
    /// is a failure, where the limit learns from it.
    ///
    /// ```
    /// use buttress::bulkhead::{Config, Handle};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), buttress::BoxError> {
    /// let reports = Handle::new("reports", Config::builder().max_concurrent(2).build()?);
    /// let pages = reports.run(|| async { Ok::<_, std::io::Error>(12) }).await?;
    /// assert_eq!(pages, 12);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// That of the operation, or the [`Rejected`] that it was not run.
    pub async fn run<T, E, F>(&self, operation: impl FnOnce() -> F) -> Result<T, BoxError>
    where
        F: Future<Output = Result<T, E>>,
        E: Into<BoxError> + 'static,
    {
        let permit = self.acquire().await?;
        let result = operation().await;
        permit.record(match &result {
            Ok(_) => Outcome::Success,
            Err(error) => match Rejected::within(error) {
                Some(rejected) => classify::outcome_of(rejected),
                None => Outcome::Failure(FailureKind::Error),
            },
        });
        result.map_err(Into::into)
    }

    /// Runs `work` on a thread of tokio's for blocking work when it has a place: so many of them run at once, and so many
    /// wait. The place is taken until `work` has ended, also when nobody waits for it any more.
    ///
    /// # Errors
    /// The rejection, when it was not run: there was no turn for it, or the runtime ends.
    ///
    /// # Panics
    /// With what `work` panics with, or outside of a tokio runtime.
    pub async fn run_blocking<T, F>(&self, work: F) -> Result<T, Rejected>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let permit = self.acquire().await?;
        let running = spawn_blocking(move || {
            let done = work();
            permit.record(Outcome::Success);
            done
        });
        running.await.map_err(|error| match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(_) => self.0.reject(Refusal::new(Reason::Full)),
        })
    }
}
