//! The error budget in its modes.

use crate::{Contracted, Erased, Ledger, OverHttp, PanicAt, Plan, Subject, Trap};
use buttress::bulkhead::Priority;
use buttress::error_budget::{Config, ErrorBudgetLayer, Handle, Snapshot, Totals};
use std::time::Duration;
use tower::Layer;

fn handle() -> Handle {
    Handle::new("budget", Config::default())
}

/// `layer` with the budget of `handle`, which is of one objective.
fn budget<L>(handle: &Handle, layer: L) -> Subject
where
    L: Layer<Erased, Service: Contracted> + Clone + Send + Sync + 'static,
{
    let handle = handle.clone();
    Subject::new(layer).ledger(move || ledger(&handle.snapshot())).decides_in_call()
}

fn ledger(snapshot: &Snapshot) -> Ledger {
    let Totals { refused_beneath, ignored, throttled, cancelled, panicked, shed, .. } = snapshot.totals;
    let counted = snapshot.objectives[0].budget.total;
    Ledger {
        ended: counted + refused_beneath + ignored + throttled + cancelled,
        cancelled,
        panicked,
        refused: shed,
    }
}

/// A budget by default.
#[must_use]
pub fn error_budget() -> Subject {
    let handle = handle();
    let layer = ErrorBudgetLayer::from_handle(handle.clone()).classify(Trap);
    budget(&handle, layer).hook(PanicAt::Classifier)
}

/// A budget that leaves the error type as it is.
#[must_use]
pub fn error_budget_typed() -> Subject {
    let handle = handle();
    budget(&handle, ErrorBudgetLayer::from_handle(handle.clone()).typed())
}

/// A budget that is not there.
#[must_use]
pub fn error_budget_off() -> Subject {
    Subject::new(ErrorBudgetLayer::from_handle(None::<Handle>))
}

/// A budget that lives as long as the program.
#[must_use]
pub fn error_budget_static() -> Subject {
    let handle: &'static Handle = Box::leak(Box::new(handle()));
    budget(handle, ErrorBudgetLayer::from_handle(handle))
}

/// Several objectives, one of them about time.
#[must_use]
pub fn error_budget_timed() -> Subject {
    let quick = Config::builder().slower_than(Duration::from_secs(1)).build();
    let quick = quick.expect("these settings work");
    let handle = Handle::of("budget", [("failures", Config::default()), ("latency", quick)]);
    budget(&handle, ErrorBudgetLayer::from_handle(handle.clone()))
}

/// A budget that leaves some requests out.
#[must_use]
pub fn error_budget_with_bypass() -> Subject {
    let handle = handle();
    let never = |plan: &Plan| {
        plan.ask(PanicAt::Request);
        false
    };
    budget(&handle, ErrorBudgetLayer::from_handle(handle.clone()).bypass_when(never)).hook(PanicAt::Request)
}

/// A budget that would shed requests of low priority, and has none.
#[must_use]
pub fn error_budget_shedding() -> Subject {
    let handle = handle();
    let layer =
        ErrorBudgetLayer::from_handle(handle.clone()).shed_low_priority_by(|_: &Plan| Priority::Normal);
    budget(&handle, layer)
}

/// A budget that judges calls when their body has ended.
#[must_use]
pub fn error_budget_at_body_end() -> Subject {
    let handle = handle();
    let layer =
        ErrorBudgetLayer::from_handle(handle.clone()).classify(buttress::classify::Http).at_body_end();
    budget(&handle, OverHttp(layer))
}

/// A budget that answers itself what it sheds.
#[must_use]
pub fn error_budget_respond() -> Subject {
    let handle = handle();
    let layer = ErrorBudgetLayer::from_handle(handle.clone()).classify(buttress::classify::Http);
    Subject::new(OverHttp(layer.shed_low_priority().respond())).decides_in_call()
}
