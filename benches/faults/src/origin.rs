//! The origins: what they do with a request, and what they count.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::convert::Infallible;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use buttress_core::clock::{self, Tick};
use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::dice::Dice;
use crate::fault::{Behaviour, Fault, Workers};
use crate::request::{self, Seen};

/// How many there are.
pub const ORIGINS: usize = 4;

/// The page: 1 KiB, so that a body cut short would be noticed.
pub const PAGE: [u8; 1024] = [b'.'; 1024];

/// How long an origin thinks about a page: an origin that answered at once would make a slow one look like an idle one.
const THINKS: Duration = Duration::from_millis(8);

/// How many times longer it thinks when it is slow.
const SLOWER: u32 = 20;

/// What the clients and the origins of a run know together: which phase it is in.
#[derive(Debug, Default)]
pub struct Stage {
    phase: AtomicUsize,
    hits: [AtomicU64; 3],
    posts: Mutex<Posts>,
}

#[derive(Debug, Default)]
struct Posts {
    ids: HashSet<u64>,
    again: u64,
}

/// A part of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All is well.
    Before,
    /// The fault lasts.
    During,
    /// All is well again.
    After,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Before => "before",
            Self::During => "during the fault",
            Self::After => "after",
        })
    }
}

const PARTS: [Part; 3] = [Part::Before, Part::During, Part::After];

impl Stage {
    /// Begins a part; origins behave accordingly from their next request on.
    pub fn begin(&self, part: Part) {
        self.phase.store(part as usize, Ordering::Release);
    }

    /// Requests that all origins got in that part.
    pub fn hits(&self, part: Part) -> u64 {
        self.hits[part as usize].load(Ordering::Acquire)
    }

    /// POSTs that came to an origin after they had come to that one or to another before.
    pub fn duplicates(&self) -> u64 {
        self.posts.lock().unwrap_or_else(PoisonError::into_inner).again
    }

    fn arrived(&self, seen: &Seen) -> Part {
        let part = self.phase.load(Ordering::Acquire);
        self.hits[part].fetch_add(1, Ordering::AcqRel);
        if seen.is_post {
            let mut posts = self.posts.lock().unwrap_or_else(PoisonError::into_inner);
            let first = posts.ids.insert(seen.id);
            posts.again += u64::from(!first);
        }
        PARTS[part]
    }
}

/// The ports of the origins of one run.
#[derive(Debug)]
pub struct Origins {
    listeners: Vec<std::net::TcpListener>,
}

impl Origins {
    /// Takes free ports on loopback.
    ///
    /// # Errors
    /// When the system gives none.
    pub fn bind() -> io::Result<Self> {
        let listen = |_| {
            let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            listener.set_nonblocking(true)?;
            Ok(listener)
        };
        Ok(Self { listeners: (0..ORIGINS).map(listen).collect::<io::Result<_>>()? })
    }

    /// Where they listen.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        self.listeners.iter().map(std::net::TcpListener::local_addr).collect()
    }

    /// Serves until the future is dropped; the connections end with it.
    ///
    /// # Errors
    /// When one of them could not go on.
    pub async fn serve(self, fault: Fault, stage: Arc<Stage>) -> io::Result<Infallible> {
        let mut servers = JoinSet::new();
        for (index, listener) in self.listeners.into_iter().enumerate() {
            let behaviour = if index == 0 { fault.first } else { fault.others };
            let dice = Dice::new(index as u64 + 1);
            let desks = fault.workers.map(Desks::new);
            let origin = Arc::new(Origin { behaviour, desks, dice, stage: stage.clone() });
            servers.spawn(accept(TcpListener::from_std(listener)?, origin));
        }
        match servers.join_next().await {
            Some(ended) => ended.map_err(io::Error::other)?,
            None => Err(io::Error::other("there are no origins")),
        }
    }
}

#[derive(Debug)]
struct Origin {
    behaviour: Behaviour,
    /// Where it works on requests, if that is limited.
    desks: Option<Desks>,
    dice: Dice,
    stage: Arc<Stage>,
}

