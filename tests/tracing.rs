//! Events as `tracing` events. Alone in its program, as a subscriber for all threads can be set once.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use buttress::circuit_breaker::{Config, Handle, Keyed};
use buttress::fallback::{self, AnyError, FallbackLayer};
use buttress::health::{Check, Found, Monitor, presets};
use buttress::registry::Registry;
use buttress::{FailureKind, Outcome};
use buttress_reputation::Ledger;
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use support::{Plan, Probe, Task, ready};
use tower::{Layer, Service};
use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber, span};

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Keeps the events of one target as lines.
struct Collect;

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0 += &format!(" {}={value:?}", field.name());
    }
}

impl Subscriber for Collect {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "buttress"
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        LINES.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[test]
fn s1_18_s4_82_h14_every_change_and_refusal_is_a_tracing_event_under_one_target() {
    tracing::subscriber::set_global_default(Collect).unwrap();
    let handle = Handle::new("traced", Config::builder().consecutive_failures(2).build().unwrap());
    for _ in 0..2 {
        handle.acquire().unwrap().record(Outcome::Failure(FailureKind::Error), None);
    }
    handle.acquire().unwrap_err();
    handle.reset();
    Keyed::<str>::new("peers", Config::default()).of("10.0.0.7").force_open();
    let spare = FallbackLayer::value("spare").when(AnyError).with_handle(fallback::Handle::new("prices"));
    let mut service = spare.layer(Probe::default());
    ready(&mut service);
    Task::new(service.call(Plan::FAIL)).finish().unwrap();
    let lines = std::mem::take(&mut *LINES.lock().unwrap());
    assert_eq!(lines.len(), 5, "{lines:?}");
    for part in ["WARN", "name=\"traced\"", "from=\"closed\"", "to=\"open\"", "2 failures in a row, limit 2"]
    {
        assert!(lines[0].contains(part), "`{part}` is missing in {}", lines[0]);
    }
    assert!(lines[1].starts_with("DEBUG") && lines[1].contains("rejected: open for another"), "{}", lines[1]);
    assert!(lines[2].starts_with("INFO") && lines[2].contains("reset"), "{}", lines[2]);
    assert!(lines[3].contains("name=\"peers\" key=\"10.0.0.7\""), "{}", lines[3]);
    let fell_back = "DEBUG message=error: answered by value layer=\"fallback\" name=\"prices\"";
    assert_eq!(lines[4], fell_back);

    // What checks find: what becomes unhealthy is a warning.
    let monitor = Monitor::new("backends", presets::dwcp());
    let left = AtomicU32::new(2);
    let check = Check::new("db", move || {
        let found = match left.fetch_sub(1, Relaxed) {
            2 => Found::Healthy,
            _ => Found::Unhealthy("down".to_owned()),
        };
        std::future::ready(found)
    });
    monitor.register(check).unwrap();
    support::paused(async {
        monitor.check_now().await;
        monitor.check_now().await;
    });
    let lines = std::mem::take(&mut *LINES.lock().unwrap());
    let of = "message=health check layer=\"health_monitor\" name=\"backends\" key=\"db\"";
    let found = format!("INFO {of} from=\"unknown\" to=\"healthy\"");
    assert_eq!(*lines, [found, format!("WARN {of} from=\"healthy\" to=\"unhealthy\"")]);

    // What happens to the peers of a ledger in a registry, whatever they call themselves.
    let peers = Ledger::<String>::new("swarm", buttress_reputation::Config::default());
    Registry::new().add(peers.clone()).unwrap();
    assert!(peers.ban("evil\r\n\u{2028}", "spam", None));
    peers.unban("evil\r\n\u{2028}");
    let lines = LINES.lock().unwrap();
    let of = r#"layer="peers" name="swarm" key="evil\\r\\n\\u{2028}""#;
    let banned = format!("WARN message=banned until it is lifted, time 1, at score 50.0 {of} number=1");
    assert_eq!(lines[..], [banned, format!("INFO message=unbanned {of} number=2")]);
}
