//! The registry: names, and the status of everything that has one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use buttress::circuit_breaker::{CircuitBreakerLayer, Config, Handle, State, presets};
use buttress::registry::{Part, Registry, RegistryError, Resets, StateCounts, UnknownName, Verdict};
use buttress::{BoxError, FailureKind, Outcome, Ratio, Rejected, error_budget};
use serde_json::{Value, json};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;
use support::breaker::{OPEN_FOR, call, config, fail, rejected};
use support::{AtEnd, Plan, Probe, Task, ready};
use tokio::time::advance;
use tower::{Layer, Service, ServiceBuilder};

fn succeed(handle: &Handle, times: usize) {
    for _ in 0..times {
        handle.acquire().unwrap().record(Outcome::Success, None);
    }
}

#[test]
fn s0_06_s4_38_a_name_is_one_breaker_for_all_who_ask() {
    let registry = Registry::new();
    let first = registry.circuit_breaker("orders", config()).unwrap();
    let second = registry.clone().circuit_breaker("orders", config()).unwrap();
    fail(&first, 2);
    assert_eq!((second.state(), registry.len()), (State::Open, 1));
    let other = registry.circuit_breaker("payments", config()).unwrap();
    assert_eq!(other.state(), State::Closed);

    // Process-wide, for those who want that.
    let here = Registry::global().circuit_breaker("s0-06", config()).unwrap();
    let there = std::thread::spawn(|| Registry::global().get::<Handle>("s0-06").unwrap()).join().unwrap();
    there.force_open();
    assert_eq!(here.state(), State::ForcedOpen);
}

#[test]
fn c18_other_settings_under_a_name_are_an_error_that_names_the_knob() {
    let registry = Registry::new();
    let first = registry.circuit_breaker("orders", config()).unwrap();
    let longer = config().to_builder().open_for(OPEN_FOR * 2).build().unwrap();
    let error = registry.circuit_breaker("orders", longer).unwrap_err();
    let text =
        "there is a circuit_breaker \"orders\" with other settings already: its open_for is 30s, not 60s";
    assert_eq!(error.to_string(), text);

    let second = Handle::new("orders", longer);
    let taken = RegistryError::Taken { kind: "circuit_breaker", name: "orders".into() };
    assert_eq!(registry.add(second.clone()).unwrap_err(), taken);
    let previous = registry.replace(second).unwrap().unwrap();
    previous.force_open();
    assert_eq!((first.state(), registry.len()), (State::ForcedOpen, 1));
    assert_eq!(registry.status().circuit_breakers["orders"].state, State::Closed);
    assert!(registry.circuit_breaker("orders", longer).is_ok());
    assert!(registry.replace(Handle::new("payments", longer)).unwrap().is_none());
}

#[test]
fn c18_c36_breakers_of_keys_are_got_by_name_and_made_once() {
    let registry = Registry::new();
    let room = |keys| std::num::NonZeroUsize::new(keys).unwrap();
    let hosts = registry.keyed_circuit_breaker::<str>("hosts", config(), room(10)).unwrap();
    hosts.of("down").force_open();
    let again = registry.keyed_circuit_breaker::<str>("hosts", config(), room(10)).unwrap();
    assert_eq!(again.get("down").unwrap().state(), State::ForcedOpen);
    let smaller = registry.keyed_circuit_breaker::<str>("hosts", config(), room(5)).unwrap_err();
    assert!(smaller.to_string().ends_with("other settings already: its capacity is 10, not 5"), "{smaller}");
    let longer = config().to_builder().open_for(OPEN_FOR * 2).build().unwrap();
    let longer = registry.keyed_circuit_breaker::<str>("hosts", longer, room(10)).unwrap_err();
    assert!(longer.to_string().contains("open_for"), "{longer}");
    let numbers = registry.keyed_circuit_breaker::<u64>("hosts", config(), room(10)).unwrap_err();
    assert_eq!(numbers, RegistryError::Taken { kind: "keyed_circuit_breaker", name: "hosts".into() });
}

