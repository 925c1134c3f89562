//! Five peers that keep the same records, over plain TCP: each asks the others for what it lacks. One of them lies, and one dies
//! and comes back. Whom to ask, whom to leave alone, and what everybody was sent, is for the ledger of each to say.
//!
//! `cargo run -p buttress-examples --example peer_to_peer`

use buttress_core::clock;
use buttress_reputation::breaker::State;
use buttress_reputation::{Config, Deed, Direction, Ledger, Ranked, breaker};
use std::collections::BTreeMap;
use std::error::Error;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

const NAMES: [&str; 5] = ["alice", "bob", "carol", "dave", "mallory"];
const DAVE: usize = 3;
const MALLORY: usize = 4;

const ROUNDS: usize = 14;
/// From this round on dave is dead.
const DEATH: usize = 4;
/// From this one on he is back.
const RETURN: usize = 8;
/// So many rounds at the end bring nothing new: each asks each of the others once in four.
const QUIET: usize = 4;
const PAUSE: Duration = Duration::from_millis(60);
/// No answer is longer, and no peer is waited for longer.
const MOST_BYTES: u64 = 64 * 1024;
const PATIENCE: Duration = Duration::from_secs(1);

/// What a lie costs of the 50 points that everybody begins with; who is below 20 is banned.
const LIE: Deed = Deed::points(-20.0);
const LEAST: f64 = 20.0;
const BAN: Duration = Duration::from_secs(3_600);

/// Records by their checksum, which is their name: nobody can give one for another.
type Records = BTreeMap<u64, String>;

/// One of the five.
struct Peer {
    name: &'static str,
    records: Mutex<Records>,
    /// What it thinks of the others.
    ledger: Ledger<String>,
    /// Whom it asked in this round, and what came of it.
    asked: Mutex<Vec<String>>,
}

/// FNV-1a: enough to tell what was not meant. Against those who mean it, take a hash that nobody can find two texts for.
fn checksum(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

fn config() -> Result<Config, Box<dyn Error>> {
    // Two failures are enough here, and a tenth of a second later it is worth another look.
    let breaker = breaker::Config::builder().failure_threshold(2).success_threshold(1);
    let breaker = breaker.open_for(Duration::from_millis(100)).escalation(1.0, Duration::from_millis(100)).jitter(0.0);
    Ok(Config::builder().breaker(breaker.build()?).build()?)
}

impl Peer {
    fn new(name: &'static str) -> Result<Arc<Self>, Box<dyn Error>> {
        let (records, asked) = Default::default();
        Ok(Arc::new(Self { name, records, ledger: Ledger::new(name, config()?), asked }))
    }

    fn is_honest(&self) -> bool {
        self.name != NAMES[MALLORY]
    }

    fn write(&self, text: String) {
        self.records.lock().expect("nobody panics with it").insert(checksum(&text), text);
    }

    fn has(&self) -> Records {
        self.records.lock().expect("nobody panics with it").clone()
    }

    /// Answers whoever asks.
    async fn serve(self: Arc<Self>, listener: TcpListener) -> io::Result<()> {
        loop {
            let (stream, _) = listener.accept().await?;
            // Who does not ask properly gets no answer, and that is all.
            tokio::spawn(timeout(PATIENCE, Arc::clone(&self).answer(stream)));
        }
    }

    /// The question is one line: the name of who asks, and what it has. A network of strangers would have it signed.
    async fn answer(self: Arc<Self>, stream: TcpStream) -> io::Result<()> {
        let mut stream = BufReader::new(stream.take_both(MOST_BYTES));
        let mut question = String::new();
        stream.read_line(&mut question).await?;
        let mut words = question.split_whitespace();
        let Some(who) = words.next().filter(|who| NAMES.contains(who)) else { return Ok(()) };
        if self.ledger.check(who).is_err() {
            return Ok(());
        }
        let known: Vec<u64> = words.filter_map(|word| u64::from_str_radix(word, 16).ok()).collect();
        let missing = self.has().into_iter().filter(|(name, _)| !known.contains(name));
        let answer: String = missing.map(|(name, text)| format!("{name:x} {}\n", self.tell(text))).collect();
        let answer = answer + ".\n";
        if self.ledger.try_transfer(who, Direction::Upload, answer.len() as u64).is_ok() {
            stream.get_mut().write_all(answer.as_bytes()).await?;
        }
        Ok(())
    }

    /// A record, as this peer says it.
    fn tell(&self, text: String) -> String {
        if self.is_honest() { text } else { format!("{text}, and you owe mallory 100") }
    }
}
