//! The reverse proxy: strict towards clients, patient with origins only as long as that helps.

mod answer;
mod answer_body;
mod attempt;
mod blame;
mod checks;
mod course;
mod delivery;
mod exchange;
mod forward;
mod headers;
mod limits;
mod memory;
mod metered;
mod order;
mod patience;
mod peers;
mod place;
mod queue;
mod rates;
mod request_body;
mod retries;
mod router;
mod silence;
mod target;
mod told;
mod trail;
mod upstream;
mod upstreams;

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use buttress::bulkhead;
use buttress::circuit_breaker::{self, Handle};
use buttress::health::Monitor;
use buttress::key::TrustedProxies;
use buttress::registry::Registry;
use buttress::retry;
use buttress_reputation::Ledger;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::admin::{Admin, Stopping};
use crate::{Failure, Origin, server};
pub use checks::Checks;
use checks::Looking;
use forward::Forward;
pub use limits::Limits;
pub(crate) use memory::Memory;
pub use memory::Objective;
pub(crate) use peers::NAME as PEERS;
use peers::Peers;
pub(crate) use retries::BUDGET;
use upstreams::Upstreams;

/// What a [`Proxy`] is made of.
#[derive(Debug, Clone)]
pub struct ProxyConfig {
    /// Where clients connect; port 0 takes any free one.
    pub listen: SocketAddr,
    /// Where an operator looks, if anywhere: a loopback address; port 0 takes any free one.
    pub admin: Option<SocketAddr>,
    /// Where requests go: in turns, as far as they are alike.
    pub origins: Vec<Origin>,
    /// Whose word counts on where a request comes from. What others say of it is replaced.
    pub trusted: TrustedProxies,
    /// How often a request is sent again that failed, if that is safe; none with 0.
    pub retries: u32,
    /// How long a request may take until its answer begins, with all its attempts and the waits between them. The
    /// time in which a client sends its body does not count.
    pub timeout: Duration,
    /// How long an origin may take until its answer begins, at most as long as all attempts together.
    pub attempt_timeout: Duration,
    /// How long an origin may pause within the body of its answer while the client would take more. One that
    /// pauses longer has failed, and the client's connection is cut. Event streams may be silent, and so may an
    /// answer that began before its request was complete, as long as the client's upload explains it.
    pub body_timeout: Duration,
    /// How long a client may pause within the body of its request; the proxy takes [half a minute](Self::CLIENT_PAUSE). What
    /// waits for bandwidth has come, and is no pause.
    pub client_pause: Duration,
    /// How much is taken on.
    pub limits: Limits,
    /// Whether and how the origins are looked at beside the requests. One that is not well gets none while another is that takes
    /// them.
    pub checks: Option<Checks>,
    /// The breaker in front of each origin.
    pub breaker: circuit_breaker::Config,
    /// The file in which it outlives the process how the origins did. Without one each process finds out anew.
    pub state: Option<PathBuf>,
    /// How many requests are to be well; nobody counts without it.
    pub objective: Option<Objective>,
    /// The folder in which failures outlive the process. Without one the latest are kept in memory.
    pub failure_log: Option<PathBuf>,
    /// How long requests under way may go on after the proxy was asked to stop.
    pub grace: Duration,
}

impl ProxyConfig {
    /// Longer than a network that works is silent, and short enough for a client that is gone.
    pub const CLIENT_PAUSE: Duration = Duration::from_secs(30);
}

const TWO: NonZeroUsize = NonZeroUsize::new(2).expect("2 is not 0");

/// A reverse proxy that has its ports and serves as soon as it is told to.
#[derive(Debug)]
pub struct Proxy {
    listener: TcpListener,
    local_addr: SocketAddr,
    admin: Option<Admin>,
    upstreams: Arc<Upstreams>,
    forward: Forward,
    registry: Registry,
    memory: Arc<Memory>,
    grace: Duration,
}

/// How a proxy came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Stopped {
    /// Connections that were cut because the grace was over.
    pub aborted: usize,
}

