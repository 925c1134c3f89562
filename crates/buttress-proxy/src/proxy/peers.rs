//! What is known of the origins as peers: how long they take, how they fail, what they have to do. It outlives the process where
//! there is a file for it.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use buttress::circuit_breaker::{self, State};
use buttress::{EventKind, Outcome};
use buttress_reputation::breaker::Kind;
use buttress_reputation::persist::{Found, Kept};
use buttress_reputation::{Bayesian, Config, CostRules, Ledger, Permit, Refused, Score};

use super::course::Attempted;
use super::metered::Meter;
use super::order::Standing;

/// What the ledger is called in the registry and in events.
pub(crate) const NAME: &str = "origins";

/// What a failure costs: as much as an answer after half a second. That is far more than an origin takes that is asked often, so
/// that one which fails at once does not look quick, and little enough for the others not to be overrun when each of them fails
/// now and then. One that keeps failing is its breaker's to stop.
const FAILURE: Duration = Duration::from_millis(500);

/// How long what an origin took is remembered: long enough that one which is slow gets hardly more than the looks that are taken
/// at it, and as short as that allows, since one slow page does not make a slow origin.
const MEMORY: Duration = Duration::from_secs(2);

/// How long an origin whose breaker has closed takes to get its whole share.
const SLOW_START: Duration = Duration::from_secs(5);

/// After how long an origin gets a request that has been passed over, to see whether it is better by now.
const LOOK_EVERY: Duration = Duration::from_secs(4);

/// By one request in so many at most: where few come, most of them would be such looks.
const LOOKS: usize = 20;

/// The share that a new origin begins with, beside others that are not.
const COLD: f64 = 0.1;

/// What is quicker counts as this. What is below it is as much the work of a scheduler or of a new connection as of the origin, and
/// one such sample is no reason to ask others for seconds.
const NOISE: Duration = Duration::from_millis(20);

/// The ledger of the origins, which it calls by their authority.
///
/// It has no breakers of its own and bans nobody by itself: each origin has one breaker, and one decides. Who bans an origin by
/// hand has it left out.
#[derive(Debug)]
pub(super) struct Peers {
    ledger: Ledger,
    /// What keeps it on the disk, as long as it lives.
    _kept: Option<Kept>,
    warnings: Vec<String>,
    /// Requests that were not sent yet, of which every so many may take a look.
    requests: AtomicUsize,
}

/// One attempt that an origin was asked for. It ends as it is said to, or else as one that nobody waited for.
#[derive(Debug)]
pub(super) struct Pick {
    permit: Option<Permit<String>>,
    attempted: Option<Attempted>,
}

impl Peers {
    /// Blocks on the disk, where there is a file. Whatever is wrong with that, the proxy serves, and says so.
    pub(super) fn open(file: Option<&Path>) -> Self {
        let (ledger, kept, warnings) = match file {
            None => (Ledger::new(NAME, config()), None, Vec::new()),
            Some(path) => {
                let kept = Kept::open(path, NAME, config());
                let mut warnings: Vec<_> = lost(kept.found()).into_iter().collect();
                // Now, rather than when it is too late.
                if let Err(error) = kept.save() {
                    let path = path.display();
                    warnings.push(format!("what is known of the origins cannot be saved in {path}: {error}"));
                }
                (kept.ledger().clone(), Some(kept), warnings)
            }
        };
        Self { ledger, _kept: kept, warnings, requests: AtomicUsize::new(0) }
    }

    pub(super) const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub(super) fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Forgets all but these: a file may know origins that are none any more.
    pub(super) fn keep(&self, is_origin: impl Fn(&str) -> bool) {
        for (name, _) in self.ledger.peers() {
            if !is_origin(&name) {
                // Nobody returns under a name that is not asked, so what is held against it goes with it.
                self.ledger.reset(name.as_str());
                self.ledger.forget(name.as_str());
            }
        }
    }

    /// Has an origin warm up when its breaker closes.
    pub(super) fn watch(&self, breaker: &circuit_breaker::Handle) {
        let (ledger, name) = (self.ledger.clone(), breaker.name().to_owned());
        breaker.on_event(move |event| {
            if let EventKind::Transition(change) = &event.kind
                && change.to == State::Closed
            {
                ledger.recovered(name.as_str());
            }
        });
    }

    /// Whether this request may take a look at an origin that others are preferred to.
    pub(super) fn may_look(&self) -> bool {
        self.requests.fetch_add(1, Ordering::Relaxed).is_multiple_of(LOOKS)
    }

    /// How an origin compares with the others, for a request that may take a look or not.
    pub(super) fn standing(&self, origin: &str, looks: bool) -> Standing {
        let Some(known) = self.ledger.appraise(origin) else {
            return Standing { takes: None, load: load(0, Score::START), warmth: COLD, is_due: false };
        };
        Standing {
            takes: known.takes.map(|takes| takes.max(NOISE).as_secs_f64()),
            load: load(known.in_flight, known.score),
            warmth: known.warmth,
            is_due: looks && known.idle.is_none_or(|idle| idle >= LOOK_EVERY),
        }
    }

    /// Whether an origin may be asked, as far as the ledger is concerned.
    ///
    /// # Errors
    /// If it was banned.
    pub(super) fn check(&self, origin: &str) -> Result<(), Refused> {
        self.ledger.check(origin)
    }

    /// What counts the bytes to and from the origin with this breaker.
    pub(super) fn meter(&self, breaker: &circuit_breaker::Handle) -> Meter {
        Meter::new(self.ledger.clone(), breaker.clone())
    }

    /// An origin is asked.
    pub(super) fn begin(&self, origin: &str) -> Pick {
        // One that is banned this very moment has this attempt still.
        Pick { permit: self.ledger.admit(origin).ok(), attempted: None }
    }
}

impl Pick {
    /// Who knows how long it takes.
    pub(super) fn is_timed_by(&mut self, attempted: Option<&Attempted>) {
        self.attempted = attempted.cloned();
    }

    /// How long the origin has had so far.
    pub(super) fn took(&self) -> Option<Duration> {
        self.attempted.as_ref().map(Attempted::took)
    }

    /// The attempt ended like this, and its answer began after so long.
    pub(super) fn settle(mut self, outcome: Outcome, took: Option<Duration>) {
        if let Some(permit) = self.permit.take() {
            permit.record(outcome, took);
        }
    }
}

impl Drop for Pick {
    /// Nobody waited for it any longer.
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take() {
            permit.record(Outcome::Cancelled, self.took());
        }
    }
}

fn config() -> Config {
    let cost = CostRules::default().failure_cost(FAILURE).and_then(|cost| cost.decay(MEMORY));
    let cost = cost.and_then(|cost| cost.slow_start(SLOW_START)).expect("the times are within their bounds");
    let config = Config::builder().scoring(Bayesian::default()).ban(None).breaker(Kind::Off).cost(cost);
    config.build().expect("the default with other rules is valid")
}

/// How much an origin has to do, where one that is not trusted counts for more: one that always failed for twice as much as one that
/// never did. What it did long ago is to weigh less than what it takes now.
fn load(in_flight: u32, score: Score) -> f64 {
    2.0 * (1.0 + f64::from(in_flight)) / (1.0 + score.get() / 100.0)
}

/// What the process before has left that cannot be used.
fn lost(found: &Found) -> Option<String> {
    let Found::Unusable { why, put_aside } = found else { return None };
    let anew = format!("nothing is known of the origins, as {why}");
    Some(match put_aside {
        Some(path) => format!("{anew}; its file is now {}", path.display()),
        None => anew,
    })
}
