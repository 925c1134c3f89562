//! One look: it ends in time, and takes nobody along.

use super::Found;
use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

/// How a look ended.
pub(super) enum Look {
    Found(Found),
    TimedOut(Duration),
    Panicked(String),
}

impl Look {
    /// What it says of what was looked at.
    pub(super) fn into_found(self) -> Found {
        match self {
            Self::Found(found) => found,
            Self::TimedOut(within) => Found::Unhealthy(format!("no answer within {within:?}")),
            Self::Panicked(said) => Found::Unhealthy(format!("the check panicked: {said}")),
        }
    }
}

/// Looks, for so long.
pub(super) async fn bounded(looking: impl Future<Output = Found>, within: Duration) -> Look {
    tokio::time::timeout(within, contained(looking)).await.unwrap_or(Look::TimedOut(within))
}

async fn contained(looking: impl Future<Output = Found>) -> Look {
    let mut looking = pin!(looking);
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| looking.as_mut().poll(cx))) {
        Ok(poll) => poll.map(Look::Found),
        Err(panic) => Poll::Ready(Look::Panicked(said(&*panic))),
    })
    .await
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("it did not say why").to_owned()
}
