//! Origins, proxy and clients together, from the first request to the last answer.

use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::time::Duration;

use buttress::circuit_breaker::presets;
use buttress::key::TrustedProxies;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::DemoError;
use super::breakers::Breakers;
use super::effort::Meter;
use super::load::{Load, PATIENCE, RATE, arrivals};
use super::origins::Origins;
use super::report::{OriginSummary, Report, RetrySummary, Scene, Share, Summary};
use super::schedule::{NAMES, Schedule};
use super::tally::Tally;
use crate::{Limits, Origin, Proxy, ProxyConfig, Stopped};

/// The proxy's patience with an origin: three times what the slow one needs here, and short enough that a caller hears of
/// it within its own patience.
const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(300);

/// Attempts that may follow a failed one: the proxy's own default.
const RETRIES: u32 = 2;

/// How long the proxy may take to stop once nothing is under way any more.
const GRACE: Duration = Duration::from_secs(1);

/// Everything that takes part, ready to begin.
#[derive(Debug)]
pub(super) struct Stage {
    schedule: Schedule,
    origins: Origins,
    proxy: SocketAddr,
    breakers: Breakers,
    meter: Meter,
    /// Dropping it stops the proxy.
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Stopped>,
}

impl Stage {
    /// Starts the origins and the proxy.
    ///
    /// # Errors
    ///
    /// When one of them gets no port.
    pub(super) async fn set(schedule: Schedule) -> Result<Self, DemoError> {
        let origins = Origins::start().map_err(DemoError::Origin)?;
        let config = ProxyConfig {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            admin: None,
            origins: origins.addresses().map(origin).to_vec(),
            trusted: TrustedProxies::nobody(),
            retries: RETRIES,
            timeout: PATIENCE,
            attempt_timeout: ATTEMPT_TIMEOUT,
            body_timeout: ATTEMPT_TIMEOUT,
            client_pause: ProxyConfig::CLIENT_PAUSE,
            limits: Limits::default(),
            checks: None,
            breaker: presets::proxy(),
            state: None,
            objective: None,
            failure_log: None,
            grace: GRACE,
        };
        let proxy = Proxy::bind(config).await.map_err(|error| DemoError::Proxy(Box::new(error)))?;
        let address = proxy.local_addr();
        let breakers = Breakers::watch(proxy.breakers());
        let retries = proxy.retries().expect("there are some").clone();
        let meter = Meter::new(retries);
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(proxy.serve(async { drop(stopped.await) }));
        Ok(Self { schedule, origins, proxy: address, breakers, meter, stop, serving })
    }

    /// Lets the requests arrive and tells each second once it is complete, and last the summary.
    ///
    /// # Errors
    ///
    /// When an origin cannot go on or the report cannot be written.
    pub(super) async fn play(
        mut self,
        report: &mut dyn Report,
        interrupted: impl Future<Output = ()>,
    ) -> Result<(), DemoError> {
        report.begin(&self.scene()).map_err(DemoError::Output)?;
        let (load, mut answers) = Load::new(self.proxy);
        let mut tally = Tally::default();
        let mut arrivals = arrivals();
        let mut interrupted = pin!(interrupted);
        let mut sent = 0;
        loop {
            tokio::select! {
                () = &mut interrupted => break,
                error = self.origins.lost() => return Err(DemoError::Origin(error)),
                due = arrivals.tick() => {
                    if sent == self.schedule.requests() {
                        break;
                    }
                    let second = 1 + sent / RATE;
                    if sent % RATE == 0 {
                        self.turn(second, &mut tally);
                    }
                    tally.arrived();
                    load.send(second, due);
                    sent += 1;
                }
                Some(answer) = answers.recv() => tally.answered(answer),
            }
            tell(report, &mut tally)?;
        }
        self.end_second(&mut tally);
        drop(load);
        while let Some(answer) = answers.recv().await {
            tally.answered(answer);
        }
        tell(report, &mut tally)?;
        report.end(&self.summary(&tally)).map_err(DemoError::Output)?;
        self.close().await;
        Ok(())
    }

    /// From one second to the next.
    fn turn(&mut self, second: u64, tally: &mut Tally) {
        self.end_second(tally);
        let (stretch, phase) = self.schedule.in_second(second);
        for origin in 0..NAMES.len() {
            self.origins.set(origin, phase.behaviour_of(origin));
        }
        tally.begin(second, (stretch, phase));
    }

    fn end_second(&mut self, tally: &mut Tally) {
        let origins = self.breakers.take();
        let attempts = origins.iter().map(|origin| origin.attempts).sum();
        tally.end(self.meter.take(attempts), origins);
    }

    fn scene(&self) -> Scene {
        let origins = NAMES.into_iter().zip(self.origins.addresses().iter().copied()).collect();
        Scene { proxy: self.proxy, origins, length: self.schedule.length() }
    }

    fn summary(&self, tally: &Tally) -> Summary {
        let Tally { stretches, entered, attempts, retries, ledger, .. } = tally;
        let origins = NAMES.iter().zip(self.origins.addresses()).zip(entered).zip(self.breakers.refused());
        let origins = origins.map(|(((name, &address), entered), refused)| OriginSummary {
            name,
            address,
            opened: entered.open,
            half_opened: entered.half_open,
            closed: entered.closed,
            spared: refused,
        });
        let all = stretches.iter().fold(Share::default(), |sum, stretch| sum.plus(&stretch.share));
        let fullest = ledger.fullest();
        let retries = RetrySummary {
            attempts: *attempts,
            retries: *retries,
            refused: self.meter.refused(),
            fullest,
            budget_held: fullest.held(),
        };
        Summary { all, stretches: stretches.clone(), retries, origins: origins.collect() }
    }

    /// Waits for the proxy to stop, which its grace bounds.
    async fn close(self) {
        drop(self.stop);
        // What is left of a proxy that panicked is nothing to wait for.
        let _ = self.serving.await;
    }
}

fn tell(report: &mut dyn Report, tally: &mut Tally) -> Result<(), DemoError> {
    while let Some(row) = tally.complete() {
        report.row(&row).map_err(DemoError::Output)?;
    }
    Ok(())
}

fn origin(address: SocketAddr) -> Origin {
    format!("http://{address}").parse().expect("a socket address is an origin's address")
}
