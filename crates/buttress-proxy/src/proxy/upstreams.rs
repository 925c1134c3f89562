//! The origins of a proxy, and whose turn it is.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use buttress::bulkhead;
use buttress::circuit_breaker::{Handle, State};
use buttress::health::Monitor;
use buttress::registry::Registry;
use buttress::{InvalidConfig, timeout};

use super::ProxyConfig;
use super::attempt::Attempt;
use super::order::{Order, Standing};
use super::peers::Peers;
use super::place::{Permit, Taken};
use super::queue::Queue;
use super::router::NoOrigin;
use super::upstream::{self, Admitted, Upstream, http_client};

/// All origins of one proxy.
#[derive(Debug)]
pub(super) struct Upstreams {
    list: Vec<Upstream>,
    /// Whose turn comes after whose. An origin that is named twice has one breaker and two turns.
    turns: Vec<usize>,
    turn: AtomicUsize,
    /// What is known of them.
    peers: Peers,
    /// Looks at each of them, if they are to be.
    checks: Option<Monitor>,
}

/// The origins that one request was sent to, by all of its attempts together, and which of those want no more of it.
#[derive(Debug, Clone)]
pub(super) struct Tried(Arc<[Word]>);

#[derive(Debug, Default)]
struct Word {
    sent: AtomicU64,
    left_alone: AtomicU64,
}

/// What another attempt of a request would be, as it looks at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outlook {
    /// An origin that has not seen the request would take it.
    Elsewhere,
    /// Only an origin would that failed with it already, and did not ask to be left alone.
    Again,
    /// No origin would.
    Nowhere,
}

impl Upstreams {
    /// Puts the breakers, the bulkheads, the checks, the ledger and the limit on each attempt into `registry`, which has room for
    /// them.
    ///
    /// # Errors
    /// If an origin is to get more requests at a time than can be counted.
    pub(super) fn new(
        config: &ProxyConfig,
        peers: Peers,
        registry: &Registry,
    ) -> Result<Self, InvalidConfig> {
        let limit = timeout::Handle::new(NAME, config.attempt_timeout);
        registry.add(limit.clone()).expect("there is room, and it has a name");
        let client = http_client();
        let most = NonZeroUsize::new(config.origins.len()).unwrap_or(NonZeroUsize::MIN);
        let checks = config.checks.as_ref().map(|checks| (checks.monitor(most), checks.asking()));
        let mut list: Vec<Upstream> = Vec::new();
        let mut turns = Vec::new();
        for origin in &config.origins {
            let name = origin.authority().as_str();
            let known = list.iter().position(|upstream| upstream.breaker().name() == name);
            turns.push(known.unwrap_or(list.len()));
            if known.is_none() {
                let breaker = upstream::breaker(name, config);
                registry.add(breaker.clone()).expect(ROOM);
                peers.watch(&breaker);
                let bulkhead = upstream::bulkhead(name, config)?;
                registry.add(bulkhead.clone()).expect(ROOM);
                let watched = checks
                    .as_ref()
                    .map(|(monitor, asking)| monitor.register(asking.check(origin)).expect(ROOM));
                let attempt = Attempt::new(client.clone(), limit.clone(), peers.meter(&breaker));
                list.push(Upstream::new(origin, breaker, bulkhead, watched, config, attempt));
            }
        }
        let checks = checks.map(|(monitor, _)| monitor);
        if let Some(monitor) = &checks {
            registry.add(monitor.clone()).expect("there is room, and it has a name");
        }
        peers.keep(|name| list.iter().any(|upstream| upstream.breaker().name() == name));
        registry.add(peers.ledger().clone()).expect("there is room, and it has a name");
        Ok(Self { list, turns, turn: AtomicUsize::new(0), peers, checks })
    }

    /// Nothing tried yet.
    pub(super) fn untried(&self) -> Tried {
        Tried((0..self.list.len().div_ceil(WORD)).map(|_| Word::default()).collect())
    }

