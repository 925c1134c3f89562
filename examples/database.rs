//! A database that is busy: what waits for a lock is tried again, and what is wrong is not.
//!
//! `cargo run -p buttress-examples --example database`

use buttress::circuit_breaker::{self, State};
use buttress::retry::{self, Done, GiveUp, RetryLayer};
use buttress::{BoxError, FailureKind, Outcome, Rejected};
use rusqlite::{Connection, ErrorCode, TransactionBehavior};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;
use std::{fs, thread};

/// How long a connection waits for a lock by itself, before it says that it is busy.
const PATIENCE: Duration = Duration::from_millis(10);

fn main() -> Result<(), BoxError> {
    let folder = std::env::temp_dir().join(format!("buttress-database-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let result = run(&folder.join("orders.sqlite"));
    fs::remove_dir_all(&folder)?;
    result
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(PATIENCE)?;
    Ok(connection)
}

/// Whether somebody else has a lock, who will give it back.
fn is_busy<T>(result: Result<&T, &rusqlite::Error>) -> bool {
    let code = result.err().and_then(rusqlite::Error::sqlite_error_code);
    matches!(code, Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// An operation of the database, tried again while it is busy: three attempts, half a second and then a second apart.
fn retry_database_operation<T>(
    operation: impl FnMut(u32) -> rusqlite::Result<T>,
) -> Done<T, rusqlite::Error> {
    RetryLayer::new(retry::presets::python_database()).retry_if(is_busy).run_blocking(operation)
}

pub(crate) fn run(path: &Path) -> Result<(), BoxError> {
    let database = open(path)?;
    database.execute_batch("CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT NOT NULL)")?;
    let insert =
        |id: i64, item: Option<&str>| database.execute("INSERT INTO orders VALUES (?1, ?2)", (id, item));

    println!("-- nobody else writes");
    let done = retry_database_operation(|_| insert(1, Some("walnut")));
    println!("inserted after {} attempt", done.attempts);
    assert_eq!((done.attempts, done.result?), (1, 1));

    println!("-- another writer has the lock, until it is noticed");
    let (noticed, notice) = mpsc::channel();
    let writer = write_until(path, notice)?;
    let done = retry_database_operation(|attempt| {
        let result = insert(2, Some("beech"));
        println!("attempt {attempt}: {result:?}");
        if is_busy(result.as_ref()) {
            // The other one ends now, in the time before the next attempt.
            noticed.send(()).expect("the writer waits");
        }
        result
    });
    assert_eq!((done.attempts, done.result?), (2, 1));
    writer.join().expect("the writer does not panic")?;

    println!("-- what is wrong stays wrong");
    for (id, item) in [(2, Some("oak")), (3, None)] {
        let done = retry_database_operation(|_| insert(id, item));
        let Err(error) = done.result else { return Err("it violates a constraint".into()) };
        println!("{error}: {} attempt, given up as {}", done.attempts, GiveUp::NotRetryable);
        assert_eq!((done.attempts, done.gave_up), (1, Some(GiveUp::NotRetryable)));
    }

    println!("-- a layer of the application that all go through");
    let orders = Orders {
        database: &database,
        breaker: circuit_breaker::Handle::new("orders", circuit_breaker::presets::python_database()),
        // Two attempts without a wait, as nobody lets go of the lock here.
        retry: retry::Handle::new(
            "orders",
            retry::Config::builder().attempts(2).fixed(Duration::ZERO).build()?,
        ),
    };
    assert_eq!(orders.count()?, 2);
    let (release, notice) = mpsc::channel();
    let writer = write_until(path, notice)?;
    let mut errors = Vec::new();
    for id in 4..7 {
        let Err(error) = orders.add(id, "ash") else { return Err("it is locked".into()) };
        println!("{error}");
        errors.push(Rejected::find(&*error).is_some());
    }
    // The third attempt that fails is the first of the second call, and opens it: what follows is refused.
    assert_eq!((errors, orders.breaker.state()), (vec![false, true, true], State::Open));
    release.send(())?;
    writer.join().expect("the writer does not panic")?;
    orders.breaker.reset();
    orders.add(4, "ash")?;
    assert_eq!((orders.count()?, orders.retry.totals().retries()), (3, 2));
    println!("{} orders", orders.count()?);
    Ok(())
}

/// All access to the orders.
struct Orders<'a> {
    database: &'a Connection,
    breaker: circuit_breaker::Handle,
    retry: retry::Handle,
}

impl Orders<'_> {
    fn add(&self, id: i64, item: &str) -> Result<usize, BoxError> {
        self.with(|database| database.execute("INSERT INTO orders VALUES (?1, ?2)", (id, item)))
    }

    fn count(&self) -> Result<i64, BoxError> {
        self.with(|database| database.query_row("SELECT count(*) FROM orders", (), |row| row.get(0)))
    }

    /// Any operation, with the breaker about each of its attempts.
    fn with<T>(&self, operation: impl Fn(&Connection) -> rusqlite::Result<T>) -> Result<T, BoxError> {
        let busy = |result: Result<&T, &BoxError>| {
            let error = result.err().and_then(|error| error.downcast_ref());
            error.is_some_and(|error: &rusqlite::Error| is_busy::<T>(Err(error)))
        };
        let attempt = |_| {
            let permit = self.breaker.acquire()?;
            let result = operation(self.database);
            let outcome = match &result {
                // What the caller did wrong says nothing about the database.
                Err(_) if is_busy(result.as_ref()) => Outcome::Failure(FailureKind::Error),
                Ok(_) | Err(_) => Outcome::Success,
            };
            permit.record(outcome, None);
            Ok(result?)
        };
        RetryLayer::from_handle(self.retry.clone()).retry_if(busy).run_blocking(attempt).result
    }
}

/// Another writer, who has the lock until told, or until nobody is there who could tell.
fn write_until(
    path: &Path,
    notice: mpsc::Receiver<()>,
) -> rusqlite::Result<thread::JoinHandle<rusqlite::Result<()>>> {
    let mut database = open(path)?;
    let (locked, lock) = mpsc::channel();
    let writer = thread::spawn(move || {
        let transaction = database.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Whoever waits for these may be gone; then there is nobody to tell.
        let _ = locked.send(());
        let _ = notice.recv();
        transaction.commit()
    });
    // Ends also when the writer does not come that far.
    let _ = lock.recv();
    Ok(writer)
}
