//! Thresholds under load: 400 calls a second, none of which waits for the earlier ones.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use buttress::circuit_breaker::{CircuitBreakerLayer, Config, Handle, State};
use buttress::{BoxError, Rejected};
use std::convert::Infallible;
use std::time::Duration;
use support::load::{RATE, offer};
use support::{Plan, Probe};
use tokio::time::sleep;
use tower::{Layer, service_fn};

const SECOND: Duration = Duration::from_secs(1);

/// Whether the call of that number is one of so many in a hundred, which lie as evenly among the others as they can.
fn falls(number: u64, percent: u64) -> bool {
    (number + 1) * percent / 100 > number * percent / 100
}

fn one_of(number: u64, percent: u64) -> Plan {
    if falls(number, percent) { Plan::FAIL } else { Plan::OK }
}

/// The number of the first call that was refused.
fn first_refused<T>(ended: &[Result<T, BoxError>]) -> Option<u64> {
    let refused =
        |ended: &Result<T, BoxError>| ended.as_ref().is_err_and(|error| Rejected::find(&**error).is_some());
    ended.iter().position(refused).map(|number| number as u64)
}

/// Offers calls of which so many in a hundred fail, to a breaker by `config`.
async fn failing(config: Config, percent: u64, seconds: u64) -> (Handle, Option<u64>) {
    let handle = Handle::new("orders", config);
    let service = CircuitBreakerLayer::from_handle(handle.clone()).layer(Probe::default());
    let ended = offer(&service, seconds, |number| one_of(number, percent)).await;
    (handle, first_refused(&ended))
}

#[tokio::test(start_paused = true)]
async fn s1_61_a_failure_rate_below_the_threshold_never_refuses_and_one_at_it_does() {
    for percent in [1, 20, 45, 49] {
        let (handle, refused) = failing(Config::default(), percent, 60).await;
        assert_eq!((handle.state(), refused), (State::Closed, None), "{percent} %");
        let totals = handle.snapshot().totals;
        assert_eq!(
            (totals.failures, totals.successes),
            (240 * percent, 240 * (100 - percent)),
            "{percent} %"
        );
    }
    for percent in [50, 51, 60, 100] {
        let (_, refused) = failing(Config::default(), percent, 2).await;
        let refused = refused.unwrap_or_else(|| panic!("{percent} % are borne"));
        // Below the minimum of ten calls only the run of five counts, which comes when all fail.
        let least = if percent == 100 { 5 } else { 10 };
        assert!((least..RATE / 4).contains(&refused), "{percent} %: {refused}");
    }
}

#[tokio::test(start_paused = true)]
async fn s1_61_a_rate_opens_when_the_window_holds_enough_of_it() {
    let handle = Handle::new("orders", Config::default());
    let service = CircuitBreakerLayer::from_handle(handle.clone()).layer(Probe::default());
    assert_eq!(first_refused(&offer(&service, 20, |_| Plan::OK).await), None);
    let refused = first_refused(&offer(&service, 20, |number| one_of(number, 60)).await).unwrap();
    // Half of a window of 10 s has failed once 60 % fail for 5/6 of it. The window is 9 to 10 s long.
    let (soonest, latest) = (RATE * 9 * 5 / 6, RATE * 10 * 5 / 6);
    assert!((soonest..=latest + RATE / 100).contains(&refused), "{soonest} {refused} {latest}");
}

#[tokio::test(start_paused = true)]
async fn s1_61_a_run_opens_at_its_length_and_not_one_before() {
    const RUN: u64 = 20;
    let run = |failures| Config::builder().no_rules().consecutive_failures(failures).build().unwrap();
    for (length, opens) in [(RUN - 1, false), (RUN, true)] {
        let handle = Handle::new("orders", run(RUN as u16));
        let service = CircuitBreakerLayer::from_handle(handle.clone()).layer(Probe::default());
        let plan = |number: u64| if number % (length + 1) == length { Plan::OK } else { Plan::FAIL };
        let ended = offer(&service, 10, plan).await;
        assert_eq!(first_refused(&ended), opens.then_some(RUN), "runs of {length}");
    }
}

#[tokio::test(start_paused = true)]
async fn s1_61_slow_calls_open_at_their_share_and_faster_ones_do_not() {
    const SLOW: Duration = Duration::from_millis(100);
    let config = Config::builder().no_rules().slow_call_rate_threshold(0.5, SLOW).build().unwrap();
    for (percent, took, opens) in [(49, SLOW, false), (100, SLOW - SECOND / 1_000, false), (60, SLOW, true)] {
        let layer = CircuitBreakerLayer::from_handle(Handle::new("orders", config));
        let service = layer.layer(service_fn(move |slow: bool| async move {
            if slow {
                sleep(took).await;
            }
            Ok::<_, Infallible>(())
        }));
        let ended = offer(&service, 20, |number| falls(number, percent)).await;
        let refused = first_refused(&ended);
        assert_eq!(refused.is_some(), opens, "{percent} % took {took:?}: {refused:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn s1_61_an_open_breaker_lets_a_handful_through_in_a_minute_and_all_soon_after_it() {
    let probe = Probe::default();
    let handle = Handle::new("orders", Config::default());
    let service = CircuitBreakerLayer::from_handle(handle.clone()).layer(probe.clone());
    offer(&service, 60, |_| Plan::FAIL).await;
    // Five that open it. After 1 s, doubled each time and half as long at the least, three probes at the most.
    let openings = handle.snapshot().opened;
    assert!((3..=8).contains(&openings), "{openings}");
    assert!(probe.calls() as u64 <= 5 + 3 * openings, "{} calls", probe.calls());
    let left = handle.snapshot().retry_after.unwrap_or_default();
    let ended = offer(&service, left.as_secs() + 2, |_| Plan::OK).await;
    let good = ended.iter().rev().take_while(|ended| ended.is_ok()).count() as u64;
    assert!(good >= RATE, "all goes well for {good} calls");
    assert_eq!(handle.state(), State::Closed);
}
