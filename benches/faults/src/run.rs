//! One run: the phases, and the threads of clients and origins.

use std::io;
use std::sync::Arc;
use std::thread;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use crate::fault::{Fault, Request};
use crate::load::{self, Ended};
use crate::measure::{Figures, Plan};
use crate::origin::{ORIGINS, Origins, Stage};
use crate::subject::Subject;

/// Runs `subject` before four origins with that fault, and returns what was seen. `told` hears of every request's end.
///
/// # Errors
/// When the program or the origins cannot be started, and when an origin could not go on.
pub fn run(subject: &Subject, fault: Fault, plan: Plan, told: impl FnMut(&Ended)) -> io::Result<Figures> {
    let plan = planned(plan, fault);
    let stage = Arc::new(Stage::default());
    let origins = Origins::bind()?;
    let addresses = origins.addresses()?;
    // Clients and origins do not wait for each other: each has a thread and a runtime.
    let (stop, stopped) = oneshot::channel::<()>();
    let served = {
        let stage = stage.clone();
        let runtime = runtime()?;
        thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    served = origins.serve(fault, stage) => served.map(|never| match never {}),
                    _ = stopped => Ok(()),
                }
            })
        })
    };
    let ended = runtime()?.block_on(async {
        let running = subject.start(&addresses).await?;
        Ok::<_, io::Error>(load::run(plan, fault, running.address, stage.clone(), told).await)
    });
    drop(stop);
    served.join().map_err(|_| io::Error::other("an origin panicked"))??;
    Ok(Figures::of(&plan, ended?, &stage))
}

/// The plan for that fault. Duplicates are rare, so there are twice as many POSTs; origins with a capacity are offered half of it,
/// and while the fault lasts as much as that says.
#[must_use]
pub fn planned(plan: Plan, fault: Fault) -> Plan {
    let plan = match fault.method {
        Request::Get => plan,
        Request::Post => Plan { during: plan.during * 2, ..plan },
    };
    let Some(workers) = fault.workers else { return plan };
    let capacity = workers.capacity() * ORIGINS as f64;
    Plan { rate: (capacity / 2.0) as u32, surge: fault.offered * 2, capacity: Some(capacity), ..plan }
}

fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}