impl Proxy {
    /// Takes the ports.
    ///
    /// # Errors
    /// Without origins, if an attempt may outlast the request, if a limit cannot be kept, if the admin port is not on loopback, and if a port
    /// cannot be had.
    pub async fn bind(config: ProxyConfig) -> Result<Self, Failure> {
        let origins = NonZeroUsize::new(config.origins.len()).ok_or(Failure::NoOrigins)?;
        let ProxyConfig { attempt_timeout: attempt, timeout: request, .. } = config;
        if attempt > request {
            return Err(Failure::AttemptOutlastsRequest { attempt, request });
        }
        // Each origin has a breaker and a bulkhead; beside them stand the ledger, the retries, the limits on time, rate and bandwidth,
        // the checks, the error budget and the failure log.
        let room = origins.saturating_mul(TWO).saturating_add(10).max(Registry::DEFAULT_CAPACITY);
        let registry = Registry::with_capacity(room);
        let state = config.state.clone();
        let peers = aside(move || Peers::open(state.as_deref())).await;
        let upstreams = Arc::new(Upstreams::new(&config, peers, &registry).map_err(Failure::Limits)?);
        let memory = Arc::new(memory(&config, &upstreams).await?);
        let forward =
            Forward::new(&config, Arc::clone(&upstreams), Arc::clone(&memory)).map_err(Failure::Limits)?;
        forward.register(&registry);
        let admin = match config.admin {
            Some(address) => Some(Admin::bind(address, registry.clone(), Arc::clone(&memory)).await?),
            None => None,
        };
        let listen = |source| Failure::Listen { address: config.listen, source };
        let listener = TcpListener::bind(config.listen).await.map_err(listen)?;
        let local_addr = listener.local_addr().map_err(listen)?;
        Ok(Self { listener, local_addr, admin, upstreams, forward, registry, memory, grace: config.grace })
    }

    /// Where clients connect.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Where an operator looks, if anywhere.
    #[must_use]
    pub fn admin_addr(&self) -> Option<SocketAddr> {
        self.admin.as_ref().map(Admin::local_addr)
    }

    /// All that is in it, by kind and name: a breaker and a bulkhead for each origin, named by its authority; named `origins` the
    /// ledger of what is known of them, and the monitor that looks at them, if one does; named `clients` the rate limit for each client; and named `proxy` the failure
    /// log, the deadline of a request, the timeout of an attempt, the bandwidth, and as far as there are any the retry, the rate
    /// limit for all and the error budget. That timeout counts the attempts of requests without a body; what uploads wait for in
    /// vain counts for the breaker alone.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The breakers, one per origin, in the order of the origins and named by their authority.
    #[must_use]
    pub fn breakers(&self) -> Vec<Handle> {
        self.upstreams.breakers()
    }

    /// The bulkheads, one per origin, in the order of the origins and named by their authority.
    #[must_use]
    pub fn bulkheads(&self) -> Vec<bulkhead::Handle> {
        self.upstreams.bulkheads()
    }

    /// What looks at the origins while the proxy serves, by their authority; `None` if nothing does.
    #[must_use]
    pub fn checks(&self) -> Option<&Monitor> {
        self.upstreams.checks()
    }

    /// What is known of the origins, by their authority. Its breakers are off and it bans nobody by itself: the
    /// [breaker](Self::breakers) of each origin decides alone whether it may be asked, and this which of them is.
    #[must_use]
    pub fn peers(&self) -> &Ledger {
        self.upstreams.peers().ledger()
    }

    /// How often requests were sent again; `None` if they never are.
    #[must_use]
    pub fn retries(&self) -> Option<&retry::Handle> {
        self.forward.retries()
    }

    /// What will not outlive the process, or has not outlived the one before, though it was to; in words.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        self.memory.warnings()
    }

    /// Serves until `shutdown`; then takes no more connections, finishes the requests under way for as
    /// long as the grace lasts, and cuts the rest. The admin port stays until then. Dropping the future cuts
    /// everything at once.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) -> Stopped {
        let _looking = Looking::start(self.upstreams.checks());
        let stopping = self.admin.as_ref().map(Admin::stopping);
        let shutdown = async {
            shutdown.await;
            stopping.iter().for_each(Stopping::tell);
        };
        let clients = server::serve(self.listener, self.forward, usize::MAX, self.grace, shutdown);
        let Some(admin) = self.admin else { return Stopped { aborted: clients.await } };
        let (all_is_over, over) = oneshot::channel::<()>();
        let clients = async {
            let aborted = clients.await;
            drop(all_is_over);
            aborted
        };
        let (aborted, ()) = tokio::join!(clients, admin.serve(async { drop(over.await) }));
        Stopped { aborted }
    }
}

/// Reads what there is of before, aside from what the runtime has to do.
async fn memory(config: &ProxyConfig, upstreams: &Upstreams) -> Result<Memory, Failure> {
    let (config, names) = (config.clone(), upstreams.names().collect::<Vec<_>>());
    let warnings = upstreams.peers().warnings().to_vec();
    aside(move || Memory::new(&config, warnings, names.into_iter())).await
}

async fn aside<T: Send + 'static>(reading: impl FnOnce() -> T + Send + 'static) -> T {
    let read = tokio::task::spawn_blocking(reading).await;
    read.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}
