//! A budget that retries share.

use crate::{Ratio, clock};
use buttress_core::retry::budget;
pub use buttress_core::retry::budget::{Config, Snapshot};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

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
    /// Who limits it now, and to what share.
    limits: Mutex<Vec<(u64, Ratio)>>,
}

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
        Self(Arc::new(Shared { machine, owned, of_others: AtomicU64::new(0), limits: Mutex::default() }))
    }

    /// How it stands.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.0.machine.snapshot(clock::now())
    }

    /// Has it grant a share of its retries on behalf of `whose`, and of several the smallest. [`Ratio::ONE`] is all of them: the
    /// last who says so gives back exactly what there was.
    pub(crate) fn limit_to(&self, whose: u64, share: Ratio) {
        let mut limits = self.0.limits.lock().unwrap_or_else(PoisonError::into_inner);
        limits.retain(|(other, _)| *other != whose);
        if share < Ratio::ONE {
            limits.push((whose, share));
        }
        let least = |least: Ratio, (_, share): &(u64, Ratio)| if *share < least { *share } else { least };
        // With the list locked, so that two who change it leave the share of both.
        self.0.machine.limit_to(limits.iter().fold(Ratio::ONE, least));
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
        let withdrawal = self.0.machine.withdraw(clock::now())?;
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
