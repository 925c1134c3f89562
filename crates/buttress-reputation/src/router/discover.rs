//! Peers that somebody else finds.

use super::common::PeerId;
use crate::selection::Selection;
use buttress::BoxError;
use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::task::{Context, Poll};
use tower::discover::{Change, Discover};

/// So many changes are taken at a time, so that no call waits for ten thousand of them; the next ones are taken by the next.
const AT_ONCE: usize = 64;

/// Peers that come and go as a [`Discover`] says, which [a router](super::PeerRouter::discover) asks.
///
/// When it ends, or fails, the peers stay as they are: those that were there a moment ago are a better guess than none. It is not
/// asked again then; a stream that should go on after an error is to swallow it. Who wants to know looks at
/// [`state`](Self::state).
///
/// A call to a peer that disappears goes on to its end.
pub struct Discovery<K: PeerId, S>(Arc<Mutex<Inner<K, S>>>);

struct Inner<K: PeerId, S> {
    state: State,
    /// What is asked; let go when it has ended.
    source: Option<Pin<Box<dyn Source<K, S>>>>,
}

/// Whether more is to come.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum State {
    /// It may.
    Running,
    /// It has ended: the peers are as it said last.
    Ended,
    /// It has failed, with this.
    Failed(Arc<dyn Error + Send + Sync>),
}

/// A [`Discover`] whose type is forgotten.
trait Source<K, S>: Send {
    fn poll_change(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Change<K, S>, BoxError>>>;
}

impl<D> Source<D::Key, D::Service> for D
where
    D: Discover<Error: Into<BoxError>> + Send,
{
    fn poll_change(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Change<D::Key, D::Service>, BoxError>>> {
        self.poll_discover(cx).map(|change| change.map(|change| change.map_err(Into::into)))
    }
}

impl<K: PeerId, S> Discovery<K, S> {
    pub(super) fn new<D>(discover: D) -> Self
    where
        D: Discover<Key = K, Service = S, Error: Into<BoxError>> + Send + 'static,
    {
        let source: Pin<Box<dyn Source<K, S>>> = Box::pin(discover);
        Self(Arc::new(Mutex::new(Inner { state: State::Running, source: Some(source) })))
    }

    /// Whether more is to come.
    #[must_use]
    pub fn state(&self) -> State {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).state.clone()
    }

    /// Takes what is there. Who comes while another does so goes on without.
    pub(super) fn go_on(&self, selection: &Selection<K, S>, cx: &mut Context<'_>)
    where
        K: Eq,
    {
        let mut inner = match self.0.try_lock() {
            Ok(inner) => inner,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        let Some(source) = &mut inner.source else { return };
        for _ in 0..AT_ONCE {
            let end = match source.as_mut().poll_change(cx) {
                Poll::Pending => return,
                Poll::Ready(Some(Ok(Change::Insert(key, service)))) => {
                    selection.insert(key, service);
                    continue;
                }
                Poll::Ready(Some(Ok(Change::Remove(key)))) => {
                    selection.remove(&key);
                    continue;
                }
                Poll::Ready(Some(Err(error))) => State::Failed(Arc::from(error)),
                Poll::Ready(None) => State::Ended,
            };
            inner.state = end;
            inner.source = None;
            return;
        }
        // There may be more, of which nobody will say anything.
        cx.waker().wake_by_ref();
    }
}

impl<K: PeerId, S> Clone for Discovery<K, S> {
    /// The same.
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K: PeerId, S> fmt::Debug for Discovery<K, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Discovery").field("state", &self.state()).finish()
    }
}