    /// The origin whose turn it is, as [far as they are alike](Order), of those that have room and whose breaker admits a request;
    /// one of those it was not sent to yet as long as there are any, and none that asked to be left alone. Nothing is sent to
    /// find out.
    ///
    /// One that its check found unhealthy is passed over while another would take the request, now or in its turn.
    ///
    /// Where none has room the first attempt of a request waits for a turn at any of them. Another attempt does not: others
    /// wait there that were not sent even once.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn admit(&self, tried: Option<&Tried>) -> Result<Way, NoOrigin> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let cycle = turn / self.turns.len();
        let looks = tried.is_none_or(|tried| !tried.is_sent()) && self.peers.may_look();
        let (before, from) = self.turns.split_at(turn % self.turns.len());
        let in_turn = || from.iter().chain(before).copied();
        let is_tried = |origin: &usize| tried.is_some_and(|tried| tried.contains(*origin));
        let fresh = in_turn().filter(|origin| !is_tried(origin));
        let is_left_alone = |origin: &usize| tried.is_some_and(|tried| tried.leaves_alone(*origin));
        let again = in_turn().filter(|origin| is_tried(origin) && !is_left_alone(origin));
        let (mut refused, mut unwell) = (Refused::default(), Vec::new());
        let standing = |origin| self.standing(origin, looks);
        for origin in Order::new(fresh, cycle, standing).chain(Order::new(again, cycle, standing)) {
            let upstream = &self.list[origin];
            if !upstream.is_well() {
                unwell.push(origin);
            } else if let Some(admission) = self.ask(origin, tried, &mut refused) {
                // Whoever was passed over has had his turn: what he does not get is for all others.
                let passed_over = in_turn().position(|next| next == origin).unwrap_or(0);
                self.turn.fetch_add(passed_over, Ordering::Relaxed);
                return Ok(Way::Free(admission));
            }
        }
        if refused.full.is_empty() {
            for origin in unwell {
                if let Some(admission) = self.ask(origin, tried, &mut refused) {
                    return Ok(Way::Free(admission));
                }
            }
        }
        let waits = !refused.full.is_empty() && tried.is_none_or(|tried| !tried.is_sent());
        if waits { Ok(Way::Full(self.queue(refused.full))) } else { Err(refused.into()) }
    }

    /// Asks one origin, if it has room.
    fn ask(&self, origin: usize, tried: Option<&Tried>, refused: &mut Refused) -> Option<Admission> {
        let upstream = &self.list[origin];
        // Before its room: nobody waits for one that is banned.
        if let Err(banned) = self.peers.check(upstream.breaker().name()) {
            refused.until(banned.retry_after);
            return None;
        }
        if !upstream.has_room() {
            refused.is_full(origin, upstream);
            return None;
        }
        let service = refused.admits(upstream)?;
        match upstream.bulkhead().try_acquire() {
            Ok(permit) => Some(self.sent(origin, service, permit, tried)),
            Err(_) => {
                // Others took what was left since it was looked at.
                refused.is_full(origin, upstream);
                None
            }
        }
    }

    fn sent(&self, origin: usize, service: Admitted, permit: Permit, tried: Option<&Tried>) -> Admission {
        tried.inspect(|tried| tried.insert(origin));
        let pick = self.peers.begin(self.list[origin].breaker().name());
        Admission { origin, service, taken: Taken { permit, pick } }
    }

    /// How an origin compares with the others. One whose breaker would take a probe is due, whatever it costs.
    fn standing(&self, origin: usize, looks: bool) -> Standing {
        let breaker = self.list[origin].breaker();
        let standing = self.peers.standing(breaker.name(), looks);
        let is_due = match breaker.state() {
            State::Closed | State::ForcedClosed => standing.is_due,
            _ => breaker.would_admit(),
        };
        Standing { is_due, ..standing }
    }

    /// What is known of them.
    pub(super) const fn peers(&self) -> &Peers {
        &self.peers
    }

    /// Stands in line at all of these origins, at each once, and first where the line is shortest.
    fn queue(&self, full: Vec<usize>) -> Queue {
        let mut lines = Vec::with_capacity(full.len());
        for origin in full {
            if !lines.contains(&origin) {
                lines.push(origin);
            }
        }
        // Each length is read once: lines change meanwhile, and what changes cannot be sorted by.
        lines.sort_by_cached_key(|origin| self.list[*origin].bulkhead().queued());
        Queue::new(lines.into_iter().map(|origin| (origin, self.list[origin].bulkhead().clone())))
    }

    /// The admission of a request whose turn at an origin has come.
    ///
    /// # Errors
    /// If that origin was banned meanwhile, or its breaker has opened.
    pub(super) fn admit_in_turn(
        &self,
        origin: usize,
        permit: Permit,
        tried: Option<&Tried>,
    ) -> Result<Admission, NoOrigin> {
        let mut refused = Refused::default();
        let upstream = &self.list[origin];
        if let Err(banned) = self.peers.check(upstream.breaker().name()) {
            refused.until(banned.retry_after);
            return Err(refused.into());
        }
        match refused.admits(upstream) {
            Some(service) => Ok(self.sent(origin, service, permit, tried)),
            None => Err(refused.into()),
        }
    }

    /// What another attempt would be after those `tried`. To look is not to ask: nobody counts it.
    pub(super) fn outlook(&self, tried: &Tried) -> Outlook {
        let (mut outlook, mut of_unwell, mut busy) = (Outlook::Nowhere, Outlook::Nowhere, false);
        for (origin, upstream) in self.list.iter().enumerate() {
            let another = match (tried.contains(origin), tried.leaves_alone(origin)) {
                (true, true) => continue,
                (true, false) => Outlook::Again,
                (false, _) => Outlook::Elsewhere,
            };
            let breaker = upstream.breaker();
            let is_banned = self.peers.check(breaker.name()).is_err();
            if is_banned || upstream.bulkhead().is_closed() || !breaker.would_admit() {
                continue;
            }
            match (upstream.is_well(), upstream.has_room()) {
                (true, true) if another == Outlook::Elsewhere => return another,
                (true, true) => outlook = another,
                (true, false) => busy = true,
                (false, true) => of_unwell = of_unwell.min(another),
                (false, false) => {}
            }
        }
        if outlook == Outlook::Nowhere && !busy { of_unwell } else { outlook }
    }

    /// The origin that [`admit`](Self::admit) named.
    pub(super) fn origin(&self, origin: usize) -> &Upstream {
        &self.list[origin]
    }

    /// What looks at the origins, if anything does.
    pub(super) const fn checks(&self) -> Option<&Monitor> {
        self.checks.as_ref()
    }

    /// What each origin is called, by its number.
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        self.list.iter().map(|upstream| upstream.breaker().name().to_owned())
    }

    pub(super) fn bulkheads(&self) -> Vec<bulkhead::Handle> {
        self.turns.iter().map(|origin| self.list[*origin].bulkhead().clone()).collect()
    }

    pub(super) fn breakers(&self) -> Vec<Handle> {
        self.turns.iter().map(|origin| self.list[*origin].breaker().clone()).collect()
    }
}

