//! A check that does what a test says, and what it saw.

use buttress::health::{Check, Found};
use buttress::{Tick, clock};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What looking at it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Answer,
    AnswerAfter(Duration),
    Fail,
    Limp,
    Hang,
    Panic,
    CannotAsk,
}

/// Something to look at. Clones are one.
#[derive(Clone)]
pub(crate) struct Target(Arc<Shared>);

struct Shared {
    act: Mutex<Act>,
    /// When looks began, since it was made.
    began: Mutex<Vec<Duration>>,
    made: Tick,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
}

impl Target {
    pub(crate) fn new(act: Act) -> Self {
        let made = clock::precise();
        let (at_once, most_at_once) = Default::default();
        Self(Arc::new(Shared { act: Mutex::new(act), began: Mutex::default(), made, at_once, most_at_once }))
    }

    pub(crate) fn set(&self, act: Act) {
        *self.0.act.lock().unwrap() = act;
    }

    /// How long after it was made each look began.
    pub(crate) fn looks(&self) -> Vec<Duration> {
        self.0.began.lock().unwrap().clone()
    }

    pub(crate) fn most_at_once(&self) -> usize {
        self.0.most_at_once.load(SeqCst)
    }

    /// Whether anybody else can still look.
    pub(crate) fn is_held(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }

    pub(crate) fn check(&self, name: &str) -> Check {
        let target = self.clone();
        Check::new(name, move || target.clone().look())
    }

    async fn look(self) -> Found {
        struct Looking<'a>(&'a Shared);
        impl Drop for Looking<'_> {
            fn drop(&mut self) {
                self.0.at_once.fetch_sub(1, SeqCst);
            }
        }
        let shared = &*self.0;
        shared.began.lock().unwrap().push(clock::precise().since(shared.made));
        shared.most_at_once.fetch_max(shared.at_once.fetch_add(1, SeqCst) + 1, SeqCst);
        let _looking = Looking(shared);
        let act = *shared.act.lock().unwrap();
        match act {
            Act::Answer => Found::Healthy,
            Act::AnswerAfter(time) => {
                tokio::time::sleep(time).await;
                Found::Healthy
            }
            Act::Fail => Found::Unhealthy("down".to_owned()),
            Act::Limp => Found::Degraded("one of two".to_owned()),
            Act::Hang => std::future::pending().await,
            Act::Panic => panic!("a bug of the check"),
            Act::CannotAsk => Found::Unknown("open".to_owned()),
        }
    }
}
