//! A client on a bare socket.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use super::soon;

/// A connection; `R` is what it reads from, which is the socket until it is split.
pub(crate) struct Client<R = TcpStream> {
    pub(crate) socket: R,
    held: Vec<u8>,
}

/// The sending side of a connection.
pub(crate) struct Sender(OwnedWriteHalf);

impl Sender {
    /// Sends bytes and says whether the peer took them.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        soon(self.0.write_all(bytes.as_ref())).await.is_ok()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Status line and fields as they came.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The values of a field, joined.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        field(&self.head, name)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// The values of a field in a head, joined.
pub(crate) fn field(head: &str, name: &str) -> Option<String> {
    let values: Vec<&str> = head
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(':'))
        .filter(|(found, _)| found.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
        .collect();
    (!values.is_empty()).then(|| values.join(", "))
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self { socket: soon(TcpStream::connect(address)).await.unwrap(), held: Vec::new() }
    }

    /// The same where nobody may listen yet.
    pub(crate) async fn try_connect(address: SocketAddr) -> Option<Self> {
        Some(Self { socket: soon(TcpStream::connect(address)).await.ok()?, held: Vec::new() })
    }

    /// Sends bytes; a peer that has gone does not matter, its answer may be there to read.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = soon(self.socket.write_all(bytes.as_ref())).await;
    }

    /// Sends bytes and says whether the peer still took them, which it may do hesitantly.
    pub(crate) async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        soon(self.socket.write_all(bytes.as_ref())).await.is_ok()
    }

    /// Ends the sending side.
    pub(crate) async fn close(&mut self) {
        let _ = self.socket.shutdown().await;
    }

    /// Both sides, to be used at the same time.
    pub(crate) fn split(self) -> (Client<OwnedReadHalf>, Sender) {
        let (socket, sender) = self.socket.into_split();
        (Client { socket, held: self.held }, Sender(sender))
    }
}

impl<R: AsyncRead + Unpin> Client<R> {
    async fn more(&mut self) -> io::Result<usize> {
        soon(self.socket.read_buf(&mut self.held)).await
    }

    /// Reads until `needle` is there and returns everything through it.
    pub(crate) async fn read_through(&mut self, needle: &[u8]) -> Vec<u8> {
        loop {
            if let Some(at) = self.held.windows(needle.len()).position(|window| window == needle) {
                return self.held.drain(..at + needle.len()).collect();
            }
            let read = self.more().await.unwrap();
            assert!(read > 0, "the end came before {needle:?}: {:?}", String::from_utf8_lossy(&self.held));
        }
    }

    /// So many bytes.
    pub(crate) async fn exactly(&mut self, length: usize) -> Vec<u8> {
        while self.held.len() < length {
            assert!(self.more().await.unwrap() > 0, "the body ends early");
        }
        self.held.drain(..length).collect()
    }

    pub(crate) async fn head(&mut self) -> String {
        String::from_utf8(self.read_through(b"\r\n\r\n").await).unwrap()
    }

    /// One answer to a request other than HEAD.
    pub(crate) async fn answer(&mut self) -> Answer {
        let head = self.head().await;
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let body = if let Some(length) = field(&head, "content-length") {
            self.exactly(length.parse().unwrap()).await
        } else if field(&head, "transfer-encoding").is_some() {
            self.chunks().await
        } else {
            let mut body = std::mem::take(&mut self.held);
            soon(self.socket.read_to_end(&mut body)).await.unwrap();
            body
        };
        Answer { status, head, body }
    }

    async fn chunks(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let size = String::from_utf8(self.read_through(b"\r\n").await).unwrap();
            let size = usize::from_str_radix(size.trim_end(), 16).unwrap();
            body.extend(self.exactly(size).await);
            assert_eq!(self.exactly(2).await, b"\r\n");
            if size == 0 {
                return body;
            }
        }
    }

    /// Everything until the connection ends, and whether it ended cleanly.
    pub(crate) async fn rest(&mut self) -> (Vec<u8>, io::Result<()>) {
        let mut rest = std::mem::take(&mut self.held);
        let ended = soon(self.socket.read_to_end(&mut rest)).await.map(drop);
        (rest, ended)
    }
}
