//! A client of an API that may be down: its answers degrade, its token comes from a cache as long as that is valid, and the
//! end of that is an error which says so.
//!
//! `cargo run -p buttress-examples --example api_client`

use axum::Router;
use axum::extract::{Path as Segment, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use buttress::circuit_breaker::{self, CircuitBreakerLayer};
use buttress::fallback::{self, FallbackLayer, OpenOrOpening};
use buttress::registry::Registry;
use buttress::retry::{self, RetryLayer};
use buttress::{BoxError, Classify, Event, Outcome, TimeoutLayer, classify, clock};
use serde_json::{Value, json};
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

/// What the token is, to look for where it must not be.
const SECRET: &str = "ghs_16C7e42F292c6912E7710c838347Ae178B4a";

/// Whether a repository can be used.
#[derive(Clone, Debug, PartialEq)]
struct Access {
    accessible: bool,
    reason: Option<String>,
    degraded: bool,
}

/// A secret: it has no `Display`, and its `Debug` does not tell it.
#[derive(Clone, PartialEq)]
struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// The last token, in a file that its owner alone can read.
#[derive(Clone, Debug)]
struct TokenCache(PathBuf);

impl TokenCache {
    fn keep(&self, token: &Token, expires_at: SystemTime) -> io::Result<()> {
        let seconds = expires_at.duration_since(UNIX_EPOCH).map_err(io::Error::other)?.as_secs();
        let text = json!({ "token": token.0, "expires_at": seconds }).to_string();
        // Beside it and then in its place, so that nobody reads half of it.
        let new = self.0.with_extension("new");
        if let Err(error) = fs::remove_file(&new)
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(error);
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        file.write_all(text.as_bytes())?;
        fs::rename(new, &self.0)
    }

    /// The token that is valid at `now`. A file that cannot be read is as good as none.
    fn valid_at(&self, now: SystemTime) -> Result<Token, &'static str> {
        let read = || -> Option<(Token, SystemTime)> {
            let kept: Value = serde_json::from_slice(&fs::read(&self.0).ok()?).ok()?;
            let expires_at = UNIX_EPOCH.checked_add(Duration::from_secs(kept["expires_at"].as_u64()?))?;
            Some((Token(kept["token"].as_str()?.to_owned()), expires_at))
        };
        match read() {
            Some((token, expires_at)) if now < expires_at => Ok(token),
            Some(_) => Err("the cached token has expired"),
            None => Err("no token is cached"),
        }
    }
}

/// The client. What it knows about the API is shared by all that it does.
struct ApiClient {
    http: reqwest::Client,
    base: String,
    breaker: circuit_breaker::Handle,
    retry: retry::Handle,
    info: fallback::Handle,
    tokens: fallback::Handle,
    cache: TokenCache,
}

impl ApiClient {
    fn new(base: String, cache: PathBuf, registry: &Registry) -> Result<Self, BoxError> {
        // The preset waits for seconds. Here, nobody would.
        let patience = retry::presets::api_client().to_builder().exponential(Duration::from_millis(5), 2.0);
        let client = Self {
            // Its server is here: a proxy that the environment may name would not find it.
            http: reqwest::Client::builder().no_proxy().build()?,
            base,
            breaker: registry.circuit_breaker("api", circuit_breaker::presets::api_client())?,
            retry: retry::Handle::new("api", patience.build()?),
            info: fallback::Handle::new("repository access"),
            tokens: fallback::Handle::new("cached token"),
            cache: TokenCache(cache),
        };
        registry.add(client.retry.clone())?;
        registry.add(client.info.clone())?;
        registry.add(client.tokens.clone())?;
        Ok(client)
    }

    /// Whether `mode` is possible on a repository; while the API is down, a guess that says that it is one.
    async fn test_repository_access(&self, repository: &str, mode: &str) -> Result<Access, BoxError> {
        let info = FallbackLayer::function(|cause| {
            let reason = Some(cause.to_string());
            async { Ok::<_, BoxError>(Access { accessible: false, reason, degraded: true }) }
        });
        let url = format!("{}/repos/{repository}?mode={mode}", self.base);
        self.protected(info, &self.info, Some(self.retry.clone()), async || {
            let body: Value = self.json(self.http.get(&url)).await?;
            let accessible = body["accessible"].as_bool().ok_or("the answer has no `accessible`")?;
            Ok(Access { accessible, reason: None, degraded: false })
        })
        .await
    }

