//! Calls that arrive at a constant rate, whatever became of the earlier ones.

use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use tower::{Service, ServiceExt};

/// Calls that arrive in a second.
pub const RATE: u64 = 400;

/// How often some arrive: tokio's time has milliseconds.
const BEAT: Duration = Duration::from_millis(10);

/// Offers [`RATE`] calls a second to clones of `service`, each in a task of its own, and waits until all have ended. The
/// requests are what `request` makes of their numbers; how the calls ended comes in the order of their arrival.
///
/// # Panics
/// If a call does.
pub async fn offer<Req, S>(
    service: &S,
    seconds: u64,
    mut request: impl FnMut(u64) -> Req,
) -> Vec<Result<S::Response, S::Error>>
where
    Req: Send + 'static,
    S: Service<Req, Response: Send, Error: Send, Future: Send> + Clone + Send + 'static,
{
    let (mut calls, mut beats) = (JoinSet::new(), interval(BEAT));
    beats.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let a_beat = RATE * BEAT.as_millis() as u64 / 1_000;
    for number in 0..seconds * RATE {
        if number.is_multiple_of(a_beat) {
            beats.tick().await;
        }
        let call = service.clone().oneshot(request(number));
        calls.spawn(async move { (number, call.await) });
    }
    let mut ended = calls.join_all().await;
    ended.sort_unstable_by_key(|(number, _)| *number);
    ended.into_iter().map(|(_, ended)| ended).collect()
}
