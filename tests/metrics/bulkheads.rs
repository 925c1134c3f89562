//! What moves the metrics of bulkheads.

use buttress::bulkhead::{BulkheadLayer, Claim, Config, Handle, Keyed, Weight};
use buttress::registry::Registry;
use buttress::{Bounds, DeadlineLayer, Outcome};
use std::convert::Infallible;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use support::Task;
use tokio::time::{advance, sleep};
use tower::{Layer, ServiceExt, service_fn};

/// Does to a bulkhead, and to one per key, whatever can be done to it, and looks after each step.
pub(crate) async fn move_all(registry: &Registry, mut look: impl FnMut()) {
    let config =
        Config::builder().max_concurrent(2).queue(1).max_wait(Duration::from_secs(1)).build().unwrap();
    let pool = Handle::recording_durations("pool", config, Bounds::default());
    registry.add(pool.clone()).unwrap();
    look();

    // Two are under way and one waits; a fourth is refused.
    let (one, two) = (pool.try_acquire().unwrap(), pool.try_acquire().unwrap());
    let mut waits = Task::new(pool.acquire());
    assert!(waits.poll().is_pending());
    assert!(pool.acquire().await.is_err());
    look();
    advance(Duration::from_millis(300)).await;
    one.record(Outcome::Success);
    let three = waits.finish().unwrap();
    look();
    // One waits in vain, one leaves, one's deadline passes, one is too heavy.
    assert!(pool.acquire().await.is_err());
    drop({
        let mut leaves = Task::new(pool.acquire());
        assert!(leaves.poll().is_pending());
        leaves
    });
    let layer = BulkheadLayer::from_handle(pool.clone());
    let service = layer.layer(service_fn(async |(): ()| {
        sleep(Duration::ZERO).await;
        Ok::<_, Infallible>(())
    }));
    let hurried = DeadlineLayer::new(Duration::from_millis(10)).layer(service);
    assert!(hurried.oneshot(()).await.is_err());
    let heavy = Claim { weight: Weight::new(3).unwrap(), ..Claim::ONE };
    assert!(pool.acquire_as(heavy).await.is_err());
    look();
    drop(two);
    assert!(
        catch_unwind(AssertUnwindSafe(move || {
            let _under_way = three;
            panic!("a bug");
        }))
        .is_err()
    );
    pool.resize(5);
    look();
    // Another of its name, of another queue.
    let longer = config.to_builder().queue(2).build().unwrap();
    registry.replace(Handle::recording_durations("pool", longer, Bounds::default())).unwrap();
    look();

    let config = config.to_builder().max_concurrent(1).build().unwrap();
    let tenants = Keyed::<str>::with_capacity("tenants", config, NonZeroUsize::new(1).unwrap());
    registry.add(tenants.clone()).unwrap();
    look();
    drop(tenants.of("a"));
    let busy = tenants.of("b").try_acquire().unwrap();
    assert!(tenants.of("b").try_acquire().is_err());
    drop(tenants.of("c"));
    look();
    drop(busy);
    registry.replace(Keyed::<str>::with_capacity("tenants", config, NonZeroUsize::new(7).unwrap())).unwrap();
    look();
}
