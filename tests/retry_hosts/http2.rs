//! HTTP/2: requests that the peer says it has not processed are sent again whatever their method is, and no others.

use crate::settings::handle;
use buttress::BoxError;
use buttress::retry::{ByBody, HttpCondition, RetryLayer};
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use support::serve::listen;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tower::{Layer, ServiceExt};

/// How the origin ends a request that it does not answer.
#[derive(Clone, Copy, Debug)]
enum End {
    /// It resets the stream, for this reason.
    Reset(u8),
    /// It goes away, and has seen the streams up to this one.
    GoAway(u8),
}

const REFUSED_STREAM: u8 = 7;
const INTERNAL_ERROR: u8 = 2;

fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let len = u8::try_from(payload.len()).unwrap();
    [&[0, 0, len, kind, flags, 0, 0, 0, stream], payload].concat()
}

/// Ends so many requests so, of all connections together, and answers the others.
async fn origin(end: End, times: usize) -> (SocketAddr, Arc<AtomicUsize>) {
    let (listener, addr) = listen().await;
    let seen = Arc::new(AtomicUsize::new(0));
    let count = seen.clone();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            let count = count.clone();
            tokio::spawn(async move { serve(connection, end, times, &count).await });
        }
    });
    (addr, seen)
}

async fn serve(mut connection: TcpStream, end: End, times: usize, seen: &AtomicUsize) -> io::Result<()> {
    const HEADERS: u8 = 1;
    const RST_STREAM: u8 = 3;
    const SETTINGS: u8 = 4;
    const GOAWAY: u8 = 7;
    const ACK: u8 = 1;
    connection.read_exact(&mut [0; 24]).await?;
    connection.write_all(&frame(SETTINGS, 0, 0, &[])).await?;
    loop {
        let mut head = [0; 9];
        connection.read_exact(&mut head).await?;
        let [a, b, c, kind, flags, .., stream] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        connection.read_exact(&mut payload).await?;
        let answer = match kind {
            SETTINGS if flags & ACK == 0 => frame(SETTINGS, ACK, 0, &[]),
            HEADERS if seen.fetch_add(1, SeqCst) < times => match end {
                End::Reset(reason) => frame(RST_STREAM, 0, stream, &[0, 0, 0, reason]),
                End::GoAway(last) => frame(GOAWAY, 0, 0, &[0, 0, 0, last, 0, 0, 0, 0]),
            },
            // `:status: 200`, and nothing after it.
            HEADERS => frame(HEADERS, 5, stream, &[0x88]),
            _ => continue,
        };
        connection.write_all(&answer).await?;
    }
}

/// An order, by a client that tries it again twice. What came of it, and how often the origin saw it.
async fn order(end: End) -> (Result<StatusCode, BoxError>, usize) {
    let (addr, seen) = origin(end, 2).await;
    let client = Client::builder(TokioExecutor::new()).http2_only(true).build_http();
    let retry = RetryLayer::from_handle(handle(3)).replay(ByBody::new()).when(HttpCondition::default());
    let request = Request::post(format!("http://{addr}/")).body(Full::<Bytes>::from("one apple")).unwrap();
    let response = retry.layer(client).oneshot(request).await;
    (response.map(|response| response.status()), seen.load(SeqCst))
}

#[tokio::test]
async fn e6_a_post_whose_stream_was_refused_is_sent_again() {
    let (status, seen) = order(End::Reset(REFUSED_STREAM)).await;
    assert_eq!((status.unwrap(), seen), (StatusCode::OK, 3));
}

#[tokio::test]
async fn e6_a_post_that_the_peer_had_not_seen_when_it_went_away_is_sent_again() {
    let (status, seen) = order(End::GoAway(0)).await;
    assert_eq!((status.unwrap(), seen), (StatusCode::OK, 3));
}

#[tokio::test]
async fn e6_a_post_whose_stream_broke_off_is_sent_once() {
    let (status, seen) = order(End::Reset(INTERNAL_ERROR)).await;
    assert!(status.is_err());
    assert_eq!(seen, 1);
}