#[test]
fn c37_w25_s2_11_a_name_that_is_not_there_is_an_error_that_lists_those_that_are() {
    let registry = Registry::new();
    let nothing = registry.get::<Handle>("orders").unwrap_err();
    assert_eq!(nothing.to_string(), "there is no circuit_breaker \"orders\"; there is none at all");
    for number in 0..12 {
        registry.circuit_breaker(&format!("network-{number:02}"), config()).unwrap();
    }
    let error = registry.get::<Handle>("netwrok-03").unwrap_err();
    assert_eq!(error.closest(), Some("network-03"));
    let text = error.to_string();
    assert!(text.starts_with("there is no circuit_breaker \"netwrok-03\", did you mean"), "{text}");
    assert!(text.ends_with("\"network-08\", \"network-09\" and 2 more"), "{text}");
    assert_eq!(registry.get::<Handle>("billing").unwrap_err().closest(), None);
    assert_eq!(registry.reset("billing").unwrap_err().known.len(), 12);
    assert_eq!(registry.len(), 12, "asking makes none");
}

#[tokio::test]
async fn w25_a_stack_wired_by_names_delivers_or_is_not_built() {
    fn build(
        registry: &Registry,
        name: &str,
        probe: &Probe,
    ) -> Result<impl Service<Plan, Response = &'static str, Error = BoxError>, UnknownName> {
        let handle = registry.get::<Handle>(name)?;
        Ok(ServiceBuilder::new().layer(CircuitBreakerLayer::from_handle(handle)).service(probe.clone()))
    }
    let (registry, probe) = (Registry::new(), Probe::default());
    registry.circuit_breaker("network-send", config()).unwrap();
    assert!(build(&registry, "network_sent", &probe).is_err());
    let mut service = build(&registry, "network-send", &probe).unwrap();
    assert_eq!(call(&mut service, Plan::OK).await.unwrap(), "ok");
    assert_eq!((probe.calls(), registry.status().total_operations), (1, 1));
}

#[test]
fn w14_names_are_bounded_and_never_empty() {
    let registry = Registry::with_capacity(NonZeroUsize::new(2).unwrap());
    registry.circuit_breaker("a", config()).unwrap();
    registry.circuit_breaker("b", config()).unwrap();
    let full = registry.circuit_breaker("c", config()).unwrap_err();
    assert_eq!(full.to_string(), "the registry has 2 names, as many as it may");
    assert_eq!(registry.add(Handle::new("c", config())).unwrap_err(), full);
    assert!(registry.circuit_breaker("a", config()).is_ok(), "one that is there needs no room");
    assert!(registry.remove::<Handle>("a").is_some() && registry.remove::<Handle>("a").is_none());
    registry.circuit_breaker("c", config()).unwrap();
    let unnamed = Handle::new("", config());
    assert!(matches!(registry.add(unnamed), Err(RegistryError::EmptyName { kind: "circuit_breaker" })));
    assert!(registry.circuit_breaker("", config()).is_err());
    assert_eq!(Registry::DEFAULT_CAPACITY.get(), 1024);
}

#[test]
fn w35_names_come_and_go_while_calls_run() {
    const ROUNDS: usize = 300;
    let (registry, done) = (Registry::new(), AtomicBool::new(false));
    let steady = registry.circuit_breaker("steady", config()).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut service = CircuitBreakerLayer::from_handle(steady.clone()).layer(Probe::default());
            loop {
                ready(&mut service);
                Task::new(service.call(Plan::OK)).finish().unwrap();
                if done.load(SeqCst) {
                    break;
                }
            }
        });
        scope.spawn(|| {
            while !done.load(SeqCst) {
                let status = registry.status();
                assert!(status.circuit_breakers.contains_key("steady"));
                drop(registry.subscribe());
                registry.reset_all();
            }
        });
        let _end = AtEnd(|| done.store(true, SeqCst));
        for _ in 0..ROUNDS {
            for name in ["a", "b", "c"] {
                let handle = registry.circuit_breaker(name, config()).unwrap();
                fail(&handle, 1);
                registry.get::<Handle>(name).unwrap().force_open();
                registry.remove::<Handle>(name).unwrap();
            }
        }
    });
    let left = registry.status().circuit_breakers;
    assert_eq!(left.keys().collect::<Vec<_>>(), ["steady"]);
    assert!(left["steady"].totals.successes > 0);
}

