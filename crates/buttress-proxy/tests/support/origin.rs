//! An origin on a bare socket that parses strictly and counts only whole requests.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, SemaphorePermit, watch};
use tokio::task::{JoinHandle, JoinSet};

use super::soon;

/// What an origin does with its connections.
#[derive(Debug, Clone)]
pub(crate) enum Mode {
    /// Answers every whole request with these bytes.
    Answer(Vec<u8>),
    /// The same, and closes.
    AnswerAndClose(Vec<u8>),
    /// Sends the first part, waits for [`Origin::open_gate`], sends the second.
    Gated(Vec<u8>, Vec<u8>),
    /// Sends this, waits for [`Origin::open_gate`], and resets the connection.
    Cut(Vec<u8>),
    /// Answers as soon as the head is there and reads no further.
    Early(Vec<u8>),
    /// Answers with pieces of [`PIECE`] bytes without end, until [`Origin::open_gate`].
    Endless,
    /// Answers each request when so much work is done for it, as many at a time as there are permits and in turn; it does
    /// the work also if nobody waits for it any more.
    Busy(Arc<Semaphore>, Duration),
    /// Answers 503 to whoever asks for /healthz, and all others with 200.
    Unwell,
    /// Closes when the head is there.
    HangUp,
    /// Reads requests and never answers.
    Silent,
    /// Reads a head and nothing behind it.
    HeadOnly,
    /// Resets every connection.
    Reset,
    /// Resets the connection behind a whole request.
    ResetAfter,
}

/// The length of a piece of an endless answer.
pub(crate) const PIECE: usize = 64 * 1024;

impl Mode {
    /// A whole answer with a length.
    pub(crate) fn text(status: &str, body: &str) -> Self {
        Self::Answer(
            format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes(),
        )
    }

    pub(crate) fn ok() -> Self {
        Self::text("200 OK", "ok")
    }
}

/// What an origin saw.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log {
    pub(crate) connections: usize,
    /// Connections that ended.
    pub(crate) ended: usize,
    /// Heads, also of requests that never became whole.
    pub(crate) heads: usize,
    pub(crate) requests: Vec<Whole>,
    /// Whole requests that are not answered yet.
    pub(crate) under_way: usize,
    /// The most of them there ever were.
    pub(crate) peak: usize,
    /// Pieces of endless answers that went out.
    pub(crate) pieces: usize,
}

/// A whole request.
#[derive(Debug, Clone)]
pub(crate) struct Whole {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Whole {
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        super::client::field(&self.head, name)
    }

    pub(crate) fn line(&self) -> &str {
        self.head.lines().next().unwrap()
    }
}

#[derive(Debug)]
struct Shared {
    mode: Mutex<Mode>,
    gate: Semaphore,
    log: watch::Sender<Log>,
}

#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

impl Origin {
    pub(crate) async fn start(mode: Mode) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared =
            Shared { mode: Mutex::new(mode), gate: Semaphore::new(0), log: watch::Sender::default() };
        let shared = Arc::new(shared);
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { address, shared, accepting }
    }

    pub(crate) fn set(&self, mode: Mode) {
        *self.shared.mode.lock().unwrap() = mode;
    }

    /// Lets one gated answer go on.
    pub(crate) fn open_gate(&self) {
        self.shared.gate.add_permits(1);
    }

    pub(crate) fn log(&self) -> Log {
        self.shared.log.borrow().clone()
    }

    /// Waits until the log shows what `condition` asks for.
    pub(crate) async fn until(&self, condition: impl FnMut(&Log) -> bool) -> Log {
        soon(self.shared.log.subscribe().wait_for(condition)).await.unwrap().clone()
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        shared.log.send_modify(|log| log.connections += 1);
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let mut connection = Connection { socket, held: Vec::new(), shared };
            let _ = connection.run().await;
            connection.shared.log.send_modify(|log| log.ended += 1);
        });
    }
}

struct Connection {
    socket: TcpStream,
    held: Vec<u8>,
    shared: Arc<Shared>,
}

impl Connection {
    fn mode(&self) -> Mode {
        self.shared.mode.lock().unwrap().clone()
    }

