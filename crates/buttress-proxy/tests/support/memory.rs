//! What a proxy remembers.

use buttress::failure_log::{self, Filter, Record};
use buttress::{Ratio, error_budget};
use buttress_proxy::Objective;

use super::{Running, soon};

/// Nine requests of ten are to be well.
pub(crate) fn promise(change: impl FnOnce(error_budget::Builder) -> error_budget::Builder) -> Objective {
    let config = change(error_budget::Config::builder().objective(Ratio::new(0.9).unwrap()));
    Objective { config: config.build().unwrap(), state: None }
}

impl Running {
    /// What is in its failure log, oldest first, once there are so many.
    pub(crate) async fn failures(&self, most: usize) -> Vec<Record> {
        let log = self.registry.get::<failure_log::Handle>("proxy").unwrap();
        soon(async {
            loop {
                let records = log.records(&Filter::default());
                if records.len() >= most {
                    return records;
                }
                tokio::task::yield_now().await;
            }
        })
        .await
    }

    /// How many requests counted, and how many of them were bad, once so many did.
    pub(crate) async fn counted(&self, requests: u64) -> (u64, u64) {
        let budget = self.registry.get::<error_budget::Handle>("proxy").unwrap();
        soon(async {
            loop {
                let snapshot = &budget.snapshot().objectives[0].budget;
                if snapshot.total >= requests {
                    return (snapshot.total, snapshot.bad);
                }
                tokio::task::yield_now().await;
            }
        })
        .await
    }
}
