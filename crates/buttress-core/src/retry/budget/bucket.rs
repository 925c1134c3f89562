//! Tokens in a bucket, without time.

use super::TOKEN;
use crate::sync::{AtomicU64, Ordering};

#[derive(Debug)]
pub(super) struct Bucket {
    /// In billionths of a token, as the others.
    tokens: AtomicU64,
    max: u64,
    ratio: u64,
}

impl Bucket {
    pub(super) fn new(max: u64, ratio: u64) -> Self {
        Self { tokens: AtomicU64::new(max), max, ratio }
    }

    /// A full bucket is only read.
    #[inline]
    pub(super) fn deposit(&self) {
        self.add(self.ratio);
    }

    /// Always in epoch zero: there is no time here.
    pub(super) fn withdraw(&self) -> Option<u64> {
        let take = |tokens: u64| tokens.checked_sub(TOKEN);
        self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok().then_some(0)
    }

    pub(super) fn refund(&self) {
        self.add(TOKEN);
    }

    pub(super) fn balance(&self) -> u64 {
        self.tokens.load(Ordering::Relaxed) / TOKEN
    }

    #[inline]
    fn add(&self, billionths: u64) {
        let fill = |tokens: u64| (tokens < self.max).then(|| self.max.min(tokens + billionths));
        let _ = self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fill);
    }
}
