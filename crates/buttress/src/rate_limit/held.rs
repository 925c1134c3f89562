//! A call that is sent when its turn comes, and not before.

use pin_project_lite::pin_project;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower_service::Service;

pin_project! {
    /// A request with the service that was ready for it, and from its turn on the call.
    #[project = HeldProj]
    #[project_replace = HeldOwn]
    pub(super) enum Held<S, Req, F> {
        Waiting {
            service: S,
            request: Req,
        },
        Called {
            #[pin]
            call: F,
        },
        // It had no turn, and what it held is free.
        Gone,
    }
}

impl<S, Req, F> Held<S, Req, F> {
    /// `request` waits; `service` was ready for it.
    pub(super) const fn waiting(service: S, request: Req) -> Self {
        Self::Waiting { service, request }
    }

    /// A call that did not have to wait.
    #[inline]
    pub(super) const fn called(call: F) -> Self {
        Self::Called { call }
    }

    /// A call that is never sent.
    #[inline]
    pub(super) const fn gone() -> Self {
        Self::Gone
    }

    /// Asks the service that waits whether it is ready, for a layer whose wait is so long that this has to be asked anew.
    pub(super) fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>>
    where
        S: Service<Req, Future = F>,
    {
        match self.project() {
            HeldProj::Waiting { service, .. } => service.poll_ready(cx),
            HeldProj::Called { .. } | HeldProj::Gone => Poll::Ready(Ok(())),
        }
    }

    /// Its turn has come: what waited is a call from now on.
    pub(super) fn send(mut self: Pin<&mut Self>)
    where
        S: Service<Req, Future = F>,
    {
        if let HeldOwn::Waiting { mut service, request } = self.as_mut().project_replace(Self::Gone) {
            // Not under the replacement: a panic in it leaves nothing half done.
            let call = service.call(request);
            self.project_replace(Self::Called { call });
        }
    }

    /// Its turn does not come: frees what it holds, however long somebody keeps the rest.
    pub(super) fn let_go(self: Pin<&mut Self>) {
        self.project_replace(Self::Gone);
    }

    /// Polls the call; `None` if there is none.
    #[inline(always)]
    pub(super) fn poll_call(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Option<Poll<F::Output>>
    where
        F: Future,
    {
        match self.project() {
            HeldProj::Called { call } => Some(call.poll(cx)),
            HeldProj::Waiting { .. } | HeldProj::Gone => None,
        }
    }
}
