//! Images from a registry, and from a local copy while that is down.
//!
//! `cargo run -p buttress-examples --example registry_pull`

use axum::Router;
use axum::extract::{Path as Segment, State};
use axum::http::StatusCode;
use axum::routing::get;
use buttress::circuit_breaker::{self, CircuitBreakerLayer};
use buttress::fallback::{self, AnyError, FallbackLayer};
use buttress::retry::{self, RetryLayer};
use buttress::{BoxError, DeadlineLayer};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use std::{fmt, fs, io};
use tokio::net::TcpListener;
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

/// How long a pull may take, with all attempts and waits.
const LIMIT: Duration = Duration::from_millis(300_000);

#[derive(Clone, Debug, PartialEq)]
struct Pulled {
    image: String,
    bytes: usize,
    source: Source,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Source {
    Registry,
    LocalCache,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Registry => "registry",
            Self::LocalCache => "local-cache",
        })
    }
}

/// The images that were pulled, as files.
#[derive(Clone)]
struct LocalCopies {
    folder: PathBuf,
    written: Arc<AtomicU64>,
}

impl LocalCopies {
    fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), written: Arc::default() }
    }

    /// Another one for each image, also where a file's name has no case, and none outside of the folder.
    fn path(&self, image: &str) -> PathBuf {
        let mut name = String::new();
        for byte in image.bytes() {
            match byte {
                b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => name.push(byte.into()),
                _ => name.push_str(&format!("%{byte:02x}")),
            }
        }
        self.folder.join(name)
    }

    /// Beside the earlier copy and then in its place, so that nobody reads half of one, and each write in a file of its own, so
    /// that two of the same image do not mix.
    fn keep(&self, image: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.path(image);
        // An image's own name has no dot in it.
        let new = path.with_extension(format!("{}.new", self.written.fetch_add(1, Ordering::Relaxed)));
        fs::write(&new, bytes)?;
        fs::rename(new, path)
    }

    fn read(&self, image: &str) -> Result<Pulled, BoxError> {
        let bytes =
            fs::read(self.path(image)).map_err(|error| format!("no local copy of {image}: {error}"))?;
        Ok(Pulled { image: image.to_owned(), bytes: bytes.len(), source: Source::LocalCache })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let folder = std::env::temp_dir().join(format!("buttress-registry-pull-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let result = match check_the_copies(&folder) {
        Ok(()) => run(&folder).await,
        error => error,
    };
    fs::remove_dir_all(&folder)?;
    result
}

/// Images whose names look alike do not share a copy.
pub(crate) fn check_the_copies(folder: &Path) -> Result<(), BoxError> {
    let copies = LocalCopies::new(folder);
    let images = ["team/app", "team:app", "team_app", "team%2fapp", "Team/app", "team/app.1", "..", "../app"];
    for (at, image) in images.iter().enumerate() {
        copies.keep(image, &vec![0; at])?;
    }
    for (at, image) in images.iter().enumerate() {
        assert_eq!(copies.read(image)?.bytes, at, "{image}");
    }
    assert_eq!(fs::read_dir(folder)?.count(), images.len(), "nothing else is left, nor anywhere else");
    copies.keep("team/app", b"a newer one")?;
    assert_eq!(copies.read("team/app")?.bytes, 11);
    println!("each of {} images has a copy of its own", images.len());
    Ok(())
}

pub(crate) async fn run(folder: &Path) -> Result<(), BoxError> {
    let down = Arc::new(AtomicBool::new(false));
    let registry = serve(Arc::clone(&down)).await?;
    let http = reqwest::Client::builder().no_proxy().build()?;
    let copies = LocalCopies::new(folder);

    let breaker = circuit_breaker::Handle::new("registry", circuit_breaker::presets::registry());
    // The preset waits for seconds. Here, nobody would.
    let patience =
        retry::presets::registry().to_builder().exponential(Duration::from_millis(5), 2.0).build()?;
    let retries = retry::Handle::new("registry", patience);
    let local = fallback::Handle::new("local copies");
    let from_copies = {
        let copies = copies.clone();
        FallbackLayer::function_of_request(move |image: String, _| std::future::ready(copies.read(&image)))
    };
    let mut pull = ServiceBuilder::new()
        // A copy is better than any error: it need not wait for the breaker to open.
        .layer(from_copies.with_handle(local.clone()).source("local-cache").when(AnyError))
        .layer(DeadlineLayer::new(LIMIT))
        .layer(RetryLayer::from_handle(retries.clone()))
        .layer(CircuitBreakerLayer::from_handle(breaker.clone()))
        .service(service_fn(move |image: String| {
            let (http, copies, url) = (http.clone(), copies.clone(), format!("{registry}/v2/{image}"));
            async move {
                let response = http.get(url).send().await?.error_for_status()?;
                let bytes = response.bytes().await?;
                if let Err(error) = copies.keep(&image, &bytes) {
                    println!("no copy of {image} is kept: {error}");
                }
                Ok::<_, BoxError>(Pulled { image, bytes: bytes.len(), source: Source::Registry })
            }
        }));

    let mut pull = async |image: &str| -> Result<Pulled, BoxError> {
        let pulled = pull.ready().await?.call(image.to_owned()).await?;
        println!("{}: {} bytes, source: {}", pulled.image, pulled.bytes, pulled.source);
        Ok(pulled)
    };
    println!("-- the registry is well");
    assert_eq!(pull("base").await?.source, Source::Registry);
    println!("-- the registry is down");
    down.store(true, Ordering::Relaxed);
    for _ in 0..3 {
        assert_eq!(pull("base").await?.source, Source::LocalCache);
    }
    let Err(error) = pull("other").await else { return Err("there is no copy of it".into()) };
    println!("{error}");
    assert!(error.to_string().contains("no local copy of other"), "{error}");
    println!("-- and back");
    down.store(false, Ordering::Relaxed);
    breaker.reset();
    assert_eq!(pull("other").await?.source, Source::Registry);
    println!(
        "{} retries, {} answers from local copies",
        retries.totals().retries(),
        local.totals().answered()
    );
    Ok(())
}

/// A registry that has any image, and can be down.
async fn serve(down: Arc<AtomicBool>) -> Result<String, BoxError> {
    let image = async |State(down): State<Arc<AtomicBool>>, Segment(image): Segment<String>| {
        if down.load(Ordering::Relaxed) {
            Err(StatusCode::SERVICE_UNAVAILABLE)
        } else {
            Ok(image.repeat(1000))
        }
    };
    let app = Router::new().route("/v2/{image}", get(image)).with_state(down);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move {
        axum::serve(listener, app).await.unwrap_or_else(|error| eprintln!("server: {error}"));
    });
    Ok(address)
}
