//! What must be true of every layer. Each check takes what makes a [`Subject`](crate::Subject), and panics with what it found.

mod breaker_like;
mod cancellation;
mod decision;
mod ledger;
mod panics;
mod places;
mod readiness;
mod replay;
mod sharing;
mod shutdown;
mod transparency;
mod waiting;

pub use breaker_like::{BreakerLike, old_results_change_nothing, probes_are_few};
pub use cancellation::a_dropped_call_leaves_nothing;
pub use decision::a_decision_is_kept;
pub use ledger::{every_call_has_one_outcome, every_call_has_one_outcome_on_two_threads};
pub use panics::a_panic_costs_one_call;
pub use places::{a_refusal_touches_nothing, an_idle_holder_pins_one_place};
pub use readiness::{
    clones_start_unready, drops_give_back, only_the_ready_is_called, readiness_errors_come_through,
    reserves_once, the_last_waker_is_woken,
};
pub use replay::{Upload, every_attempt_sends_all_of_the_body};
pub use sharing::all_services_share_one_state;
pub use shutdown::a_runtime_can_end_at_any_time;
pub use transparency::{changes_nothing, changes_nothing_over_random_plans};
pub use waiting::{
    everybody_has_a_turn_on_two_threads, everybody_has_a_turn_within, no_wake_is_lost,
    nobody_is_polled_in_vain, the_last_waker_gets_the_place,
};

use crate::{CallResult, Erased, Plan, become_ready};
use std::time::Duration;
use tower::Service;

/// The answer to one call, which must come.
async fn answer(service: &mut Erased, plan: Plan) -> CallResult {
    become_ready(service).await;
    let call = service.call(plan);
    tokio::time::timeout(Duration::from_secs(10), call).await.expect("the call does not end")
}
