//! A budget that retries share.

use crate::clock;
use buttress_core::retry::budget;
pub use buttress_core::retry::budget::{Config, Snapshot};
use std::fmt;
use std::sync::Arc;

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
pub struct Budget(Arc<budget::Budget>);

impl Budget {
    /// A budget with these settings.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self(Arc::new(budget::Budget::new(config, clock::now())))
    }

    /// How it stands.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.0.snapshot(clock::now())
    }

    /// A request comes in: one for each original request, and none for its retries.
    #[inline]
    pub(super) fn deposit(&self) {
        self.0.deposit(clock::now());
    }

    /// What one retry costs; `None` if there is not that much.
    pub(super) fn withdraw(&self) -> Option<Token> {
        let withdrawal = self.0.withdraw(clock::now())?;
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
            budget.0.refund(withdrawal);
        }
    }
}
