//! What is told and shown.

use crate::script::{Script, read};
use crate::{DOWN, UP, config};
use buttress::bandwidth::Handle;
use buttress::metrics::Exporter;
use buttress::registry::Registry;
use buttress::{Event, EventKind};
use std::sync::{Arc, Mutex};
use support::settle;

#[tokio::test(start_paused = true)]
async fn s3_53_s3_54_what_passes_and_what_waits_is_counted_told_and_shown() {
    let line = Handle::new("line", config(|to| to.upload(100).per_peer_download(10)));
    let registry = Registry::new();
    registry.add(line.clone()).unwrap();
    let told = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&told);
    line.on_event(move |event: &Event| ear.lock().unwrap().push(event.to_string()));
    line.on_event(|event| {
        assert!(!matches!(event.kind, EventKind::Throttled { .. }), "a listener may panic")
    });

    read(line.shape(UP, Script::of([250]))).await;
    let peer = line.peer("a");
    assert!(peer.try_consume(DOWN, 10));
    assert!(!peer.try_consume(DOWN, 1));
    settle().await;
    assert_eq!(line.listener_panics(), 2);
    assert_eq!(
        *told.lock().unwrap(),
        [
            "bandwidth line: upload throttled by the global limit",
            "bandwidth line: download throttled by the peer limit",
        ]
    );

    let page = Exporter::new(registry.clone()).render();
    for series in [
        r#"buttress_bandwidth_bytes_total{name="line",direction="upload"} 250"#,
        r#"buttress_bandwidth_bytes_total{name="line",direction="download"} 10"#,
        r#"buttress_bandwidth_throttled_total{name="line",direction="upload",scope="global"} 1"#,
        r#"buttress_bandwidth_throttled_total{name="line",direction="upload",scope="peer"} 0"#,
        r#"buttress_bandwidth_throttled_total{name="line",direction="download",scope="peer"} 1"#,
        r#"buttress_bandwidth_limit_bytes_per_second{name="line",direction="upload",scope="global"} 100"#,
        r#"buttress_bandwidth_limit_bytes_per_second{name="line",direction="download",scope="global"} 0"#,
        r#"buttress_bandwidth_available_bytes{name="line",direction="upload"} 0"#,
        r#"buttress_bandwidth_peers{name="line"} 1"#,
    ] {
        assert!(page.contains(&format!("{series}\n")), "{series} is not in {page}");
    }
    assert!(!page.contains(r#"available_bytes{name="line",direction="download"}"#), "{page}");
}

#[tokio::test(start_paused = true)]
async fn c32_s3_62_the_status_shows_what_is_available_and_null_without_a_limit() {
    let line = Handle::new("line", config(|to| to.upload(100).per_peer_download(10)));
    let registry = Registry::new();
    registry.add(line.clone()).unwrap();
    assert!(line.try_consume(UP, 40));
    let status = serde_json::to_value(registry.status()).unwrap();
    let lane = |direction: &str| status["bandwidths"]["line"][direction].clone();
    let free = serde_json::json!(
        { "bytes": 0, "limit": 0, "per_peer": 10, "available": null, "throttled": 0, "throttled_peers": 0 }
    );
    assert_eq!(lane("download"), free);
    assert_eq!(
        (lane("upload")["bytes"].clone(), lane("upload")["available"].clone()),
        (40.into(), 60.into())
    );
    // A capacity that is known later is set later, by name.
    registry.get::<Handle>("line").unwrap().set(config(|to| to.upload(200)));
    assert_eq!(line.snapshot().upload.available, Some(160));
    registry.reset("line").unwrap();
    assert_eq!(line.snapshot().upload.available, Some(200));
}
