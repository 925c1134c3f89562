//! The same mistake, called and checked: only the check says what is wrong.
//~rustc the method `oneshot` exists for struct
//~ `&str` cannot carry a buttress rejection

use buttress::TimeoutLayer;
use std::time::Duration;
use tower::{Layer, ServiceExt, service_fn};

pub fn called() {
    let service = service_fn(|_: ()| async { Err::<(), _>("no such order") });
    let _ = TimeoutLayer::new(Duration::from_secs(1)).typed().layer(service).oneshot(());
}

pub fn checked() {
    let service = service_fn(|_: ()| async { Err::<(), _>("no such order") });
    buttress::check::<(), _>(TimeoutLayer::new(Duration::from_secs(1)).typed().layer(service));
}
