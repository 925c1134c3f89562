//! The stack.

use super::LONG;
use super::circuit_breaker::{breaker, closed, ledger};
use crate::{Contracted, Erased, Ledger, PanicAt, Subject, Trap};
use buttress::circuit_breaker::Handle;
use buttress::rate_limit::{self, Rate};
use buttress::{bulkhead, retry};
use tower::Layer;

/// A stack with all that holds something.
#[must_use]
pub fn stack() -> Subject {
    let (breakers, places) = ([closed(), closed()], places());
    let layer = full_stack(&breakers, &places).classify(Trap);
    of_stack(&breakers, places, layer).hook(PanicAt::Classifier)
}

/// The same, which leaves the error type as it is.
#[must_use]
pub fn stack_typed() -> Subject {
    let (breakers, places) = ([closed(), closed()], places());
    let layer = full_stack(&breakers, &places).typed();
    of_stack(&breakers, places, layer)
}

/// More places than any check takes.
fn places() -> bulkhead::Handle {
    let config = bulkhead::Config::builder().max_concurrent(10_000);
    bulkhead::Handle::new("stack", config.build().expect("these settings work"))
}

fn full_stack([outside, each]: &[Handle; 2], places: &bulkhead::Handle) -> buttress::Stack {
    // One attempt: the calls of the checks are to be made once.
    let once = retry::Config::builder().attempts(1).build().expect("these settings work");
    let rate = Rate::per_second(1_000_000).expect("it is not too much");
    let plenty = rate_limit::Config::new(rate, 1_000_000).expect("these settings work");
    buttress::Stack::new("stack")
        .operation("check")
        .circuit_breaker_outside(outside.clone())
        .deadline(LONG)
        .retry(once)
        .rate_limit(plenty)
        .circuit_breaker(each.clone())
        .bulkhead(places.clone())
        .timeout(LONG)
}

/// `layer` with these breakers, the first around the second, either of which refuses, and with these places.
fn of_stack<L>([outside, each]: &[Handle; 2], places: bulkhead::Handle, layer: L) -> Subject
where
    L: Layer<Erased, Service: Contracted> + Clone + Send + Sync + 'static,
{
    let (above, beneath, forced) = (outside.clone(), each.clone(), [outside.clone(), each.clone()]);
    breaker(each, layer)
        .held(move || usize::try_from(places.in_flight()).expect("they are few"))
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
