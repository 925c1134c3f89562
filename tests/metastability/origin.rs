//! A peer that works off one queue, and finishes what nobody waits for any more.

use buttress::{Tick, clock};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;
use support::ProbeError;
use tower::Service;

/// What a peer does from some time on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trouble {
    /// What each call then takes it, as a multiple of what it usually takes.
    pub(crate) slower: u32,
    /// How much longer an answer then is on its way, which costs it no work.
    pub(crate) later: Duration,
    /// It then answers every so manieth call with an error; none at 0.
    pub(crate) fails: u64,
}

pub(crate) const NONE: Trouble = Trouble { slower: 1, later: Duration::ZERO, fails: 0 };

/// Its clones are the same peer.
#[derive(Clone, Debug)]
pub(crate) struct Origin(Arc<Mutex<Queue>>);

#[derive(Debug)]
struct Queue {
    /// What it needs for a call, usually.
    each: Duration,
    /// What it does from when on.
    troubles: BTreeMap<Tick, Trouble>,
    /// When it is done with all that it was given.
    done: Tick,
    calls: u64,
}

impl Origin {
    pub(crate) fn new(each: Duration) -> Self {
        let (troubles, done) = (BTreeMap::from([(Tick::ZERO, NONE)]), clock::now());
        Self(Arc::new(Mutex::new(Queue { each, troubles, done, calls: 0 })))
    }

    pub(crate) fn from(&self, at: Tick, trouble: Trouble) {
        self.0.lock().unwrap().troubles.insert(at, trouble);
    }

    /// How many calls it was given.
    pub(crate) fn calls(&self) -> u64 {
        self.0.lock().unwrap().calls
    }
}

impl Queue {
    /// When the answer to a call that comes now is there, and whether it is an error.
    fn take(&mut self) -> (Tick, bool) {
        let begins = self.done.max(clock::now());
        let (_, trouble) = self.troubles.range(..=begins).next_back().expect("it begins without any");
        self.done = begins + self.each * trouble.slower;
        self.calls += 1;
        let fails = self.calls.checked_rem(trouble.fails) == Some(0);
        (self.done + trouble.later, fails)
    }
}

impl Service<u64> for Origin {
    type Response = ();
    type Error = ProbeError;
    type Future = Pin<Box<dyn Future<Output = Result<(), ProbeError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ProbeError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: u64) -> Self::Future {
        let (answers, fails) = self.0.lock().unwrap().take();
        Box::pin(async move {
            tokio::time::sleep(answers.since(clock::now())).await;
            if fails { Err(ProbeError("call")) } else { Ok(()) }
        })
    }
}
