//! A runtime that ends takes its tasks along, wherever they are.

use crate::{Make, Plan, Readiness, Rig, become_ready};
use tokio::runtime::Builder;
use tower::Service;

const TASKS: usize = 6;

/// B6: a runtime that ends with calls in flight, with services that wait and with ones that are ready neither panics nor
/// hangs, and leaves nothing held; a service that outlives it can be dropped.
pub fn a_runtime_can_end_at_any_time(make: Make<'_>) {
    for readiness in [Readiness::Ready, Readiness::Pending] {
        for mut builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
            let runtime = builder.enable_time().worker_threads(2).build().expect("a runtime can be made");
            let (rig, survivor) = runtime.block_on(async {
                let rig = Rig::new(make());
                rig.probe.set_readiness(readiness);
                let started = std::sync::Arc::new(tokio::sync::Barrier::new(TASKS + 1));
                for task in 0..TASKS {
                    let (mut service, started) = (rig.service(), started.clone());
                    tokio::spawn(async move {
                        started.wait().await;
                        // Waits until the runtime ends, where the inner service is not ready or all places are out.
                        let _ = std::future::poll_fn(|cx| service.poll_ready(cx)).await;
                        match task % 2 {
                            0 => drop(service.call(Plan::HANG).await),
                            _ => std::future::pending().await,
                        }
                    });
                }
                started.wait().await;
                crate::settle().await;
                let mut survivor = rig.service();
                if readiness == Readiness::Pending || rig.subject.has_places() {
                    let _ = crate::poll_ready(&mut survivor);
                } else {
                    become_ready(&mut survivor).await;
                }
                (rig, survivor)
            });
            drop(runtime);
            assert_eq!(rig.probe.live(), 0, "a call outlives its task");
            drop(survivor);
            rig.assert_at_rest("after the end of the runtime");
        }
    }
}
