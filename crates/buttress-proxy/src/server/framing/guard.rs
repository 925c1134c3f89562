//! The socket of a client, with the strict framing in front of the server.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::{Follower, Malformed, ViolationKind};
use crate::server::client::Client;
use crate::server::untaken::Untaken;

/// No head can hold a NUL, and the empty line makes the server look at once.
const POISON: &[u8] = b"\0\r\n\r\n";

/// Makes the server look at once at a head it holds already.
const EMPTY_LINE: &[u8] = b"\r\n\r\n";

/// What is still read and thrown away after an answer, so that closing does not destroy the answer.
const LINGER_BYTES: u64 = 64 * 1024;
const LINGER_FOR: Duration = Duration::from_secs(1);

/// A client's socket that hands on only well-framed requests.
///
/// On a violation in a head the server is fed bytes that it answers with 400 (431 for a head over the
/// limits) and then the end of the stream; on one in a body it gets an error, which reaches the forwarded
/// request through its body. Nothing behind a violation is ever handed on.
#[derive(Debug)]
pub(crate) struct Guard {
    /// `None` only while being dropped.
    socket: Option<TcpStream>,
    follower: Follower,
    substitute: Option<Substitute>,
    client: Arc<Client>,
    pub(super) untaken: Untaken,
}

#[derive(Debug)]
enum Substitute {
    /// Bytes the server has yet to read, then the end.
    Feed(&'static [u8]),
    Fail(Malformed),
}

impl Guard {
    pub(crate) fn new(socket: TcpStream, client: Arc<Client>) -> Self {
        let (follower, untaken) = (Follower::new(), Untaken::default());
        Self { socket: Some(socket), follower, substitute: None, client, untaken }
    }

    fn socket(&mut self) -> Pin<&mut TcpStream> {
        Pin::new(self.socket.as_mut().expect(SOCKET))
    }

    fn poll_taken(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
        again: impl FnOnce(SockRef<'_>) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        let Self { socket, client, untaken, .. } = self;
        let again = || again(SockRef::from(socket.as_ref().expect(SOCKET)));
        untaken.poll(cx, written, client, again)
    }
}

const SOCKET: &str = "the socket leaves in drop alone";

impl Substitute {
    fn poll_read(&mut self, buf: &mut ReadBuf<'_>) -> io::Result<()> {
        match self {
            Self::Feed(bytes) => {
                let (now, later) = bytes.split_at(bytes.len().min(buf.remaining()));
                buf.put_slice(now);
                *bytes = later;
                Ok(())
            }
            Self::Fail(malformed) => Err(io::Error::new(io::ErrorKind::InvalidData, *malformed)),
        }
    }
}

impl AsyncRead for Guard {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(substitute) = &mut self.substitute {
            return Poll::Ready(substitute.poll_read(buf));
        }
        let before = buf.filled().len();
        ready!(self.socket().poll_read(cx, buf))?;
        let Err(violation) = self.follower.follow(&buf.filled()[before..]) else {
            return Poll::Ready(Ok(()));
        };
        buf.set_filled(before + violation.good);
        let substitute = self.substitute.insert(match violation.kind {
            ViolationKind::Head(_) => Substitute::Feed(POISON),
            ViolationKind::TooLarge => Substitute::Feed(EMPTY_LINE),
            ViolationKind::Body(malformed) => Substitute::Fail(malformed),
        });
        // An empty read would say that the client is done, so something is handed over now.
        let handed_over = if violation.good == 0 { substitute.poll_read(buf) } else { Ok(()) };
        Poll::Ready(handed_over)
    }
}

impl AsyncWrite for Guard {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = self.socket().poll_write(cx, buf);
        self.poll_taken(cx, written, |socket| socket.send(buf))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = self.socket().poll_write_vectored(cx, bufs);
        self.poll_taken(cx, written, |socket| socket.send_vectored(bufs))
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.as_ref().is_some_and(TcpStream::is_write_vectored)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket().poll_shutdown(cx)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let Some(socket) = self.socket.take() else { return };
        if self.client.is_answer_unfinished() || self.untaken.is_over() {
            // A body that ends where the connection does would look complete, so it ends in a reset.
            let _ = socket.set_zero_linger();
        } else if self.substitute.is_some() || !self.follower.is_between_requests() {
            linger(socket);
        }
    }
}

/// Closing a socket with unread bytes resets it, which can take the answer away from a client that is still
/// sending. So the sending side closes first, and some input is thrown away.
fn linger(mut socket: TcpStream) {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
    runtime.spawn(async move {
        let discard = async {
            tokio::io::AsyncWriteExt::shutdown(&mut socket).await?;
            tokio::io::copy(&mut socket.take(LINGER_BYTES), &mut tokio::io::sink()).await
        };
        // However it ends, there is nobody left to tell.
        let _ = tokio::time::timeout(LINGER_FOR, discard).await;
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;
    use tokio::time::timeout;

    /// A guard that soon has enough, and its client.
    async fn pair() -> (Guard, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (socket, peer) = listener.accept().await.unwrap();
        let mut guard = Guard::new(socket, Arc::new(Client::new(peer)));
        guard.untaken = Untaken::after(Duration::from_millis(1_200));
        (guard, client)
    }

    /// Writes until nothing more is taken for a moment.
    async fn filled(guard: &mut Guard) {
        let piece = vec![b'x'; 64 * 1024];
        while timeout(Duration::from_millis(200), guard.write(&piece)).await.is_ok() {}
    }

    #[tokio::test]
    async fn h10_a_client_that_takes_nothing_is_cut_and_cannot_take_its_half_for_the_whole() {
        let (mut guard, mut client) = pair().await;
        // What the system holds for a client grows for a while.
        let piece = vec![b'x'; 64 * 1024];
        let end = loop {
            if let Err(end) = guard.write(&piece).await {
                break end;
            }
        };
        assert_eq!(end.kind(), io::ErrorKind::TimedOut);
        drop(guard);
        let end = client.read_to_end(&mut Vec::new()).await;
        assert_eq!(end.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    }

    #[tokio::test]
    async fn h10_a_client_that_takes_little_is_not() {
        let (mut guard, mut client) = pair().await;
        filled(&mut guard).await;
        let mut some = vec![0; 256 * 1024];
        for _ in 0..2 {
            client.read_exact(&mut some).await.unwrap();
            assert_eq!(guard.write(b"more").await.unwrap(), 4);
        }
    }
}
