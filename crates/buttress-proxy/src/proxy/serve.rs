//! The listener: takes connections, runs them, and stops without losing what is under way.

use std::convert::Infallible;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::Stopped;
use super::client::Client;
use super::forward::forward;
use super::framing::{Guard, MAX_HEAD};
use super::upstream::Upstreams;

/// How long a client may take for a request head, and may leave a connection unused.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// What one connection may buffer in each direction.
const MAX_BUFFER: usize = 64 * 1024;

/// The pause after an accept that failed for want of something, such as file descriptors, and its bound.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);
const MAX_ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Serves `listener` until `shutdown`, and then what is under way for at most `grace`.
pub(super) async fn serve(
    listener: TcpListener,
    upstreams: Arc<Upstreams>,
    grace: Duration,
    shutdown: impl Future<Output = ()>,
) -> Stopped {
    let mut server = Server::new(upstreams);
    let mut failures = Failures::default();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            Some(_) = server.connections.join_next() => {}
            (socket, peer) = accept(&listener, &mut failures) => server.start(socket, peer),
        }
    }
    drop(listener);
    server.stop(grace).await
}

/// The connections of one listener.
#[derive(Debug)]
struct Server {
    http: http1::Builder,
    upstreams: Arc<Upstreams>,
    connections: JoinSet<()>,
    graceful: GracefulShutdown,
}

impl Server {
    fn new(upstreams: Arc<Upstreams>) -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .max_header_size(MAX_HEAD)
            .max_buf_size(MAX_BUFFER);
        Self { http, upstreams, connections: JoinSet::new(), graceful: GracefulShutdown::new() }
    }

    fn start(&mut self, socket: TcpStream, peer: SocketAddr) {
        // Without it answers wait for acknowledgements; a socket that refuses it still works.
        let _ = socket.set_nodelay(true);
        let client = Arc::new(Client::new(peer));
        let guard = Guard::new(socket, Arc::clone(&client));
        let upstreams = Arc::clone(&self.upstreams);
        let service = service_fn(move |request| {
            let (upstreams, client) = (Arc::clone(&upstreams), Arc::clone(&client));
            async move { Ok::<_, Infallible>(forward(&upstreams, client, request).await) }
        });
        let connection = self.graceful.watch(self.http.serve_connection(TokioIo::new(guard), service));
        self.connections.spawn(async move {
            // A connection fails when its client does, and there is nobody else to tell.
            let _ = connection.await;
        });
    }

    async fn stop(self, grace: Duration) -> Stopped {
        let Self { graceful, mut connections, .. } = self;
        let finished = async {
            graceful.shutdown().await;
            while connections.join_next().await.is_some() {}
        };
        let aborted = match tokio::time::timeout(grace, finished).await {
            Ok(()) => 0,
            Err(_) => {
                while connections.try_join_next().is_some() {}
                connections.len()
            }
        };
        connections.shutdown().await;
        Stopped { aborted }
    }
}

/// Accepts that failed in a row.
#[derive(Debug, Default)]
struct Failures {
    pause: Option<Duration>,
}

/// The next connection. Errors of a single connection are skipped; any other is waited out, since a
/// listener that lacks descriptors fails again at once.
async fn accept(listener: &TcpListener, failures: &mut Failures) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => {
                failures.pause = None;
                return accepted;
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                if failures.pause.is_none() {
                    crate::cli::warn(format_args!("cannot accept connections: {error}"));
                }
                let pause = failures.pause.map_or(ACCEPT_PAUSE, |pause| (pause * 2).min(MAX_ACCEPT_PAUSE));
                failures.pause = Some(pause);
                tokio::time::sleep(pause).await;
            }
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionRefused
            | ErrorKind::Interrupted
    )
}