#[tokio::test]
async fn w01_w47_whatever_admits_calls_is_in_the_status_and_is_reset() {
    let registry = Registry::new();
    let names = ["network-send", "network-receive", "peer-discovery"];
    let mut services = names.map(|name| {
        let handle = registry.circuit_breaker(name, config()).unwrap();
        CircuitBreakerLayer::from_handle(handle).layer(Probe::default())
    });
    for service in &mut services {
        for plan in [Plan::FAIL, Plan::FAIL, Plan::OK] {
            let _ = call(service, plan).await;
        }
    }
    let status = registry.status();
    for name in names {
        let breaker = &status.circuit_breakers[name];
        assert_eq!((breaker.state, breaker.totals.rejected), (State::Open, 1), "{name}");
    }
    assert_eq!(registry.reset("network-send").unwrap().reset.len(), 1);
    let states = StateCounts::from_iter([State::Closed, State::Open, State::Open]);
    assert_eq!((registry.status().states(), states.total()), (states, 3));
    registry.reset_all();
    for service in &mut services {
        assert_eq!(call(service, Plan::OK).await.unwrap(), "ok");
    }
    assert!(registry.status().circuit_breakers.values().all(|breaker| breaker.state == State::Closed));
}

#[test]
fn s0_82_w01_a_reset_says_what_it_was_and_leaves_the_budgets_unless_they_are_named() {
    let registry = Registry::new();
    let half = error_budget::Config::builder().objective(Ratio::new(0.5).unwrap()).minimum_calls(1);
    let budget = half.build().unwrap();
    let budget = registry.error_budget("orders", budget).unwrap();
    let breaker = registry.circuit_breaker("orders", config()).unwrap();
    registry.add(buttress::failure_log::Handle::new("orders", Default::default())).unwrap();
    registry.add(buttress::retry::Handle::new("retries", Default::default())).unwrap();
    fail(&breaker, 2);
    budget.record(Outcome::Failure(FailureKind::Error), Duration::ZERO);
    let said = |resets: Resets| {
        let list = |parts: Vec<Part>| parts.iter().map(Part::to_string).collect::<Vec<_>>().join(", ");
        (list(resets.reset), list(resets.left))
    };

    let all = said(registry.reset_all());
    assert_eq!(all, ("circuit_breaker orders".to_owned(), "error_budget orders".to_owned()));
    assert_eq!(breaker.state(), State::Closed);
    assert!(budget.is_exhausted(), "a month is not forgotten because calls are to flow again");

    fail(&breaker, 2);
    let named = said(registry.reset("orders").unwrap());
    assert_eq!(named, ("circuit_breaker orders, error_budget orders".to_owned(), String::new()));
    assert!(breaker.state() == State::Closed && !budget.is_exhausted());
    assert_eq!(registry.reset("retries").unwrap(), Resets::default());
}

