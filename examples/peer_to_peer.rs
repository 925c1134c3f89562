//! Five peers that keep the same records, over plain TCP: each asks the others for what it lacks. One of them lies, and one dies
//! and comes back. Whom to ask, whom to leave alone and how much passed is for the ledger of each to say.
//!
//! `cargo run -p buttress-examples --example peer_to_peer`

use buttress_core::clock;
use buttress_reputation::breaker::State;
use buttress_reputation::{Change, Config, Deed, Direction, Ledger, breaker};
use std::collections::BTreeMap;
use std::error::Error;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

type BoxError = Box<dyn Error + Send + Sync>;

const NAMES: [&str; 5] = ["alice", "bob", "carol", "dave", "mallory"];
const DAVE: usize = 3;
const MALLORY: usize = 4;

const ROUNDS: usize = 15;
/// In these rounds dave is dead.
const DEAD: Range<usize> = 4..9;
/// So many rounds at the end bring nothing new: in four, each asks each of the others once.
const QUIET: usize = 4;
const PAUSE: Duration = Duration::from_millis(60);

/// No question and no answer is longer, and nobody is waited for longer.
const MOST_BYTES: u64 = 64 * 1024;
const PATIENCE: Duration = Duration::from_secs(1);

/// What a lie costs, of the 50 points that everybody begins with: one may be a mistake of somebody who did well for long.
const LIE: Deed = Deed::points(-35.0);
/// With less than this a liar is banned.
const LEAST: f64 = 20.0;
const BAN: Duration = Duration::from_secs(3_600);

/// Records by their checksum, which is their name: nobody can give one for another.
type Records = BTreeMap<u64, String>;

/// FNV-1a: enough to tell what was not meant. Against those who mean it, take a hash that nobody finds two texts for.
fn checksum(text: &str) -> u64 {
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, mix)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One of the five.
struct Peer {
    name: &'static str,
    records: Mutex<Records>,
    /// What it thinks of the others.
    ledger: Ledger<String>,
    /// What it heard of that: of whom, and what.
    changes: Arc<Mutex<Vec<(String, Change)>>>,
}

/// What came of asking somebody.
enum Answer {
    Records { new: usize, bytes: u64 },
    Lies,
    Failed(io::Error),
}

impl Peer {
    fn new(name: &'static str) -> Result<Self, BoxError> {
        // Two failures are enough here, and a tenth of a second later it is worth another look.
        let open_for = Duration::from_millis(100);
        let breaker = breaker::Config::builder().failure_threshold(2).failure_rate(0.0).success_threshold(1);
        let breaker = breaker.open_for(open_for).escalation(1.0, open_for).jitter(0.0).build()?;
        let ledger = Ledger::new(name, Config::builder().breaker(breaker).build()?);
        let changes = Arc::<Mutex<Vec<_>>>::default();
        let heard = Arc::clone(&changes);
        ledger
            .on_event(move |who: &String, event| locked(&heard).push((who.clone(), event.change)))
            .forever();
        Ok(Self { name, records: Mutex::default(), ledger, changes })
    }

    fn is_honest(&self) -> bool {
        self.name != NAMES[MALLORY]
    }

    fn has(&self) -> Records {
        locked(&self.records).clone()
    }

    /// How many of them it did not have.
    fn take(&self, records: Records) -> usize {
        let mut mine = locked(&self.records);
        records.into_iter().filter(|(name, text)| mine.insert(*name, text.clone()).is_none()).count()
    }

    fn write(&self, text: String) {
        self.take(Records::from([(checksum(&text), text)]));
    }

