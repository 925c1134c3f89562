//! The stack.

use super::LONG;
use super::circuit_breaker::{breaker, closed, ledger};
use crate::{Contracted, Erased, Ledger, PanicAt, Subject, Trap};
use buttress::circuit_breaker::Handle;
use buttress::retry;
use tower::Layer;

/// A stack with all that holds something.
#[must_use]
pub fn stack() -> Subject {
    let breakers = [closed(), closed()];
    of_stack(&breakers, full_stack(&breakers).classify(Trap)).hook(PanicAt::Classifier)
}

/// The same, which leaves the error type as it is.
#[must_use]
pub fn stack_typed() -> Subject {
    let breakers = [closed(), closed()];
    of_stack(&breakers, full_stack(&breakers).typed())
}

fn full_stack([outside, each]: &[Handle; 2]) -> buttress::Stack {
    // One attempt: the calls of the checks are to be made once.
    let once = retry::Config::builder().attempts(1).build().expect("these settings work");
    buttress::Stack::new("stack")
        .operation("check")
        .circuit_breaker_outside(outside.clone())
        .deadline(LONG)
        .retry(once)
        .circuit_breaker(each.clone())
        .timeout(LONG)
}

/// `layer` with these breakers, the first around the second, either of which refuses.
fn of_stack<L>([outside, each]: &[Handle; 2], layer: L) -> Subject
where
    L: Layer<Erased, Service: Contracted> + Clone + Send + Sync + 'static,
{
    let (above, beneath, forced) = (outside.clone(), each.clone(), [outside.clone(), each.clone()]);
    breaker(each, layer)
        .ledger(move || {
            let written = ledger(beneath.snapshot().totals);
            Ledger { refused: written.refused + above.snapshot().totals.rejected, ..written }
        })
        .shut(move |shut| forced.iter().for_each(|one| if shut { one.force_open() } else { one.reset() }))
}

/// A stack with every part off.
#[must_use]
pub fn stack_off() -> Subject {
    Subject::new(buttress::Stack::new("off"))
}
