//! Rejections as the error that users of tonic know.

use super::grpc::{PUSHBACK, code, pushback};
use super::{Carry, Refuse};
use crate::fallback::Failed;
use crate::{BoxError, Rejected};
use std::sync::Arc;
use tonic::metadata::MetadataValue;
use tonic::{Code, Status};

/// The error is a [`tonic::Status`] whatever it was beneath.
///
/// A rejection has the code that [`RespondGrpc`](super::RespondGrpc) would send and is the source of the status; other errors
/// have the code that tonic gives them.
#[derive(Clone, Copy, Debug, Default)]
pub struct AsStatus;

#[diagnostic::do_not_recommend]
impl<Res, Err: Into<BoxError> + 'static> Refuse<Res, Err> for AsStatus {
    type Error = Status;

    fn refuse(&self, rejected: Rejected) -> Result<Res, Status> {
        Err(Status::carry(rejected))
    }

    fn inner(error: Err) -> Status {
        // A rejection that another layer boxed is unknown to tonic.
        Status::try_from_error(error.into()).unwrap_or_else(|error| match Rejected::find(&*error) {
            Some(rejected) => status(rejected, Arc::from(error)),
            None => Status::from_error(error),
        })
    }

    fn rejected(error: &Err) -> Option<Rejected> {
        Rejected::within(error)
    }

    fn with_fallback(error: Err, fallback: BoxError) -> Status {
        <Self as Refuse<Res, Err>>::inner(error).with_fallback(fallback)
    }
}

impl Carry for Status {
    /// The rejection is the source of the status. `grpc-retry-pushback-ms` in its metadata says when to ask again, where the
    /// layer knows.
    fn carry(rejected: Rejected) -> Self {
        status(rejected, Arc::new(rejected))
    }

    fn rejected(&self) -> Option<Rejected> {
        Rejected::find(self)
    }

    /// With the code and the metadata that it has, the messages of both, and a [`Failed`] as its source.
    fn with_fallback(self, fallback: BoxError) -> Self {
        let (code, details, metadata) = (self.code(), self.details().to_vec(), self.metadata().clone());
        let failed = Failed::new(self.into(), fallback);
        let mut status = Self::with_details_and_metadata(code, failed.to_string(), details.into(), metadata);
        status.set_source(Arc::new(failed));
        status
    }
}

fn status(rejected: Rejected, source: Arc<dyn std::error::Error + Send + Sync>) -> Status {
    let mut status = Status::new(Code::from_i32(code(rejected)), source.to_string());
    if let Some(pushback) = pushback(rejected) {
        status.metadata_mut().insert(PUSHBACK, MetadataValue::from(pushback));
    }
    status.set_source(source);
    status
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rejected::Site;
    use crate::{Boxed, Reason, Refusal};
    use std::time::Duration;

    fn rejected(refusal: Refusal) -> Rejected {
        Rejected::new(Site::intern("circuit_breaker", "orders"), refusal)
    }

    #[test]
    fn a_status_carries_a_rejection_and_its_wait() {
        let open = rejected(Refusal::after(Reason::Open, Duration::from_secs(2)));
        let status = Status::carry(open);
        assert_eq!((status.code(), status.rejected()), (Code::Unavailable, Some(open)));
        assert_eq!(status.message(), open.to_string());
        assert_eq!(status.metadata().get(PUSHBACK).expect("a pushback"), "2000");
        assert_eq!(Rejected::within(&status), Some(open));
        let timed_out = Status::carry(rejected(Refusal::after(Reason::TimedOut, Duration::from_secs(1))));
        assert_eq!(timed_out.code(), Code::DeadlineExceeded);
    }

    #[test]
    fn what_was_boxed_beneath_keeps_its_meaning() {
        let of = |error: BoxError| <AsStatus as Refuse<(), BoxError>>::inner(error);
        let open = rejected(Refusal::new(Reason::ForcedOpen));
        let Err(boxed) = Refuse::<(), BoxError>::refuse(&Boxed, open) else {
            panic!("a refusal is an error")
        };
        let status = of(boxed);
        assert_eq!((status.code(), status.rejected()), (Code::Unavailable, Some(open)));
        assert_eq!(of(Box::new(Status::not_found("no such thing"))).code(), Code::NotFound);
        let unknown = of("else".into());
        assert_eq!((unknown.code(), unknown.message()), (Code::Unknown, "else"));
    }
}