    /// Answers whoever asks.
    async fn serve(self: Arc<Self>, listener: TcpListener) -> io::Result<()> {
        let mut answers = JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await?;
            // Who does not ask properly, or not in time, gets no answer, and that is all.
            answers.spawn(timeout(PATIENCE, Arc::clone(&self).answer(stream)));
            while answers.try_join_next().is_some() {}
        }
    }

    /// The question is one line: who asks, and what it has. In a network of strangers the name would be signed.
    async fn answer(self: Arc<Self>, mut stream: TcpStream) -> io::Result<()> {
        let (from, mut to) = stream.split();
        let mut question = String::new();
        BufReader::new(from.take(MOST_BYTES)).read_line(&mut question).await?;
        let mut words = question.split_whitespace();
        let Some(who) = words.next().filter(|who| NAMES.contains(who)) else { return Ok(()) };
        if self.ledger.check(who).is_err() {
            return Ok(());
        }
        let known: Vec<u64> = words.filter_map(|word| u64::from_str_radix(word, 16).ok()).collect();
        let missing = self.has().into_iter().filter(|(name, _)| !known.contains(name));
        let lie = if self.is_honest() { "" } else { " and 100 for mallory" };
        let answer: String = missing.map(|(name, text)| format!("{name:x} {text}{lie}\n")).collect();
        // Without room in the limits for peers it would get nothing; here they have none, and are only counted.
        if self.ledger.try_transfer(who, Direction::Upload, answer.len() as u64).is_ok() {
            to.write_all(answer.as_bytes()).await?;
        }
        Ok(())
    }

    /// Asks somebody for what it lacks, and judges the answer.
    async fn sync(&self, who: &str, at: SocketAddr) -> Answer {
        let began = clock::precise();
        let answer = match timeout(PATIENCE, self.ask(at)).await {
            Ok(answer) => answer,
            Err(late) => Err(late.into()),
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                self.ledger.record_failure(who);
                return Answer::Failed(error);
            }
        };
        let bytes = answer.len() as u64;
        self.ledger.transfer(who, Direction::Download, bytes);
        let Some(records) = checked(&answer) else {
            self.ledger.record(who, LIE);
            if self.ledger.peer(who).is_some_and(|peer| peer.score.get() < LEAST) {
                assert!(self.ledger.ban(who, "sent records that are not what they say", BAN));
            }
            return Answer::Lies;
        };
        self.ledger.record_success(who, clock::precise().since(began));
        Answer::Records { new: self.take(records), bytes }
    }

    async fn ask(&self, at: SocketAddr) -> io::Result<String> {
        let mut stream = TcpStream::connect(at).await?;
        let known: String = self.has().keys().map(|name| format!(" {name:x}")).collect();
        stream.write_all(format!("{}{known}\n", self.name).as_bytes()).await?;
        let mut answer = String::new();
        stream.take(MOST_BYTES).read_to_string(&mut answer).await?;
        Ok(answer)
    }

    /// Whom to ask in this round: the three best, and one after the other everybody else, so that nobody is unknown for long.
    fn partners(&self, round: usize) -> Vec<String> {
        let mut partners: Vec<String> =
            self.ledger.sync_candidates(3).into_iter().map(|candidate| candidate.key).collect();
        let others: Vec<&str> = NAMES.into_iter().filter(|name| *name != self.name).collect();
        let next = others[round % others.len()];
        if !partners.iter().any(|partner| partner == next) {
            partners.push(next.to_owned());
        }
        // While a breaker finds out whether its peer is back, this is the leave for one probe.
        partners.retain(|partner| self.ledger.should_communicate(partner.as_str()));
        partners
    }
}

/// The records of an answer, if each is what its name says.
fn checked(answer: &str) -> Option<Records> {
    let records = answer.lines().map(|line| {
        let (name, text) = line.split_once(' ')?;
        let name = u64::from_str_radix(name, 16).ok()?;
        (name == checksum(text)).then(|| (name, text.to_owned()))
    });
    records.collect()
}

/// All five, and where they are.
struct Network {
    peers: Vec<Arc<Peer>>,
    addresses: Vec<SocketAddr>,
    serving: Vec<JoinSet<io::Result<()>>>,
}

impl Network {
    fn start() -> Result<Self, BoxError> {
        let mut network = Self { peers: Vec::new(), addresses: Vec::new(), serving: Vec::new() };
        for name in NAMES {
            let peer = Arc::new(Peer::new(name)?);
            let listener = listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
            network.addresses.push(listener.local_addr()?);
            let mut serving = JoinSet::new();
            serving.spawn(Arc::clone(&peer).serve(listener));
            network.serving.push(serving);
            network.peers.push(peer);
        }
        Ok(network)
    }

    fn address_of(&self, name: &str) -> SocketAddr {
        let index = NAMES.iter().position(|other| *other == name).expect("it is one of the five");
        self.addresses[index]
    }

    /// Everybody who is alive asks some others, and this is what alice hears.
    async fn round(&self, round: usize) -> Vec<(String, Answer)> {
        let mut asking = JoinSet::new();
        for (index, peer) in self.peers.iter().enumerate() {
            if self.serving[index].is_empty() {
                continue;
            }
            for who in peer.partners(round) {
                let (peer, at) = (Arc::clone(peer), self.address_of(&who));
                asking.spawn(async move { (peer.name, peer.sync(&who, at).await, who) });
            }
        }
        let mut heard: Vec<_> = asking
            .join_all()
            .await
            .into_iter()
            .filter_map(|(name, answer, who)| (name == NAMES[0]).then_some((who, answer)))
            .collect();
        heard.sort_by(|one, other| one.0.cmp(&other.0));
        heard
    }
}

fn listen(at: SocketAddr) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(at)?;
    socket.listen(64)
}