async fn accept(listener: TcpListener, origin: Arc<Origin>) -> io::Result<Infallible> {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted?;
                stream.set_nodelay(true)?;
                let origin = origin.clone();
                // A connection that breaks is the other side's to notice; the origin has nothing to add.
                connections.spawn(async move { drop(origin.converse(stream).await) });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

impl Origin {
    async fn converse(&self, mut stream: TcpStream) -> io::Result<()> {
        let mut buffer = BytesMut::with_capacity(4096);
        while let Some(seen) = request::read(&mut stream, &mut buffer).await? {
            let behaviour = match self.stage.arrived(&seen) {
                Part::During => self.settled(),
                Part::Before | Part::After => Behaviour::Well,
            };
            match behaviour {
                Behaviour::Slow => {
                    sleep(THINKS * SLOWER).await;
                    stream.write_all(&page(PAGE.len())).await?;
                }
                Behaviour::Answers(status) => stream.write_all(&refusal(status)).await?,
                Behaviour::Hangs => return until_closed(&mut stream).await,
                Behaviour::Resets(_) => return stream.set_zero_linger(),
                Behaviour::CutsBody => {
                    sleep(THINKS).await;
                    return stream.write_all(&page(PAGE.len() / 2)).await;
                }
                Behaviour::Well | Behaviour::Fails(_) => {
                    self.think().await;
                    stream.write_all(&page(PAGE.len())).await?;
                }
            }
        }
        Ok(())
    }

    /// Works on a request.
    async fn think(&self) {
        sleep(self.desks.as_ref().map_or(THINKS, Desks::take)).await;
    }

    /// What it does with this request, where that is left to the dice.
    fn settled(&self) -> Behaviour {
        match self.behaviour {
            Behaviour::Fails(share) if self.dice.falls(share) => Behaviour::Answers(503),
            Behaviour::Resets(share) if !self.dice.falls(share) => Behaviour::Well,
            settled => settled,
        }
    }
}

/// The page, of which `sent` bytes are sent.
fn page(sent: usize) -> Vec<u8> {
    let mut answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", PAGE.len()).into_bytes();
    answer.extend_from_slice(&PAGE[..sent]);
    answer
}

/// Throttled clients are told to come back in a second, as most origins tell them.
fn refusal(status: u16) -> Vec<u8> {
    let hint = if status == 429 { "Retry-After: 1\r\n" } else { "" };
    format!("HTTP/1.1 {status} Refused\r\nContent-Length: 8\r\n{hint}\r\nrefused\n").into_bytes()
}

/// Waits until the other side gives up.
async fn until_closed(stream: &mut TcpStream) -> io::Result<()> {
    while stream.read(&mut [0; 64]).await? > 0 {}
    Ok(())
}

/// When each of the requests that an origin works on at a time will be done.
#[derive(Debug)]
struct Desks {
    done: Mutex<BinaryHeap<Reverse<Tick>>>,
    each: Duration,
}

impl Desks {
    fn new(workers: Workers) -> Self {
        let done = (0..workers.count).map(|_| Reverse(Tick::ZERO)).collect();
        Self { done: Mutex::new(done), each: workers.each }
    }

    /// How long it is until a request that comes now is done, whether anybody waits for it or not. Each begins when the one
    /// before it is done, and not when a timer noticed that, so that the origin can do as much as it says.
    fn take(&self) -> Duration {
        let mut desks = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        let now = clock::precise();
        let free = desks.pop().map_or(now, |Reverse(free)| free.max(now));
        desks.push(Reverse(free + self.each));
        (free + self.each).since(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e6_a_post_that_comes_twice_is_seen_and_nothing_else_is_one() {
        let stage = Stage::default();
        let came = |id, is_post| {
            stage.arrived(&Seen { id, is_post });
            stage.duplicates()
        };
        assert_eq!([came(1, true), came(2, true)], [0, 0]);
        assert_eq!([came(3, false), came(3, false)], [0, 0], "a GET may come twice");
        assert_eq!([came(1, true), came(2, true), came(1, true)], [1, 2, 3]);
    }

    #[test]
    fn an_origin_with_a_capacity_does_so_many_at_a_time_and_the_others_after_them() {
        let desks = Desks::new(Workers { count: 2, each: Duration::from_secs(100) });
        let hundreds = [(); 5].map(|()| desks.take().as_secs_f64() / 100.0).map(f64::round);
        assert_eq!(hundreds, [1.0, 1.0, 2.0, 2.0, 3.0]);
    }
}
