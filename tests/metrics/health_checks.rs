//! What moves the metrics of health checks.

use buttress::health::{Check, Found, Monitor, presets};
use buttress::registry::Registry;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

/// Looks at something that is well and then is not, and shows after each look.
pub(crate) async fn move_all(registry: &Registry, mut look: impl FnMut()) {
    let monitor = Monitor::new("backends", presets::dwcp());
    registry.add(monitor.clone()).unwrap();
    let is_well = Arc::new(AtomicBool::new(true));
    let check = Check::new("database", {
        let is_well = Arc::clone(&is_well);
        move || {
            let found =
                if is_well.load(SeqCst) { Found::Healthy } else { Found::Unhealthy("down".to_owned()) };
            std::future::ready(found)
        }
    });
    monitor.register(check).unwrap();
    look();
    monitor.check_now().await;
    look();
    is_well.store(false, SeqCst);
    monitor.check_now().await;
    look();
}
