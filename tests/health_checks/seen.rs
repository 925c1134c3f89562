//! What an operator sees of it.

use crate::script::{Act, Target};
use buttress::EventKind;
use buttress::health::{Change, Config, Monitor, Status, presets};
use buttress::metrics::Exporter;
use buttress::registry::{Registry, Verdict};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A monitor of these two in a registry.
fn registered(config: Config, acts: [Act; 2]) -> (Registry, Monitor, [Target; 2]) {
    let (registry, monitor) = (Registry::new(), Monitor::new("backends", config));
    registry.add(monitor.clone()).unwrap();
    let targets = acts.map(Target::new);
    for (name, target) in ["one", "two"].iter().zip(&targets) {
        monitor.register(target.check(name)).unwrap();
    }
    (registry, monitor, targets)
}

#[tokio::test(start_paused = true)]
async fn s2_56_s2_58_the_status_says_when_how_often_and_how_long() {
    let half_a_second = Duration::from_millis(500);
    let (_, monitor, targets) =
        registered(Config::default(), [Act::AnswerAfter(half_a_second), Act::CannotAsk]);
    assert_eq!(monitor.status("three"), None);
    assert_eq!(monitor.status("one").unwrap().success_rate, None);
    for act in [Act::AnswerAfter(half_a_second), Act::Limp, Act::Answer, Act::Fail] {
        targets[0].set(act);
        monitor.check_now().await;
    }
    let statuses = monitor.statuses();
    let one = &statuses["one"];
    assert_eq!((one.status, one.healthy, one.success_rate), (Status::Healthy, true, Some(75.0)));
    assert_eq!((one.checks, one.successes, one.degraded, one.failures), (4, 2, 1, 1));
    assert_eq!((one.consecutive_successes, one.consecutive_failures), (0, 1));
    assert_eq!((one.duration, one.latency), (Some(Duration::ZERO), Some(half_a_second / 3)));
    assert!(one.last_success.is_some() && one.last_failure >= one.last_success);
    assert_eq!(one.last_check, one.last_failure);
    let two = &statuses["two"];
    assert_eq!((two.status, two.healthy, two.unknown, two.success_rate), (Status::Unknown, true, 4, None));
}

#[tokio::test(start_paused = true)]
async fn s0_38_s2_57_all_is_healthy_while_nothing_is_unhealthy() {
    let (_, monitor, targets) = registered(presets::dwcp(), [Act::Answer, Act::Limp]);
    assert!(monitor.is_healthy(), "nothing speaks against what is new");
    monitor.check_now().await;
    assert!(monitor.is_healthy());
    targets[1].set(Act::Fail);
    monitor.check_now().await;
    assert!(!monitor.is_healthy());
    assert!(monitor.check("one").unwrap().is_usable() && !monitor.check("two").unwrap().is_usable());
}

#[tokio::test(start_paused = true)]
async fn s2_16_s4_51_what_is_found_is_a_part_of_the_health_and_its_changes_are_told() {
    let (registry, monitor, targets) = registered(presets::dwcp(), [Act::Answer, Act::Answer]);
    let told = Arc::new(Mutex::new(Vec::new()));
    registry.on_health_change({
        let told = Arc::clone(&told);
        move |health| told.lock().unwrap().push(health.to_string())
    });
    let mut changes = registry.subscribe_to_changes();
    monitor.check_now().await;
    while changes.try_next().is_some() {}
    targets[0].set(Act::Limp);
    monitor.check_now().await;
    targets[1].set(Act::Fail);
    monitor.check_now().await;
    let (limps, fails) = ("health_check backends/one is degraded", "health_check backends/two is unhealthy");
    let expected = [format!("degraded: {limps}"), format!("unhealthy: {limps}, {fails}")];
    assert_eq!(*told.lock().unwrap(), expected);
    let status = registry.status();
    assert_eq!((status.health.verdict, status.health.to_string()), (Verdict::Unhealthy, expected[1].clone()));
    assert_eq!(status.health_monitors["backends"].verdict, Verdict::Unhealthy);

    let event = changes.next().await.unwrap();
    assert_eq!(event.to_string(), "health_monitor backends[one]: healthy -> degraded");
    let change = Change { from: Status::Healthy, to: Status::Unhealthy };
    assert_eq!(changes.next().await.unwrap().kind, EventKind::HealthChanged(change));
    assert_eq!(changes.try_next(), None);
}