    /// A token of the application; while the API is down, the last one as long as it is valid.
    ///
    /// Each request may make a token, also one whose answer is lost: it is sent once.
    async fn generate_app_token(&self) -> Result<Token, BoxError> {
        let cached = FallbackLayer::function(|_| {
            std::future::ready(self.cache.valid_at(clock::system_time(clock::now())))
        });
        self.protected(cached, &self.tokens, None, async || {
            let body: Value = self.json(self.http.post(format!("{}/app/token", self.base))).await?;
            let token = Token(body["token"].as_str().ok_or("the answer has no `token`")?.to_owned());
            let lasts =
                Duration::from_secs(body["expires_in"].as_u64().ok_or("the answer has no `expires_in`")?);
            if let Err(error) = self.cache.keep(&token, clock::system_time(clock::now()) + lasts) {
                // It is as good for that. The next outage will have none.
                println!("the token is not cached: {error}");
            }
            Ok(token)
        })
        .await
    }

    /// A call of the API with all that protects it.
    async fn protected<T, F>(
        &self,
        fallback: FallbackLayer<F>,
        handle: &fallback::Handle,
        retry: Option<retry::Handle>,
        call: impl AsyncFn() -> Result<T, BoxError>,
    ) -> Result<T, BoxError>
    where
        F: fallback::KeepOf<(), Attempt = ()> + fallback::Answers<(), T, BoxError, Response = T> + Clone,
    {
        ServiceBuilder::new()
            .layer(fallback.with_handle(handle.clone()).when(OpenOrOpening(self.breaker.clone())))
            .layer(RetryLayer::from_handle(retry).classify(judge::<T>))
            .layer(CircuitBreakerLayer::from_handle(self.breaker.clone()).classify(judge::<T>))
            .layer(TimeoutLayer::new(Duration::from_secs(2)))
            .service(service_fn(|()| call()))
            .ready()
            .await?
            .call(())
            .await
    }

    async fn json(&self, request: reqwest::RequestBuilder) -> Result<Value, BoxError> {
        let response = request.send().await?.error_for_status()?;
        Ok(serde_json::from_slice(&response.bytes().await?)?)
    }

    /// For those who look whether all is well when the application starts.
    fn network_status(&self) -> Value {
        let snapshot = self.breaker.snapshot();
        json!({
            "state": snapshot.state.as_str(),
            "failure_count": snapshot.totals.failures,
            "healthy": snapshot.state != circuit_breaker::State::Open,
        })
    }
}

/// What a result says about the API: that it does not know something, or wants something else, is an answer of one that is well.
fn judge<T>(result: Result<&T, &BoxError>) -> Outcome {
    let of_http = result.err().and_then(|error| error.downcast_ref::<reqwest::Error>()?.status());
    match of_http {
        Some(StatusCode::TOO_MANY_REQUESTS) => Outcome::Throttled,
        Some(status) if status.is_client_error() => Outcome::Success,
        _ => classify::Errors.classify(result),
    }
}

/// An API that can be down.
#[derive(Clone, Default)]
struct Api {
    down: Arc<AtomicBool>,
    requests: Arc<AtomicUsize>,
    token_lasts: Arc<AtomicUsize>,
}

impl Api {
    fn up(&self) -> Result<(), StatusCode> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        if self.down.load(Ordering::Relaxed) { Err(StatusCode::BAD_GATEWAY) } else { Ok(()) }
    }

    async fn serve(self) -> Result<String, BoxError> {
        let repository = async |State(api): State<Self>, Segment(name): Segment<String>| {
            api.up()?;
            if name == "unknown" {
                return Err(StatusCode::NOT_FOUND);
            }
            Ok(json!({ "name": name, "accessible": true }).to_string())
        };
        let token = async |State(api): State<Self>| {
            let lasts = api.token_lasts.load(Ordering::Relaxed);
            api.up().map(|()| json!({ "token": SECRET, "expires_in": lasts }).to_string())
        };
        let app = Router::new().route("/repos/{name}", get(repository)).route("/app/token", post(token));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let base = format!("http://{}", listener.local_addr()?);
        tokio::spawn(async move {
            axum::serve(listener, app.with_state(self))
                .await
                .unwrap_or_else(|error| eprintln!("server: {error}"));
        });
        Ok(base)
    }
}

