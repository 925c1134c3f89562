//! A port: takes connections, runs them, and stops without losing what is under way. Both the port of the
//! clients and the one of the operator are served like this, and by the same limits.

mod accept;
mod client;
mod framing;
mod untaken;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use buttress::BoxError;
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use accept::{Failures, accept};
pub(crate) use client::{Client, Holds, forwarded_node};
use framing::{Guard, MAX_HEAD};

/// How long a client may take for a request head, and may leave a connection unused.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// For how long a part of an answer lies untaken before it counts: shorter pauses every network makes.
pub(crate) const LIES_FOR: Duration = Duration::from_secs(1);

/// How long a client may take nothing of its answer, as long as it may pause within a body it sends.
const UNTAKEN_FOR: Duration = Duration::from_secs(30);

/// What one connection may buffer in each direction.
const MAX_BUFFER: usize = 64 * 1024;

/// Answers the requests that come in at a port.
pub(crate) trait Answer: Clone + Send + 'static {
    /// The body of an answer; an error in it cuts the connection.
    type Body: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static;

    fn answer(
        &self,
        client: Arc<Client>,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<Self::Body>> + Send;
}

/// Connections that were cut because the grace was over.
pub(crate) type Aborted = usize;

/// Serves `listener` until `shutdown`, at most `most` connections at a time, and then what is under way for
/// at most `grace`.
pub(crate) async fn serve(
    listener: TcpListener,
    answer: impl Answer,
    most: usize,
    grace: Duration,
    shutdown: impl Future<Output = ()>,
) -> Aborted {
    let mut server = Server::new(answer);
    let mut failures = Failures::default();
    let mut shutdown = pin!(shutdown);
    loop {
        let room = server.connections.len() < most;
        tokio::select! {
            () = &mut shutdown => break,
            Some(_) = server.connections.join_next() => {}
            (socket, peer) = accept(&listener, &mut failures), if room => server.start(socket, peer),
        }
    }
    drop(listener);
    server.stop(grace).await
}

/// The connections of one listener.
#[derive(Debug)]
struct Server<A> {
    http: http1::Builder,
    answer: A,
    connections: JoinSet<()>,
    graceful: GracefulShutdown,
}

impl<A: Answer> Server<A> {
    fn new(answer: A) -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .max_header_size(MAX_HEAD)
            .max_buf_size(MAX_BUFFER);
        Self { http, answer, connections: JoinSet::new(), graceful: GracefulShutdown::new() }
    }

    fn start(&mut self, socket: TcpStream, peer: SocketAddr) {
        // Without it answers wait for acknowledgements; a socket that refuses it still works.
        let _ = socket.set_nodelay(true);
        let client = Arc::new(Client::new(peer));
        let guard = Guard::new(socket, Arc::clone(&client));
        let answer = self.answer.clone();
        let service = service_fn(move |request| {
            let (answer, client) = (answer.clone(), Arc::clone(&client));
            async move { Ok::<_, Infallible>(answer.answer(client, request).await) }
        });
        let connection = self.graceful.watch(self.http.serve_connection(TokioIo::new(guard), service));
        self.connections.spawn(async move {
            // A connection fails when its client does, and there is nobody else to tell.
            let _ = connection.await;
        });
    }

    async fn stop(self, grace: Duration) -> Aborted {
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
        aborted
    }
}
