//! Peers that somebody else finds.

use super::common::PeerId;
use crate::selection::Selection;
use crate::sync::{Mutex, lock, try_lock};
use buttress::BoxError;
use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use tower::discover::{Change, Discover};

/// So many changes are taken at a time, so that no call waits for ten thousand of them; the next ones are taken by the next.
const AT_ONCE: usize = 64;

/// Peers that come and go as a [`Discover`] says, which [a router](super::PeerRouter::discover) asks.
///
/// When it ends, or fails, the peers stay as they are: those that were there a moment ago are a better guess than none. It is not
/// asked again then; a stream that should go on after an error is to swallow it. Who wants to know looks at
/// [`state`](Self::state).
///
/// One that panics has failed.
///
/// A call to a peer that disappears goes on to its end.
pub struct Discovery<K: PeerId, S>(Arc<Inner<K, S>>);

struct Inner<K: PeerId, S> {
    state: Mutex<State>,
    /// What is asked; let go when it has ended. Nobody waits for this lock, so peers that end under it may ask for the state.
    source: Mutex<Option<Asked<K, S>>>,
}

type Asked<K, S> = Pin<Box<dyn Source<K, S>>>;

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
        let source: Asked<K, S> = Box::pin(discover);
        Self(Arc::new(Inner { state: Mutex::new(State::Running), source: Mutex::new(Some(source)) }))
    }

    /// Whether more is to come.
    #[must_use]
    pub fn state(&self) -> State {
        lock(&self.0.state).clone()
    }

    /// Takes what is there. Who comes while another does so goes on without.
    pub(super) fn go_on(&self, selection: &Selection<K, S>, cx: &Context<'_>) {
        let Some(mut source) = try_lock(&self.0.source) else { return };
        let Some(asked) = &mut *source else { return };
        // What comes is for all who wait: who asked last may be gone by then.
        let waker = Waker::from(Arc::clone(selection.waiters()));
        let mut changes = Vec::new();
        let end = loop {
            if changes.len() == AT_ONCE {
                // There may be more, of which nobody will say anything.
                cx.waker().wake_by_ref();
                break None;
            }
            let poll = || asked.as_mut().poll_change(&mut Context::from_waker(&waker));
            match catch_unwind(AssertUnwindSafe(poll)) {
                Ok(Poll::Pending) => break None,
                Ok(Poll::Ready(Some(Ok(Change::Insert(key, service))))) => changes.push((key, Some(service))),
                Ok(Poll::Ready(Some(Ok(Change::Remove(key))))) => changes.push((key, None)),
                Ok(Poll::Ready(Some(Err(error)))) => break Some(State::Failed(Arc::from(error))),
                Ok(Poll::Ready(None)) => break Some(State::Ended),
                // Else every call would panic from now on.
                Err(_) => break Some(State::Failed(Arc::from(BoxError::from("the discovery panicked")))),
            }
        };
        if !changes.is_empty() {
            selection.apply(changes);
        }
        if let Some(end) = end {
            *lock(&self.0.state) = end;
            *source = None;
        }
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
