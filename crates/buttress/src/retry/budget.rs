//! A budget that retries share.

use crate::{Ratio, Tick, clock};
use buttress_core::retry::budget;
pub use buttress_core::retry::budget::{Config, Snapshot};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

/// How many retries there may be, as a share of the requests. Cheap to clone; all clones are one budget, so that several
/// layers, or all that call one peer, spend from it together.
///
/// ```
/// use buttress::retry::{Budget, Config, Handle};
///
/// let budget = Budget::default();
/// let orders = Handle::with_budget("orders", Config::default(), budget.clone());
/// let stock = Handle::with_budget("stock", Config::default(), budget.clone());
/// assert_eq!(budget.snapshot().withdrawn, 0);
/// ```
#[derive(Clone)]
pub struct Budget(Arc<Shared>);

struct Shared {
    machine: budget::Budget,
    /// Whether a handle made it for itself, and takes its deposits for its calls.
    owned: bool,
    /// Deposits of others in one that is owned.
    of_others: AtomicU64,
    limits: Mutex<Vec<Limit>>,
    /// Whether there are any limits.
    limited: AtomicBool,
    /// When those who limit it are to look next, while there are.
    review_at: AtomicU64,
}

/// Who limits it now, and to what share.
struct Limit {
    whose: u64,
    share: Ratio,
    by: Weak<dyn Limiter>,
}

/// Somebody who limits budgets of retries for a time.
pub(crate) trait Limiter: Send + Sync {
    /// Looks whether that is over.
    fn look_again(&self, now: Tick);
}

/// How often those who limit a budget look, while retries are asked for.
const REVIEW_EVERY: Duration = Duration::from_secs(1);

impl Budget {
    /// A budget with these settings.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self::made_of(config, false)
    }

    /// The default, for a handle that counts by it.
    pub(super) fn owned() -> Self {
        Self::made_of(Config::default(), true)
    }

    fn made_of(config: Config, owned: bool) -> Self {
        let machine = budget::Budget::new(config, clock::now());
        Self(Arc::new(Shared {
            machine,
            owned,
            of_others: AtomicU64::new(0),
            limits: Mutex::default(),
            limited: AtomicBool::new(false),
            review_at: AtomicU64::new(0),
        }))
    }

    /// Whether both are one.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// How it stands.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let now = clock::now();
        self.review(now);
        self.0.machine.snapshot(now)
    }

    /// Has it grant a share of its retries on behalf of `whose`, and of several the smallest. [`Ratio::ONE`] is all of them: the
    /// last who says so gives back exactly what there was.
    pub(crate) fn limit_to(&self, whose: u64, share: Ratio, by: &Weak<dyn Limiter>) {
        let mut limits = self.limits();
        limits.retain(|limit| limit.whose != whose);
        if share < Ratio::ONE {
            limits.push(Limit { whose, share, by: by.clone() });
        }
        // With the list locked, so that two who change it leave the share of both.
        self.0.machine.limit_to(limits.iter().fold(Ratio::ONE, |least, limit| least.min(limit.share)));
        self.0.limited.store(!limits.is_empty(), Ordering::Relaxed);
    }

    fn limits(&self) -> MutexGuard<'_, Vec<Limit>> {
        self.0.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has those who limit it look whether that is over: they may have no calls of their own to find it by.
    #[inline]
    fn review(&self, now: Tick) {
        if self.0.limited.load(Ordering::Relaxed) {
            self.ask_who_limits(now);
        }
    }

    #[cold]
    #[inline(never)]
    fn ask_who_limits(&self, now: Tick) {
        let (at, next) = (self.0.review_at.load(Ordering::Relaxed), (now + REVIEW_EVERY).as_nanos());
        // A clock that went back is not waited for.
        let due = now.as_nanos() >= at || at > next;
        let swap =
            |at, next| self.0.review_at.compare_exchange(at, next, Ordering::Relaxed, Ordering::Relaxed);
        if due && swap(at, next).is_ok() {
            let limiters: Vec<_> = self.limits().iter().map(|limit| limit.by.clone()).collect();
            // Without the list locked, which they change.
            limiters.iter().filter_map(Weak::upgrade).for_each(|limiter| limiter.look_again(now));
        }
    }

    /// One for each original request of its owner, and none for its retries.
    #[inline]
    pub(super) fn deposit(&self) {
        self.0.machine.deposit(clock::now());
    }

    /// The same for a request of anybody else.
    pub(super) fn deposit_of_another(&self) {
        if self.0.owned {
            // First, so that no deposit is taken for the owner's in between.
            self.0.of_others.fetch_add(1, Ordering::Relaxed);
        }
        self.deposit();
    }

    /// All deposits of its owner.
    pub(super) fn deposits_of_owner(&self) -> u64 {
        let all = self.0.machine.deposits().expect("an owned budget is a window");
        all.saturating_sub(self.0.of_others.load(Ordering::Relaxed))
    }

    /// What one retry costs; `None` if there is not that much.
    pub(super) fn withdraw(&self) -> Option<Token> {
        let now = clock::now();
        self.review(now);
        let withdrawal = self.0.machine.withdraw(now)?;
        Some(Token(Some((self.clone(), withdrawal))))
    }
}

impl Default for Budget {
    /// 20 % of the requests and one a second besides, over 10 seconds: enough to hide a peer that fails now and then, and
    /// too little to hold one down that fails for good.
    fn default() -> Self {
        Self::new(Config::default())
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Budget").field(&self.snapshot()).finish()
    }
}

/// What a retry took from its budget. It goes back unless the retry was sent.
#[derive(Default)]
pub(super) struct Token(Option<(Budget, budget::Withdrawal)>);

impl Token {
    /// The retry is sent.
    pub(super) fn spend(&mut self) {
        self.0 = None;
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        if let Some((budget, withdrawal)) = self.0.take() {
            budget.0.machine.refund(withdrawal);
        }
    }
}