    /// `None` ends the connection.
    async fn run(&mut self) -> Option<()> {
        if matches!(self.mode(), Mode::Reset) {
            self.socket.set_zero_linger().unwrap();
            return None;
        }
        loop {
            let head = self.through(b"\r\n\r\n").await?;
            self.shared.log.send_modify(|log| log.heads += 1);
            match self.mode() {
                Mode::Early(answer) => {
                    self.socket.write_all(&answer).await.ok()?;
                    return std::future::pending().await;
                }
                Mode::HeadOnly => return std::future::pending().await,
                Mode::HangUp => return None,
                _ => {}
            }
            let head = String::from_utf8(head).expect("heads in tests are text");
            let body = self.body(&head).await?;
            let asks_for_health = head.starts_with("GET /healthz ");
            self.shared.log.send_modify(|log| {
                log.requests.push(Whole { head, body });
                log.under_way += 1;
                log.peak = log.peak.max(log.under_way);
            });
            let answered = self.respond(asks_for_health).await;
            self.shared.log.send_modify(|log| log.under_way -= 1);
            answered?;
        }
    }

    /// Answers a whole request; `None` ends the connection.
    async fn respond(&mut self, asks_for_health: bool) -> Option<()> {
        let mode = match self.mode() {
            Mode::Unwell if asks_for_health => Mode::text("503 Service Unavailable", "unwell"),
            Mode::Unwell => Mode::ok(),
            mode => mode,
        };
        match mode {
            Mode::Answer(answer) => self.socket.write_all(&answer).await.ok()?,
            Mode::Busy(workers, work) => {
                let at_work = workers.acquire_owned().await.ok()?;
                // Not dropped with a connection that ends: nobody tells the worker.
                tokio::spawn(async move {
                    tokio::time::sleep(work).await;
                    drop(at_work);
                })
                .await
                .ok()?;
                self.socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await.ok()?;
            }
            Mode::Gated(first, second) => {
                self.socket.write_all(&first).await.ok()?;
                self.gate().await?;
                self.socket.write_all(&second).await.ok()?;
            }
            Mode::Cut(first) => {
                self.socket.write_all(&first).await.ok()?;
                self.gate().await?;
                self.socket.set_zero_linger().unwrap();
                return None;
            }
            Mode::ResetAfter => {
                self.socket.set_zero_linger().unwrap();
                return None;
            }
            Mode::Endless => self.endless().await?,
            Mode::AnswerAndClose(answer) => {
                let _ = self.socket.write_all(&answer).await;
                return None;
            }
            _ => return self.until_end().await,
        }
        Some(())
    }

    /// Waits for the gate, or for the proxy to go.
    async fn gate(&mut self) -> Option<()> {
        let shared = Arc::clone(&self.shared);
        tokio::select! {
            permit = shared.gate.acquire() => {
                permit.unwrap().forget();
                Some(())
            }
            _ = self.socket.read_buf(&mut self.held) => None,
        }
    }

    async fn endless(&mut self) -> Option<()> {
        self.socket.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await.ok()?;
        let piece = format!("{PIECE:x}\r\n{}\r\n", "x".repeat(PIECE));
        while self.shared.gate.try_acquire().map(SemaphorePermit::forget).is_err() {
            self.socket.write_all(piece.as_bytes()).await.ok()?;
            self.shared.log.send_modify(|log| log.pieces += 1);
        }
        self.socket.write_all(b"0\r\n\r\n").await.ok()
    }

    async fn until_end(&mut self) -> Option<()> {
        while self.more().await.is_some() {}
        None
    }

    async fn more(&mut self) -> Option<usize> {
        self.socket.read_buf(&mut self.held).await.ok().filter(|read| *read > 0)
    }

    async fn through(&mut self, needle: &[u8]) -> Option<Vec<u8>> {
        loop {
            if let Some(at) = self.held.windows(needle.len()).position(|window| window == needle) {
                return Some(self.held.drain(..at + needle.len()).collect());
            }
            self.more().await?;
        }
    }

    async fn exactly(&mut self, length: usize) -> Option<Vec<u8>> {
        while self.held.len() < length {
            self.more().await?;
        }
        Some(self.held.drain(..length).collect())
    }

    async fn body(&mut self, head: &str) -> Option<Vec<u8>> {
        let length = super::client::field(head, "content-length");
        let coding = super::client::field(head, "transfer-encoding");
        match (length, coding) {
            (None, None) => Some(Vec::new()),
            (Some(length), None) => self.exactly(length.parse().expect("a length is one number")).await,
            (None, Some(coding)) => {
                assert_eq!(coding, "chunked", "the proxy sends no other coding");
                self.chunks().await
            }
            (Some(_), Some(_)) => panic!("the proxy forwarded two framings: {head}"),
        }
    }

    async fn chunks(&mut self) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let size = String::from_utf8(self.through(b"\r\n").await?).unwrap();
            let size = usize::from_str_radix(size.trim_end(), 16).expect("a bare chunk size");
            body.extend(self.exactly(size).await?);
            assert_eq!(self.exactly(2).await?, b"\r\n", "a chunk or the body ends here");
            if size == 0 {
                return Some(body);
            }
        }
    }
}