/// How a request comes to an origin.
#[derive(Debug)]
pub(super) enum Way {
    Free(Admission),
    /// When one has room for it.
    Full(Queue),
}

/// The leave to send one request to an origin.
#[derive(Debug)]
pub(super) struct Admission {
    pub(super) origin: usize,
    pub(super) service: Admitted,
    pub(super) taken: Taken,
}

/// The origins that one request was refused by.
#[derive(Debug, Default)]
struct Refused {
    /// Those that would take it but have no room.
    full: Vec<usize>,
    /// When the first of the breakers may admit again.
    retry_after: Option<Duration>,
}

impl From<Refused> for NoOrigin {
    fn from(refused: Refused) -> Self {
        Self { busy: !refused.full.is_empty(), retry_after: refused.retry_after }
    }
}

impl Refused {
    /// One that was closed by hand has no room and will have none: nobody waits for it.
    fn is_full(&mut self, origin: usize, upstream: &Upstream) {
        if !upstream.bulkhead().is_closed() && upstream.breaker().would_admit() {
            self.full.push(origin);
        }
    }

    /// Asks the breaker.
    fn admits(&mut self, upstream: &Upstream) -> Option<Admitted> {
        let after = match upstream.admit() {
            Ok(Some(service)) => return Some(service),
            // Another request took the last probe since the breaker was asked: the next one may be due at any time.
            Ok(None) => Some(Duration::ZERO),
            Err(rejected) => rejected.retry_after(),
        };
        self.until(after);
        None
    }

    fn until(&mut self, after: Option<Duration>) {
        self.retry_after = self.retry_after.into_iter().chain(after).min();
    }
}

const ROOM: &str = "there is room, and no authority is empty";

/// What the limit on an attempt is called.
const NAME: &str = "proxy";

const WORD: usize = u64::BITS as usize;

impl Tried {
    // One request makes its attempts one after the other, so no other order than its own is needed.
    fn contains(&self, origin: usize) -> bool {
        self.0[origin / WORD].sent.load(Ordering::Relaxed) & bit(origin) != 0
    }

    /// Whether the request was sent to any of them.
    fn is_sent(&self) -> bool {
        self.0.iter().any(|word| word.sent.load(Ordering::Relaxed) != 0)
    }

    fn insert(&self, origin: usize) {
        self.0[origin / WORD].sent.fetch_or(bit(origin), Ordering::Relaxed);
    }

    fn leaves_alone(&self, origin: usize) -> bool {
        self.0[origin / WORD].left_alone.load(Ordering::Relaxed) & bit(origin) != 0
    }

    /// No further attempt of this request goes to `origin`.
    pub(super) fn leave_alone(&self, origin: usize) {
        self.0[origin / WORD].left_alone.fetch_or(bit(origin), Ordering::Relaxed);
    }
}

const fn bit(origin: usize) -> u64 {
    1 << (origin % WORD)
}
