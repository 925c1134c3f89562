//! One check of a monitor, and how what it looks at stands.

use super::audience::Audience;
use super::check::{Check, Probe};
use super::found::kept;
use super::look::Look;
use super::{Change, Config, Finding, Snapshot, Standing, Status};
use crate::{Bounds, Durations, Histogram, Tick, clock};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Semaphore;

/// A check in a monitor. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Watched(Arc<Post>);

struct Post {
    name: Arc<str>,
    /// Tells it from another that came under its name.
    seed: u64,
    probe: Arc<dyn Probe>,
    config: Config,
    /// Whoever has it looks.
    turn: Semaphore,
    /// How many looks began.
    begun: AtomicU64,
    /// The number of the last that ended.
    ended: AtomicU64,
    /// What the record says, for who asks with every call.
    usable: AtomicBool,
    record: Mutex<Record>,
    durations: Histogram,
    audience: Arc<Audience>,
}

struct Record {
    standing: Standing,
    why: Option<Arc<str>>,
    timed_out: u64,
    panicked: u64,
}

/// All that is known at one instant.
pub(crate) struct Known {
    pub(crate) snapshot: Snapshot,
    pub(crate) why: Option<Arc<str>>,
    /// Findings that it is unhealthy, as there was no answer in time.
    pub(crate) timed_out: u64,
    /// The same, as the check panicked.
    pub(crate) panicked: u64,
    pub(crate) durations: Durations,
    pub(crate) seed: u64,
}

impl Watched {
    pub(super) fn new(check: Check, config: Config, audience: Arc<Audience>) -> Self {
        let Check { name, probe } = check;
        let standing = Standing::new(config);
        Self(Arc::new(Post {
            seed: audience.site.seed(),
            name,
            probe,
            config,
            turn: Semaphore::new(1),
            begun: AtomicU64::new(0),
            ended: AtomicU64::new(0),
            usable: AtomicBool::new(true),
            record: Mutex::new(Record { standing, why: None, timed_out: 0, panicked: 0 }),
            durations: Histogram::new(Bounds::default()),
            audience,
        }))
    }

    /// The name of the check.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    pub(super) fn shared_name(&self) -> Arc<str> {
        Arc::clone(&self.0.name)
    }

    /// Whether it is anything but unhealthy: a load, for who asks with every call. What nothing is known of yet is usable.
    #[inline]
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.0.usable.load(Ordering::Relaxed)
    }

    /// How it stands.
    #[must_use]
    pub fn status(&self) -> Status {
        self.0.record().standing.status()
    }

    /// How it stands, in numbers.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.0.record().standing.snapshot(clock::precise())
    }

    /// Why the last look did not find it healthy; `None` if it did.
    #[must_use]
    pub fn why(&self) -> Option<Arc<str>> {
        self.0.record().why.clone()
    }

    pub(crate) fn known(&self) -> Known {
        let record = self.0.record();
        Known {
            snapshot: record.standing.snapshot(clock::precise()),
            why: record.why.clone(),
            timed_out: record.timed_out,
            panicked: record.panicked,
            durations: self.0.durations.snapshot(),
            seed: self.0.seed,
        }
    }

    /// Looks now, or has part in a look that begins before its turn has come; never two at a time.
    pub(super) async fn look(&self) {
        let post = &*self.0;
        let asked = post.begun.load(Ordering::Acquire);
        let _turn = post.turn.acquire().await.expect("it is never closed");
        if post.ended.load(Ordering::Acquire) > asked {
            return;
        }
        let number = post.begun.fetch_add(1, Ordering::AcqRel) + 1;
        let began = clock::precise();
        let look = Arc::clone(&post.probe).look(post.config.timeout()).await;
        post.saw(look, began, clock::precise());
        post.ended.store(number, Ordering::Release);
    }

    /// Looks again and again, for as long as it is polled.
    pub(super) async fn watch(self) {
        loop {
            // From one beginning to the next, however long a look takes.
            let pause = tokio::time::sleep(self.0.config.spread(self.0.audience.dice.roll()));
            self.look().await;
            pause.await;
        }
    }

    /// Nothing is known of it, once more.
    pub(super) fn reset(&self) {
        let mut record = self.0.record();
        let change = record.standing.reset(clock::precise());
        record.why = None;
        self.0.tell(record, change);
    }
}

impl Post {
    fn saw(&self, look: Look, began: Tick, ended: Tick) {
        self.durations.record(began, ended);
        let mut record = self.record();
        match look {
            Look::TimedOut(_) => record.timed_out += 1,
            Look::Panicked(_) => record.panicked += 1,
            Look::Found(_) => {}
        }
        let (found, took) = (look.into_found(), ended.since(began));
        let slow = record.standing.weigh(found.finding(), took) != found.finding();
        record.why = if slow { Some(format!("it took {took:.1?}").into()) } else { found.why().map(kept) };
        let change = record.standing.record(found.finding(), took, ended);
        self.tell(record, change);
    }

    /// Shows what the record says, and tells of a change when that is done.
    fn tell(&self, record: MutexGuard<'_, Record>, change: Option<Change>) {
        self.usable.store(record.standing.status().is_usable(), Ordering::Relaxed);
        let why = record.why.clone();
        drop(record);
        if let Some(change) = change {
            self.audience.tell(&self.name, change, why);
        }
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// How often the checks ended how, by the words that metrics have for it.
    pub(crate) fn results(&self) -> [(&'static str, u64); 6] {
        let totals = self.snapshot.totals;
        let failed = totals.unhealthy - self.timed_out - self.panicked;
        [
            ("success", totals.healthy),
            ("degraded", totals.degraded),
            ("failure", failed),
            ("timeout", self.timed_out),
            ("panic", self.panicked),
            (Finding::Unknown.as_str(), totals.unknown),
        ]
    }
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watched")
            .field("name", &self.name())
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}