#[tokio::test(start_paused = true)]
async fn w33_s1_45_the_status_is_what_the_next_call_is_told() {
    let registry = Registry::new();
    let handle = registry.circuit_breaker("orders", config()).unwrap();
    let check = |state, healthy, verdict, answer: Result<(), Option<Duration>>| {
        let breaker = &registry.status().circuit_breakers["orders"];
        assert_eq!((breaker.state, breaker.healthy, breaker.verdict), (state, healthy, verdict));
        assert_eq!(registry.health().verdict, verdict, "at less cost, and the same");
        assert_eq!(handle.check().map_err(|rejected| rejected.retry_after()), answer);
        assert_eq!(breaker.retry_after.filter(|left| !left.is_zero()), answer.err().flatten());
    };
    check(State::Closed, true, Verdict::Healthy, Ok(()));
    fail(&handle, 2);
    check(State::Open, false, Verdict::Unhealthy, Err(Some(OPEN_FOR)));
    advance(OPEN_FOR / 3).await;
    check(State::Open, false, Verdict::Unhealthy, Err(Some(OPEN_FOR / 3 * 2)));
    // Nobody calls, and it must not stay unhealthy for that: the next call is admitted.
    advance(OPEN_FOR).await;
    check(State::Open, false, Verdict::Degraded, Ok(()));
    let probe = handle.acquire().unwrap();
    assert_eq!(registry.status().circuit_breakers["orders"].probes.in_flight, 1);
    assert_eq!(registry.health().to_string(), "degraded: circuit_breaker orders is half_open");
    probe.record(Outcome::Success, None);
    check(State::Closed, true, Verdict::Healthy, Ok(()));
    handle.force_open();
    check(State::ForcedOpen, false, Verdict::Unhealthy, Err(None));
    handle.force_closed();
    check(State::ForcedClosed, true, Verdict::Healthy, Ok(()));
    handle.reset();
    check(State::Closed, true, Verdict::Healthy, Ok(()));
    handle.set_shadow(true);
    fail(&handle, 2);
    let breaker = &registry.status().circuit_breakers["orders"];
    assert_eq!(
        (breaker.verdict, breaker.shadow, breaker.retry_after),
        (Verdict::Degraded, true, Some(OPEN_FOR))
    );
    assert!(handle.check().is_ok() && registry.health().verdict == Verdict::Degraded);
}

#[tokio::test(start_paused = true)]
async fn s0_24_s4_45_s4_48_the_status_of_all_breakers_is_one_json() {
    let registry = Registry::new();
    let orders = registry.circuit_breaker("orders", config()).unwrap();
    let payments = registry.circuit_breaker("payments", presets::dwcp()).unwrap();
    succeed(&orders, 2);
    fail(&orders, 2);
    orders.acquire().unwrap_err();
    succeed(&payments, 3);
    advance(Duration::from_millis(1500)).await;

    let file = std::env::temp_dir().join(format!("buttress-status-{}.json", std::process::id()));
    serde_json::to_writer(std::fs::File::create(&file).unwrap(), &registry.status()).unwrap();
    let json: Value = serde_json::from_reader(std::fs::File::open(&file).unwrap()).unwrap();
    std::fs::remove_file(&file).unwrap();

    let reasons =
        json!([{ "kind": "circuit_breaker", "name": "orders", "verdict": "unhealthy", "state": "open" }]);
    assert_eq!(json["health"], json!({ "verdict": "unhealthy", "reasons": reasons }));
    let breaker = &json["circuit_breakers"]["orders"];
    for (field, value) in [
        ("state", json!("open")),
        ("healthy", json!(false)),
        ("verdict", json!("unhealthy")),
        ("shadow", json!(false)),
        ("in_state_for", json!(1.5)),
        ("retry_after", json!(28.5)),
        ("failure_rate", Value::Null),
        ("consecutive_failures", json!(0)),
        ("window", json!({ "calls": 0, "failures": 0, "slow": 0 })),
        ("opened", json!(1)),
        ("transitions", json!(1)),
    ] {
        assert_eq!(breaker[field], value, "{field} in {breaker:#}");
    }
    let totals = &breaker["totals"];
    assert_eq!(
        (&totals["successes"], &totals["failures"], &totals["rejected"]),
        (&json!(2), &json!(2), &json!(1))
    );
    assert_eq!(breaker["last_failure"]["kind"], "error");
    let change = &breaker["history"][0];
    assert_eq!(
        (&change["from"], &change["to"], &change["open_for"]),
        (&json!("closed"), &json!("open"), &json!(30.0))
    );
    assert_eq!(change["cause"], "2 failures in a row, limit 2");
    let at = change["at"].as_str().unwrap();
    assert!(
        at.len() == "2018-02-16T00:31:37.123Z".len() && at.ends_with('Z') && at.starts_with("20"),
        "{at}"
    );
    assert_eq!(json["circuit_breakers"]["payments"]["state"], "closed");
    for text in ["open", "OPEN", "half-open", "half_open"] {
        assert!(text.parse::<State>().is_ok(), "whatever is written is read");
    }
}

