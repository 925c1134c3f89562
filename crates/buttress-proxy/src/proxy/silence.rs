//! How long the body of an answer may be silent.

use std::sync::Arc;
use std::task::Context;
use std::time::Duration;

use buttress::classify::{Http, Until};
use buttress::{BoxError, Classify};
use http::Response;

use super::attempt::Early;
use super::exchange::Exchange;
use super::patience::Patience;
use super::upstream::Judged;

/// How long the body of an answer may be silent while the client would take more.
#[derive(Debug)]
pub(super) enum Silence {
    /// As long as it likes: an event stream.
    Unlimited,
    /// Until it is judged to have stalled.
    Judged,
    /// As long as the client's upload explains it: the head came before that was complete, and was all there
    /// was to judge.
    Explained { patience: Patience, waiting: bool },
}

impl Silence {
    pub(super) fn of<B>(answer: &Response<B>, exchange: Option<&Arc<Exchange>>, limit: Duration) -> Self {
        if Classify::<Response<B>, BoxError>::until(&Http, answer) == Until::Head {
            return Self::Unlimited;
        }
        match exchange {
            Some(exchange) if answer.extensions().get::<Early>().is_some() => {
                Self::Explained { patience: Patience::new(Arc::clone(exchange), limit), waiting: false }
            }
            _ => Self::Judged,
        }
    }

    /// Something came.
    pub(super) fn ended(&mut self) {
        if let Self::Explained { waiting, .. } = self {
            *waiting = false;
        }
    }

    /// Nothing is there of `body`. Says whether that has lasted too long; if not, the task is woken when it has.
    pub(super) fn is_too_long(&mut self, body: &Judged, cx: &mut Context<'_>) -> bool {
        match self {
            Self::Unlimited => false,
            Self::Judged => body.is_stalled(),
            Self::Explained { patience, waiting } => {
                if !std::mem::replace(waiting, true) {
                    patience.restart();
                }
                patience.poll_end(cx).is_ready()
            }
        }
    }
}
