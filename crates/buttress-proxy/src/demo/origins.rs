//! Four small origins on loopback that misbehave on demand.

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::schedule::{Behaviour, NAMES};

/// What a healthy origin answers: 1 KiB, so that a body cut short would be noticed.
pub(super) static BODY: &[u8] = &[b'.'; 1024];

/// How long a slow origin takes: well within the clients' patience, and a hundred times what it usually takes.
pub(super) const SLOW: Duration = Duration::from_millis(100);

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1024;

/// The running origins; dropping them closes their ports.
#[derive(Debug)]
pub(super) struct Origins {
    addresses: [SocketAddr; NAMES.len()],
    behaviours: [watch::Sender<Behaviour>; NAMES.len()],
    servers: JoinSet<io::Result<Infallible>>,
}

impl Origins {
    /// Starts all of them on free ports, well-behaved.
    ///
    /// # Errors
    ///
    /// When the system gives no port.
    pub(super) fn start() -> io::Result<Self> {
        let mut origins = Self {
            addresses: [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)); NAMES.len()],
            behaviours: std::array::from_fn(|_| watch::Sender::new(Behaviour::Well)),
            servers: JoinSet::new(),
        };
        for (address, behaviour) in origins.addresses.iter_mut().zip(&origins.behaviours) {
            let listener = reserve(*address)?.listen(BACKLOG)?;
            *address = listener.local_addr()?;
            origins.servers.spawn(serve(listener, behaviour.subscribe()));
        }
        Ok(origins)
    }

    pub(super) fn addresses(&self) -> &[SocketAddr; NAMES.len()] {
        &self.addresses
    }

    /// Changes how the origin of that index behaves, from its next request on.
    pub(super) fn set(&self, origin: usize, behaviour: Behaviour) {
        self.behaviours[origin].send_if_modified(|now| std::mem::replace(now, behaviour) != behaviour);
    }

    /// Resolves when an origin could not go on; in a demo that works, never.
    pub(super) async fn lost(&mut self) -> io::Error {
        match self.servers.join_next().await {
            Some(Ok(Err(error))) => error,
            Some(Err(error)) => io::Error::other(error),
            Some(Ok(Ok(never))) => match never {},
            None => pending().await,
        }
    }
}

/// A socket that holds the port without listening on it: connections to it are refused, and no
/// other socket of the machine can be given that port in the meantime.
fn reserve(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

async fn serve(mut listener: TcpListener, mut orders: watch::Receiver<Behaviour>) -> io::Result<Infallible> {
    let address = listener.local_addr()?;
    loop {
        accept_until_told_to_refuse(listener, &mut orders).await?;
        let reserved = reserve(address)?;
        if orders.wait_for(|behaviour| *behaviour != Behaviour::Refuses).await.is_err() {
            return pending().await;
        }
        listener = reserved.listen(BACKLOG)?;
    }
}

/// Takes the listener along, and every connection with it, when the order to refuse comes.
async fn accept_until_told_to_refuse(
    listener: TcpListener,
    orders: &mut watch::Receiver<Behaviour>,
) -> io::Result<()> {
    let behaviour = orders.clone();
    let mut connections = JoinSet::new();
    let mut refuse = std::pin::pin!(orders.wait_for(|behaviour| *behaviour == Behaviour::Refuses));
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted?;
                stream.set_nodelay(true)?;
                connections.spawn(converse(stream, behaviour.clone()));
            }
            Some(_) = connections.join_next() => {}
            _ = &mut refuse => break,
        }
    }
    drop(listener);
    connections.shutdown().await;
    Ok(())
}

async fn converse(stream: TcpStream, behaviour: watch::Receiver<Behaviour>) {
    let answers = service_fn(|_: Request<Incoming>| answer(*behaviour.borrow()));
    // A connection that breaks is the caller's to notice; the origin has nothing to add.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), answers).await;
}

async fn answer(behaviour: Behaviour) -> Result<Response<Full<Bytes>>, Infallible> {
    let (status, body) = match behaviour {
        Behaviour::Well => (StatusCode::OK, BODY),
        Behaviour::Answers503 => (StatusCode::SERVICE_UNAVAILABLE, &b"out of order\n"[..]),
        Behaviour::Slow => {
            sleep(SLOW).await;
            (StatusCode::OK, BODY)
        }
        Behaviour::Refuses => pending().await,
    };
    let mut response = Response::new(Full::new(Bytes::from_static(body)));
    *response.status_mut() = status;
    Ok(response)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::time::timeout;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    async fn head_of_answer(address: SocketAddr) -> io::Result<String> {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(b"GET / HTTP/1.1\r\nHost: origin\r\n\r\n").await?;
        let mut head = [0; 12];
        stream.read_exact(&mut head).await?;
        Ok(String::from_utf8_lossy(&head).into_owned())
    }

    #[tokio::test]
    async fn an_origin_answers_as_it_is_told() {
        let origins = Origins::start().unwrap();
        let address = origins.addresses()[0];
        assert_eq!(head_of_answer(address).await.unwrap(), "HTTP/1.1 200");
        origins.set(0, Behaviour::Answers503);
        assert_eq!(head_of_answer(address).await.unwrap(), "HTTP/1.1 503");
    }

    #[tokio::test]
    async fn a_refusing_origin_cuts_its_connections_and_comes_back_on_the_same_port() {
        let origins = Origins::start().unwrap();
        let address = origins.addresses()[1];
        let mut established = TcpStream::connect(address).await.unwrap();

        origins.set(1, Behaviour::Refuses);
        let cut = timeout(PATIENCE, established.read(&mut [0; 1])).await.expect("the connection is cut");
        assert!(matches!(cut, Ok(0) | Err(_)), "{cut:?}");
        let refused = timeout(PATIENCE, async {
            loop {
                if let Err(error) = TcpStream::connect(address).await {
                    return error.kind();
                }
                tokio::task::yield_now().await;
            }
        });
        assert_eq!(refused.await.expect("nobody listens"), io::ErrorKind::ConnectionRefused);

        origins.set(1, Behaviour::Well);
        let answered = timeout(PATIENCE, async {
            loop {
                if let Ok(head) = head_of_answer(address).await {
                    return head;
                }
                tokio::task::yield_now().await;
            }
        });
        assert_eq!(answered.await.expect("it listens again"), "HTTP/1.1 200");
    }
}
