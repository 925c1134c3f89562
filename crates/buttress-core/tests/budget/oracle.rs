//! A budget that remembers everything and reckons in plain numbers.

/// In a token.
pub(crate) const BILLION: u128 = 1_000_000_000;

/// Times in nanoseconds, tokens in billionths.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    pub(crate) ratio: u128,
    /// For each second.
    pub(crate) rate: u128,
    pub(crate) window: u64,
}

impl Rule {
    /// What a window has without any deposit.
    pub(crate) fn floor(&self) -> u128 {
        self.rate * u128::from(self.window) / BILLION
    }
}

#[derive(Debug)]
pub(crate) struct Oracle {
    rule: Rule,
    /// The latest time it was told.
    told: u64,
    deposits: Vec<u64>,
    /// When each was granted, and whether it still stands.
    withdrawals: Vec<(u64, bool)>,
}

impl Oracle {
    pub(crate) const fn new(rule: Rule, now: u64) -> Self {
        Self { rule, told: now, deposits: Vec::new(), withdrawals: Vec::new() }
    }

    pub(crate) fn deposit(&mut self, now: u64) {
        self.told = self.told.max(now);
        self.deposits.push(self.told);
    }

    pub(crate) fn withdraw(&mut self, now: u64) -> bool {
        self.told = self.told.max(now);
        let granted = self.balance(self.told) > 0;
        if granted {
            self.withdrawals.push((self.told, true));
            self.assert_bound_now();
        }
        granted
    }

    /// Takes back the withdrawal of that number; whether it still counted.
    pub(crate) fn refund(&mut self, number: usize) -> bool {
        self.withdrawals[number].1 = false;
        self.slots_ago(self.told, self.withdrawals[number].0) <= 10
    }

    /// By slots, as a budget keeps them.
    pub(crate) fn balance(&self, now: u64) -> u64 {
        let now = now.max(self.told);
        let deposits = self.deposits.iter().filter(|at| self.slots_ago(now, **at) <= 9).count();
        let standing =
            self.withdrawals.iter().filter(|(at, stands)| *stands && self.slots_ago(now, *at) <= 10);
        let tokens = (deposits as u128 * self.rule.ratio + self.rule.floor()) / BILLION;
        tokens.saturating_sub(standing.count() as u128) as u64
    }

    fn slots_ago(&self, now: u64, then: u64) -> u64 {
        let slot = self.rule.window / 10;
        now / slot - then / slot
    }

    /// By real time: the window that ends now, its beginning left out.
    fn assert_bound_now(&self) {
        let within = |at: u64| self.told - at < self.rule.window;
        let deposits = self.deposits.iter().filter(|at| within(**at)).count() as u128;
        let standing = self.withdrawals.iter().filter(|(at, stands)| *stands && within(*at)).count() as u128;
        assert!(
            standing * BILLION <= deposits * self.rule.ratio + self.rule.floor(),
            "{standing} withdrawals for {deposits} deposits in the window up to {}",
            self.told
        );
    }

    /// By real time, from any withdrawal to any other: no more than for the deposits and the time between them, and for what a
    /// window had in reserve before.
    pub(crate) fn assert_bound_of_all_times(&self) {
        let standing: Vec<_> =
            self.withdrawals.iter().filter(|(_, stands)| *stands).map(|(at, _)| *at).collect();
        for (first, from) in standing.iter().enumerate() {
            for (count, to) in standing[first..].iter().enumerate() {
                let with_reserve = |at: &&u64| **at <= *to && from.saturating_sub(**at) < self.rule.window;
                let deposits = self.deposits.iter().filter(with_reserve).count() as u128;
                let time = u128::from(to - from) + u128::from(self.rule.window);
                let allowed = deposits * self.rule.ratio + self.rule.rate * time / BILLION;
                assert!((count as u128 + 1) * BILLION <= allowed, "{} from {from} to {to}", count + 1);
            }
        }
    }
}
