//! The layers of tower that those of buttress stand beside.

use super::LONG;
use crate::{Plan, Subject};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tower::buffer::BufferLayer;
use tower::limit::GlobalConcurrencyLimitLayer;
use tower::load_shed::LoadShedLayer;

/// tower's buffer.
#[must_use]
pub fn tower_buffer() -> Subject {
    Subject::new(BufferLayer::<Plan>::new(4)).buffers()
}

/// tower's concurrency limit, shared by all services.
#[must_use]
pub fn tower_concurrency_limit() -> Subject {
    const LIMIT: usize = 3;
    let semaphore = Arc::new(Semaphore::new(LIMIT));
    let (held, places) = (Arc::clone(&semaphore), Arc::clone(&semaphore));
    Subject::new(GlobalConcurrencyLimitLayer::with_semaphore(semaphore))
        .held(move || LIMIT - held.available_permits())
        .places(LIMIT, move || Arc::clone(&places).try_acquire_owned().ok())
        .keeps_its_place()
}

/// tower's load shedding.
#[must_use]
pub fn tower_load_shed() -> Subject {
    Subject::new(LoadShedLayer::new()).sheds()
}

/// tower's timeout.
#[must_use]
pub fn tower_timeout() -> Subject {
    Subject::new(tower::timeout::TimeoutLayer::new(LONG))
}
