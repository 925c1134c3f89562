//! The operation.

use crate::{Ledger, Subject};
use buttress::{OperationLayer, operation};

/// An operation, which lets every call pass.
#[must_use]
pub fn operation() -> Subject {
    let handle = operation::Handle::new("charge", "payments");
    let (under_way, totals) = (handle.clone(), handle.clone());
    Subject::new(OperationLayer::from_handle(handle))
        .held(move || usize::try_from(under_way.in_flight()).expect("they are few"))
        .ledger(move || {
            let operation::Totals { cancelled, panicked, .. } = totals.totals();
            Ledger { ended: totals.totals().calls(), cancelled, panicked, refused: 0 }
        })
}