#[tokio::test(start_paused = true)]
async fn s0_82_a_reset_forgets_what_was_found_and_not_what_was_counted() {
    let (registry, monitor, targets) = registered(presets::dwcp(), [Act::Fail, Act::Answer]);
    monitor.check_now().await;
    assert_eq!(registry.health().verdict, Verdict::Unhealthy);
    assert_eq!(registry.reset("backends").unwrap().reset.len(), 1);
    assert_eq!(registry.health().verdict, Verdict::Healthy);
    let one = monitor.status("one").unwrap();
    assert_eq!((one.status, one.healthy, one.reason, one.failures), (Status::Unknown, true, None, 1));
    assert!(monitor.check("one").unwrap().is_usable());
    targets[0].set(Act::Answer);
    assert_eq!(monitor.check_now().await["one"].status, Status::Healthy);
}

#[tokio::test(start_paused = true)]
async fn s2_60_s2_61_s2_62_s2_63_the_metrics_are_what_was_found() {
    let (registry, monitor, targets) = registered(presets::dwcp(), [Act::Answer, Act::Answer]);
    let exporter = Exporter::new(registry);
    let text = |series: &str| {
        let page = exporter.render();
        let line =
            page.lines().find_map(|line| line.strip_prefix(&format!("buttress_health_check_{series} ")));
        line.unwrap_or_else(|| panic!("no {series} in {page}")).to_owned()
    };
    let of = |family: &str| text(&format!("{family}{{checker=\"backends\",check=\"one\"}}"));
    let result =
        |result: &str| text(&format!("total{{checker=\"backends\",check=\"one\",result=\"{result}\"}}"));
    assert_eq!(
        (of("status"), of("failures_total"), of("duration_seconds_count")),
        ("1".into(), "0".into(), "0".into())
    );
    let acts = [
        (Act::AnswerAfter(Duration::from_secs(1)), "success"),
        (Act::Limp, "degraded"),
        (Act::Hang, "timeout"),
        (Act::Fail, "failure"),
        (Act::Panic, "panic"),
        (Act::CannotAsk, "unknown"),
    ];
    for (act, word) in acts {
        assert_eq!(result(word), "0");
        targets[0].set(act);
        monitor.check_now().await;
        assert_eq!(result(word), "1", "{act:?}");
    }
    assert_eq!(
        (of("status"), of("failures_total"), of("duration_seconds_count")),
        ("0".into(), "3".into(), "6".into())
    );
    assert_eq!(of("duration_seconds_sum"), "6");
    assert_eq!(text("status{checker=\"backends\",check=\"two\"}"), "1");
}

#[tokio::test(start_paused = true)]
async fn s0_81_the_status_as_json_has_the_network_conditions_and_what_they_advise() {
    let (registry, monitor, targets) = registered(presets::walgit(), [Act::Answer, Act::Answer]);
    targets[0].set(Act::AnswerAfter(Duration::from_millis(501)));
    monitor.check_now().await;
    targets[1].set(Act::Fail);
    monitor.check_now().await;
    let status = serde_json::to_value(registry.status()).unwrap();
    let network = &status["health_monitors"]["backends"];
    assert_eq!(network["verdict"], "healthy", "{network:#}");
    assert_eq!((&network["latency"], &network["interval"]), (&0.501.into(), &10.0.into()));
    assert_eq!(network["advice"], serde_json::json!({ "batch_size": 5, "concurrency": 1, "retries": 4 }));
    let two = &network["checks"]["two"];
    assert_eq!((&two["status"], &two["reason"]), (&"healthy".into(), &"down".into()), "{two:#}");
    assert_eq!((&two["consecutive_failures"], &two["success_rate"]), (&1.into(), &50.0.into()));
    assert!(two["last_failure"].as_str().unwrap().ends_with('Z'), "{two:#}");
}
