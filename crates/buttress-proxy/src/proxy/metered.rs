//! The bytes of bodies, counted at the origin that they go to or come from.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use buttress::bandwidth::Direction;
use buttress::circuit_breaker::Handle;
use buttress_reputation::Ledger;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

/// Counts at one origin. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Meter(Arc<At>);

#[derive(Debug)]
struct At {
    ledger: Ledger,
    /// The origin's, whose name it has.
    breaker: Handle,
}

pin_project! {
    /// A body whose bytes are counted as they pass, and not only at its end: there may be none for hours.
    #[derive(Debug)]
    pub(super) struct Metered<B> {
        #[pin]
        body: B,
        direction: Direction,
        meter: Meter,
    }
}

impl Meter {
    /// Counts at the origin with this breaker.
    pub(super) fn new(ledger: Ledger, breaker: Handle) -> Self {
        Self(Arc::new(At { ledger, breaker }))
    }

    /// `body`, which goes to the origin.
    pub(super) fn upload<B>(&self, body: B) -> Metered<B> {
        Metered { body, direction: Direction::Upload, meter: self.clone() }
    }

    /// `body`, which comes from the origin.
    pub(super) fn download<B>(&self, body: B) -> Metered<B> {
        Metered { body, direction: Direction::Download, meter: self.clone() }
    }

    fn count(&self, direction: Direction, bytes: usize) {
        if bytes > 0 {
            self.0.ledger.add_bytes(self.0.breaker.name(), direction, bytes as u64);
        }
    }
}

impl<B: Body<Data = Bytes>> Body for Metered<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.project();
        let frame = this.body.poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &frame {
            this.meter.count(*this.direction, frame.data_ref().map_or(0, Bytes::len));
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