/// What the cache is worth at any time.
pub(crate) fn check_the_cache(path: &Path) -> Result<(), BoxError> {
    let (cache, token) = (TokenCache(path.to_owned()), Token(SECRET.to_owned()));
    let expires_at = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let second = Duration::from_secs(1);
    assert_eq!(cache.valid_at(expires_at), Err("no token is cached"));
    cache.keep(&token, expires_at)?;
    assert_eq!(cache.valid_at(expires_at - second).as_ref(), Ok(&token));
    for late in [expires_at, expires_at + second] {
        assert_eq!(cache.valid_at(late), Err("the cached token has expired"));
    }
    let read = || fs::read_to_string(path);
    let written = read()?;
    for unreadable in
        ["", "{", "null", r#"{"token":"x"}"#, r#"{"token":7,"expires_at":9}"#, &written[..written.len() - 1]]
    {
        fs::write(path, unreadable)?;
        assert_eq!(cache.valid_at(UNIX_EPOCH), Err("no token is cached"), "{unreadable}");
    }
    // A mode that somebody else gave to it is not kept.
    fs::set_permissions(path, fs::Permissions::from_mode(0o644))?;
    cache.keep(&token, expires_at)?;
    assert_eq!(fs::metadata(path)?.permissions().mode() & 0o777, 0o600);
    println!("the cache is used until the token ends, and not if it cannot be read");
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let folder = std::env::temp_dir().join(format!("buttress-api-client-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let cache = folder.join("token.json");
    let result = match check_the_cache(&cache) {
        Ok(()) => run(&cache).await,
        error => error,
    };
    fs::remove_dir_all(&folder)?;
    result
}

pub(crate) async fn run(cache: &Path) -> Result<(), BoxError> {
    let registry = Registry::new();
    let api = Api::default();
    api.token_lasts.store(3600, Ordering::Relaxed);
    let client = ApiClient::new(api.clone().serve().await?, cache.to_owned(), &registry)?;
    let heard = Arc::new(Mutex::new(Vec::new()));
    for handle in [&client.info, &client.tokens] {
        let heard = Arc::clone(&heard);
        handle.on_event(move |event: &Event| heard.lock().expect("nobody panics").push(event.to_string()));
    }

    println!("-- all is well: {}", client.network_status());
    let access = client.test_repository_access("walgit", "read").await?;
    let token = client.generate_app_token().await?;
    println!(
        "{access:?}, {token:?}, cached with mode {:o}",
        fs::metadata(cache)?.permissions().mode() & 0o777
    );
    assert!(access.accessible && !access.degraded);
    assert_eq!(fs::metadata(cache)?.permissions().mode() & 0o777, 0o600);

    let asked = api.requests.load(Ordering::Relaxed);
    let error = client.test_repository_access("unknown", "read").await.expect_err("nobody knows it");
    println!("{error}");
    assert_eq!(api.requests.load(Ordering::Relaxed) - asked, 1, "it is not there the next time either");
    assert_eq!(client.breaker.snapshot().totals.failures, 0, "the API is well");

    println!("-- the API is down");
    api.down.store(true, Ordering::Relaxed);
    let asked = api.requests.load(Ordering::Relaxed);
    let error = client.generate_app_token().await.expect_err("its breaker is closed yet");
    println!("{error}");
    assert_eq!(api.requests.load(Ordering::Relaxed) - asked, 1, "who knows whether that made a token");
    let error = client.test_repository_access("walgit", "read").await.expect_err("its breaker is closed yet");
    println!("three attempts, and its own error: {error}");
    let access = client.test_repository_access("walgit", "read").await?;
    println!("the breaker opened: {access:?}");
    assert!(!access.accessible && access.degraded && access.reason.is_some());
    let requests = api.requests.load(Ordering::Relaxed);
    let access = client.test_repository_access("walgit", "read").await?;
    println!("it is open: {access:?}");
    assert_eq!(client.generate_app_token().await?, token, "the cached one, which is valid");
    assert_eq!(api.requests.load(Ordering::Relaxed), requests, "nobody asks what is down");
    println!("the token is the cached one; {}", client.network_status());

    println!("-- the cached token ends");
    let ended = clock::system_time(clock::now()) - Duration::from_secs(1);
    TokenCache(cache.to_owned()).keep(&token, ended)?;
    let error = client.generate_app_token().await.expect_err("there is none that is valid");
    println!("{error}");
    assert!(error.to_string().ends_with("the cached token has expired"), "{error}");
    fs::write(cache, "{ half a tok")?;
    let error = client.generate_app_token().await.expect_err("there is none that is valid");
    println!("{error}");
    assert!(error.to_string().ends_with("no token is cached"), "{error}");

    println!("-- the API is back, and the cache cannot be written");
    api.down.store(false, Ordering::Relaxed);
    client.breaker.reset();
    let nowhere = ApiClient { cache: TokenCache(cache.join("nowhere")), ..client };
    assert_eq!(nowhere.generate_app_token().await?, token);
    let client = nowhere;

    let status = serde_json::to_string(&registry.status())?;
    let heard = heard.lock().expect("nobody panics").join("\n");
    println!("-- what was seen\n{heard}");
    for told in
        [status, heard, format!("{token:?} {:?} {:?}", client.breaker, client.tokens), error.to_string()]
    {
        assert!(!told.contains(SECRET), "the token is in {told}");
    }
    Ok(())
}
