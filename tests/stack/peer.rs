//! The service beneath: does as it is told, and remembers when.

use buttress::{BoxError, Tick, clock};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tower::service_fn;
use tower::util::BoxCloneSyncService;

/// What becomes of a call.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    Answer,
    Fail,
    Hang,
}

/// Does the acts in turn, and the last of them from then on.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    acts: Arc<[Act]>,
    calls: Arc<Mutex<Vec<Duration>>>,
    started: Tick,
}

pub(super) type Beneath = BoxCloneSyncService<u32, u32, BoxError>;

impl Peer {
    pub(super) fn new(acts: &[Act]) -> Self {
        Self { acts: acts.into(), calls: Arc::default(), started: clock::precise() }
    }

    /// Answers a number with its successor.
    pub(super) fn service(&self) -> Beneath {
        let peer = self.clone();
        BoxCloneSyncService::new(service_fn(move |number: u32| peer.clone().call(number)))
    }

    async fn call(self, number: u32) -> Result<u32, BoxError> {
        let nth = {
            let mut calls = self.calls.lock().unwrap();
            calls.push(self.now());
            calls.len() - 1
        };
        match self.acts[nth.min(self.acts.len() - 1)] {
            Act::Answer => Ok(number + 1),
            Act::Fail => Err("failed".into()),
            Act::Hang => std::future::pending().await,
        }
    }

    /// When it was called, counted from the start.
    pub(super) fn calls(&self) -> Vec<Duration> {
        self.calls.lock().unwrap().clone()
    }

    /// The time since the start.
    pub(super) fn now(&self) -> Duration {
        clock::precise().since(self.started)
    }
}