/// What a person sees of a round: whom alice asked, what changed by that, and what she thinks of everybody now.
fn show(heard: &[(String, Answer)], alice: &Peer, changes: &[(String, Change)]) {
    for (who, answer) in heard {
        match answer {
            Answer::Records { new: 0, .. } => println!("  alice asks {who}, who has nothing new"),
            Answer::Records { new, bytes } => {
                println!("  alice asks {who}, who sends {new} new in {bytes} bytes")
            }
            Answer::Lies => println!("  alice asks {who}, who sends what is not what it says"),
            Answer::Failed(error) => println!("  alice asks {who}: {}", error.kind()),
        }
    }
    for (who, change) in changes {
        match change {
            Change::Opened => println!("  {who} is left alone for a while"),
            Change::Closed => println!("  {who} is back"),
            Change::Banned { .. } => println!("  {who} is banned"),
            _ => {}
        }
    }
    println!("  {:<8} {:>6} {:>6} {:>9} {:>8}  standing", "peer", "score", "well", "received", "sent");
    for name in &NAMES[1..] {
        let Some(peer) = alice.ledger.peer(*name) else { continue };
        let standing = match (&peer.ban, peer.breaker) {
            (Some(ban), _) => format!("banned: {}", ban.reason),
            (None, State::Closed) => peer.tier.to_string(),
            (None, State::Open) => "left alone".to_owned(),
            (None, _) => "asked for a sign of life".to_owned(),
        };
        let well = format!("{:.0} %", 100.0 * peer.reliability);
        let (score, received, sent) = (peer.score.get(), peer.bytes_received, peer.bytes_sent);
        println!("  {name:<8} {score:>6.1} {well:>6} {received:>7} B {sent:>6} B  {standing}");
    }
}

/// Checks what it shows.
pub(crate) async fn run() -> Result<(), BoxError> {
    let mut network = Network::start()?;
    let [alice, .., dave, mallory] = &network.peers[..] else { unreachable!("there are five") };
    let (alice, dave, mallory) = (Arc::clone(alice), Arc::clone(dave), Arc::clone(mallory));
    mallory.write("a record to begin with".to_owned());
    let mut told = Vec::new();
    for round in 0..ROUNDS {
        println!("\n-- round {}", round + 1);
        if round == DEAD.start {
            println!("  dave dies");
            network.serving[DAVE].shutdown().await;
        } else if round == DEAD.end {
            println!("  dave comes back");
            let listener = listen(network.addresses[DAVE])?;
            network.serving[DAVE].spawn(Arc::clone(&dave).serve(listener));
        }
        if round + QUIET < ROUNDS {
            let author = &network.peers[round % DAVE];
            author.write(format!("record {round}, written by {}", author.name));
        }
        let heard = network.round(round).await;
        let changes = std::mem::take(&mut *locked(&alice.changes));
        show(&heard, &alice, &changes);
        told.extend(changes);
        sleep(PAUSE).await;
    }

    println!("\n-- in the end");
    let expected = alice.has();
    assert_eq!(expected.len(), ROUNDS - QUIET, "every record, and no other");
    for peer in network.peers.iter().filter(|peer| peer.is_honest()) {
        assert_eq!(peer.has(), expected, "{} has the same", peer.name);
        let ban =
            peer.ledger.peer(mallory.name).and_then(|liar| liar.ban).expect("the liar is banned by all");
        assert_eq!(&*ban.reason, "sent records that are not what they say");
        assert!(!peer.ledger.should_communicate(mallory.name));
        let best: Vec<_> = peer.ledger.top(10).into_iter().map(|other| other.key).collect();
        assert!(best.len() == 3 && !best.contains(&mallory.name.to_owned()), "{best:?}");
        let passed = peer.ledger.summary().bandwidth;
        println!(
            "   {:<6} has {} records, received {} B and sent {} B, and trusts {} most",
            peer.name,
            expected.len(),
            passed.total_downloaded,
            passed.total_uploaded,
            best[0]
        );
    }
    // Alice left dave alone when he was dead, and took him back when he was not.
    let of_dave = told.into_iter().filter(|(who, _)| who == dave.name).map(|(_, change)| change);
    let breaker: Vec<_> =
        of_dave.filter(|change| matches!(change, Change::Opened | Change::Closed)).collect();
    assert!(breaker.starts_with(&[Change::Opened]) && breaker.ends_with(&[Change::Closed]), "{breaker:?}");
    let returned = alice.ledger.peer(dave.name).expect("he was asked");
    assert!(returned.failed_syncs >= 2 && returned.successful_syncs >= 2, "{returned:?}");
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    run().await
}