#[test]
fn s4_43_s4_44_s4_49_s4_50_c26_c33_totals_and_a_success_rate_in_percent() {
    let registry = Registry::new();
    assert_eq!((registry.status().total_operations, registry.status().success_rate), (0, None));
    let orders = registry.circuit_breaker("orders", Config::default()).unwrap();
    let payments = registry.circuit_breaker("payments", Config::default()).unwrap();
    succeed(&orders, 3);
    fail(&orders, 1);
    succeed(&payments, 4);
    let status = registry.status();
    assert_eq!((status.total_operations, status.success_rate), (8, Some(87.5)));
    let rate = status.circuit_breakers["orders"].failure_rate.unwrap();
    assert_eq!(rate.get(), 0.25, "a share inside, percent in that view alone");
    assert_eq!(
        registry.circuit_breaker("idle", Config::default()).unwrap().snapshot().window.failure_rate(),
        None
    );
}

#[test]
fn s3_60_the_status_says_how_far_each_rule_is_from_opening() {
    let registry = Registry::new();
    let config = Config::builder().no_rules().failure_rate_threshold(0.5).minimum_calls(4).build().unwrap();
    let handle = registry.circuit_breaker("orders", config).unwrap();
    succeed(&handle, 3);
    fail(&handle, 1);
    let explain = &registry.status().circuit_breakers["orders"].explain;
    assert!(explain.contains("failure rate: 1 of 4 calls are 25.0 %, threshold 50.0 %"), "{explain}");
}

#[tokio::test(start_paused = true)]
async fn s4_64_s2_09_s2_10_s2_106_each_dependency_has_its_own_breaker_and_settings() {
    let registry = Registry::new();
    for (name, failures) in [("network-send", 2), ("network-receive", 3), ("peer-discovery", 4)] {
        let config = config().to_builder().consecutive_failures(failures).build().unwrap();
        registry.circuit_breaker(name, config).unwrap();
    }
    let get = |name: &str| registry.get::<Handle>(name).unwrap();
    fail(&get("network-send"), 2);
    fail(&get("network-receive"), 2);
    let status = registry.status();
    let states: Vec<_> = status.circuit_breakers.values().map(|breaker| breaker.state).collect();
    assert_eq!(states, [State::Closed, State::Open, State::Closed]);
    assert_eq!(
        status.circuit_breakers.keys().collect::<Vec<_>>(),
        ["network-receive", "network-send", "peer-discovery"]
    );
}

#[tokio::test(start_paused = true)]
async fn s0_91_s0_93_a_refusal_is_caught_apart_and_says_what_a_user_can_do() {
    let registry = Registry::new();
    // A ready-made strategy, and one of one's own.
    registry.circuit_breaker("walrus", presets::walgit()).unwrap();
    let own = registry.circuit_breaker("sui", config()).unwrap();
    let mut service = CircuitBreakerLayer::from_handle(own).layer(Probe::default());
    for _ in 0..2 {
        let error = call(&mut service, Plan::FAIL).await.unwrap_err();
        assert!(Rejected::find(&*error).is_none());
    }
    let refusal = rejected(&call(&mut service, Plan::FAIL).await.unwrap_err());
    assert_eq!((refusal.name(), refusal.retry_after()), ("sui", Some(OPEN_FOR)));
    assert_eq!(refusal.to_string(), "circuit_breaker \"sui\": open for another 30.0s");
}

#[test]
fn a_status_is_a_plain_value() {
    let registry = Registry::new();
    let handle = registry.circuit_breaker("orders", config()).unwrap();
    handle.acquire().unwrap().record(Outcome::Failure(FailureKind::Timeout), None);
    let status = registry.status();
    let last = status.circuit_breakers["orders"].last_failure.unwrap();
    assert_eq!(last.kind, FailureKind::Timeout);
    assert_eq!(status.clone(), status);
    handle.reset();
    assert_ne!(registry.status(), status);
    assert_eq!(format!("{registry:?}"), "Registry({\"circuit_breaker orders\"})");
}
