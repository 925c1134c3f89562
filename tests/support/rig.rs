//! A subject before a probe: what a check works with.

use crate::{Erased, Ledger, Probe, Subject, Taken};

/// A subject before a probe.
#[derive(Debug)]
pub struct Rig {
    /// The layer.
    pub subject: Subject,
    /// The service beneath.
    pub probe: Probe,
    /// What had been written down before: of the calls that brought the layer into its state.
    before: Ledger,
}

impl Rig {
    /// A subject before a fresh probe.
    #[must_use]
    pub fn new(subject: Subject) -> Self {
        let before = subject.ledger.as_ref().map(|ledger| ledger()).unwrap_or_default();
        Self { subject, probe: Probe::default(), before }
    }

    /// A service of the layer.
    #[must_use]
    pub fn service(&self) -> Erased {
        (self.subject.layer)(Erased::new(self.probe.clone()))
    }

    /// A service of a clone of the layer.
    #[must_use]
    pub fn service_of_a_clone(&self) -> Erased {
        (self.subject.clone)(Erased::new(self.probe.clone()))
    }

    /// How much of the layer is out.
    #[must_use]
    pub fn held(&self) -> usize {
        self.subject.held.iter().map(|held| held()).sum()
    }

    /// What the layer wrote down about the calls of this rig, if it does.
    #[must_use]
    pub fn ledger(&self) -> Option<Ledger> {
        let (now, before) = (self.subject.ledger.as_ref()?(), self.before);
        Some(Ledger {
            ended: now.ended - before.ended,
            cancelled: now.cancelled - before.cancelled,
            panicked: now.panicked - before.panicked,
            refused: now.refused - before.refused,
        })
    }

    /// Takes all places that are left.
    ///
    /// # Panics
    /// If the subject has no [places](Subject::places), or gives more than it has.
    #[must_use]
    pub fn take_all(&self) -> Vec<Taken> {
        let take = self.subject.take.as_ref().expect("the subject says how to take a place");
        let taken: Vec<_> = std::iter::from_fn(take).take(self.subject.places + 1).collect();
        assert!(taken.len() <= self.subject.places, "more places are given than there are");
        taken
    }

    /// How many places are left.
    #[must_use]
    pub fn places(&self) -> usize {
        self.take_all().len()
    }

    /// Panics unless nothing is out and nobody broke the contract of the service beneath.
    ///
    /// # Panics
    /// That is what it is for.
    pub fn assert_at_rest(&self, when: &str) {
        let probe = &self.probe;
        assert_eq!(probe.breaches(), 0, "{when}: the inner service was called without having been ready");
        assert_eq!(probe.live(), 0, "{when}: inner futures are still alive");
        assert_eq!(probe.reserved(), 0, "{when}: inner reservations are still held");
        assert_eq!(self.held(), 0, "{when}: places of the layer are still held");
    }
}
