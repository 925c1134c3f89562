//! A shop that remembers what failed: its payments and its printer are not what they should be, and the next morning somebody
//! wants to know what happened, how often, and what to do about it. What is remembered outlives the process.
//!
//! `cargo run -p buttress-examples --example failure_log`

use buttress::failure_log::{Category, Config, Details, FailureLogLayer, Filter, Handle, Options, Severity};
use buttress::{BoxError, circuit_breaker};
use std::fmt;
use std::io;
use std::path::Path;
use tower::{Layer, Service, ServiceExt, service_fn};

/// What can go wrong with an order.
#[derive(Debug)]
enum OrderError {
    Declined { customer: u32 },
    Unreachable(io::Error),
}

impl fmt::Display for OrderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Declined { customer } => write!(f, "the card of customer {customer} was declined"),
            Self::Unreachable(_) => f.write_str("the payments did not answer, token=tk_live_51H8a"),
        }
    }
}

impl std::error::Error for OrderError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Declined { .. } => None,
            Self::Unreachable(cause) => Some(cause),
        }
    }
}

/// Every fifth card is declined, and for a while nobody answers.
fn charge(order: u32) -> Result<u32, OrderError> {
    match order {
        40..60 => Err(OrderError::Unreachable(io::ErrorKind::ConnectionRefused.into())),
        _ if order.is_multiple_of(5) => Err(OrderError::Declined { customer: 4_000 + order }),
        _ => Ok(order),
    }
}

/// A day in the shop: a layer around the payments, and a function that is watched without one.
async fn open_the_shop(log: &Handle) -> Result<(), BoxError> {
    let layer = FailureLogLayer::new(log, "charge", "payments").errors().with("shop", "north").describe(
        |result: Result<&u32, &OrderError>, details: &mut Details| {
            if let Err(OrderError::Declined { customer }) = result {
                details.severity(Severity::Info).category(Category::Validation).key(customer);
            }
        },
    );
    let mut payments = layer.layer(service_fn(async |order: u32| charge(order)));
    let printer = log.operation("print", "printer");
    let receipts = circuit_breaker::Handle::new("receipts", circuit_breaker::Config::default());
    let _following = log.follow(&receipts);
    for order in 1..=100 {
        if payments.ready().await?.call(order).await.is_ok() {
            let _ = printer.track(print(order)).await;
        }
    }
    receipts.force_open();
    Ok(())
}

async fn print(order: u32) -> io::Result<()> {
    if order == 77 {
        Err(io::Error::new(io::ErrorKind::StorageFull, "no paper for order 77"))
    } else {
        Ok(())
    }
}

/// Opens the shop with its log in `folder`, closes it, and looks into the log as another process would.
pub(crate) async fn run(folder: &Path) -> Result<(), BoxError> {
    let log = Handle::open("shop", Config::default(), folder)?;
    open_the_shop(&log).await?;
    let payments = log.operation("charge", "payments").counts();
    println!("{} of {} payments failed", payments.failures, payments.successes + payments.failures);
    assert_eq!((payments.successes, payments.failures), (64, 36));
    println!("\n{}", log.review(&Filter::default(), &Options::default()));

    println!("-- the last failures of the printer");
    let history = log.operation("print", "printer").history();
    history.iter().for_each(|record| println!("{record}"));
    assert_eq!(history.len(), 1);
    drop(log);

    // The next morning.
    let log = Handle::open("shop", Config::default(), folder)?;
    let unreachable = Filter::default().category(Category::Network);
    let records = log.records(&unreachable);
    assert_eq!(records.len(), 20);
    let last = &records[records.len() - 1];
    assert!(!last.message.contains("tk_live"), "what is secret is not written down");
    assert_eq!(&*last.chain[0], "connection refused");
    println!("-- a report of one of them");
    println!("{}", log.report(last.id).ok_or("it is kept")?);

    let file = folder.join("failures.json");
    log.export_json(&unreachable, std::fs::File::create(&file)?)?;
    println!("-- {} bytes of JSON for other programs in {}", std::fs::metadata(&file)?.len(), file.display());
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let folder = std::env::temp_dir().join(format!("buttress-failure-log-{}", std::process::id()));
    let done = run(&folder).await;
    std::fs::remove_dir_all(&folder)?;
    done
}
