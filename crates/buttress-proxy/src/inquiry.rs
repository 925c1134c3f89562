//! Asks a running proxy at its operator's port. Whatever answers there is not trusted: it has so much time and so much room.

use std::net::SocketAddr;
use std::time::Duration;
use std::{error, fmt, io};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::admin::COMMAND;
use crate::terminal::{clean, escaped};

/// How long an answer may take in all. A proxy that is at its limit answers its operator late, and one that hangs never does.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long an answer may be: a thousand names and all their failures fit.
const MOST_BYTES: usize = 16 << 20;

/// How much of an answer that is no JSON is told.
const TOLD: usize = 200;

/// The operator's port of a running proxy.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Inquiry {
    address: SocketAddr,
}

/// A page as it came: JSON, but not otherwise to be trusted.
#[derive(Debug)]
pub(crate) struct Page {
    address: SocketAddr,
    text: String,
    value: Value,
}

/// Why a running proxy could not be asked.
#[derive(Debug)]
#[non_exhaustive]
pub enum InquiryError {
    /// Nobody answers at that address.
    Unreachable {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// There is no answer in time.
    Late {
        /// The address.
        address: SocketAddr,
        /// How long that was.
        patience: Duration,
    },
    /// The connection broke, or what came over it is no HTTP.
    Broken {
        /// The address.
        address: SocketAddr,
        /// In what way.
        source: hyper::Error,
    },
    /// The answer has no end, or hardly one.
    TooLong {
        /// The address.
        address: SocketAddr,
        /// How many bytes it may have.
        most: usize,
    },
    /// What answers is no proxy of this kind, or one of another version.
    Foreign {
        /// The address.
        address: SocketAddr,
        /// What is wrong with the answer.
        why: String,
    },
    /// The proxy does not do what it was asked to.
    Refused {
        /// What it says.
        why: String,
    },
    /// The answer cannot be shown.
    Output(io::Error),
}

impl Inquiry {
    pub(crate) const fn at(address: SocketAddr) -> Self {
        Self { address }
    }

    /// Reads a page.
    ///
    /// # Errors
    /// If there is no such page, or nobody to ask for it.
    pub(crate) async fn page(&self, path_and_query: &str) -> Result<Page, InquiryError> {
        self.ask(Method::GET, path_and_query).await
    }

    /// Has something done.
    ///
    /// # Errors
    /// If the proxy refuses, or there is none.
    pub(crate) async fn command(&self, path_and_query: &str) -> Result<Page, InquiryError> {
        self.ask(Method::POST, path_and_query).await
    }

    async fn ask(&self, method: Method, path_and_query: &str) -> Result<Page, InquiryError> {
        let address = self.address;
        let late = |_| InquiryError::Late { address, patience: PATIENCE };
        let (status, kind, body) =
            timeout(PATIENCE, self.exchange(method, path_and_query)).await.map_err(late)??;
        let text = String::from_utf8(body.into()).map_err(|_| self.foreign("its answer is no text"))?;
        if status != StatusCode::OK {
            return Err(self.refused(status, &kind, &text));
        }
        let value = serde_json::from_str(&text)
            .map_err(|error| self.foreign(format_args!("its answer is no JSON: {}, {error}", told(&text))))?;
        Ok(Page { address, text, value })
    }

    async fn exchange(
        &self,
        method: Method,
        path_and_query: &str,
    ) -> Result<(StatusCode, String, Bytes), InquiryError> {
        let address = self.address;
        let unreachable = |source| InquiryError::Unreachable { address, source };
        let broken = |source| InquiryError::Broken { address, source };
        let socket = TcpStream::connect(address).await.map_err(unreachable)?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await.map_err(broken)?;
        // It ends with the sender.
        tokio::spawn(connection);
        let request = Request::builder()
            .method(method)
            .uri(path_and_query)
            .header(HOST, address.to_string())
            .header(COMMAND, env!("CARGO_PKG_VERSION"))
            .body(Empty::<Bytes>::new())
            .expect("paths are encoded, and addresses are printable");
        let (head, body) = sender.send_request(request).await.map_err(broken)?.into_parts();
        let kind = head.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let body = self.whole(body).await?;
        Ok((head.status, kind.to_owned(), body))
    }

    /// All of a body, as long as it is not too long.
    async fn whole(&self, body: Incoming) -> Result<Bytes, InquiryError> {
        let address = self.address;
        match Limited::new(body, MOST_BYTES).collect().await {
            Ok(body) => Ok(body.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => {
                Err(InquiryError::TooLong { address, most: MOST_BYTES })
            }
            Err(error) => match error.downcast() {
                Ok(source) => Err(InquiryError::Broken { address, source: *source }),
                Err(error) => Err(self.foreign(error)),
            },
        }
    }

    /// What an answer other than 200 says. A proxy explains itself in a line of plain text.
    fn refused(&self, status: StatusCode, kind: &str, text: &str) -> InquiryError {
        if kind.starts_with("text/plain") && !text.trim().is_empty() {
            InquiryError::Refused { why: told(text) }
        } else {
            self.foreign(format_args!("it answers {status}"))
        }
    }

    fn foreign(&self, why: impl fmt::Display) -> InquiryError {
        InquiryError::Foreign { address: self.address, why: why.to_string() }
    }
}

impl Page {
    /// The JSON as it came.
    pub(crate) fn json(&self) -> &str {
        &self.text
    }

    /// What it says, with nothing in it that a terminal would obey.
    ///
    /// # Errors
    /// If it says something else.
    pub(crate) fn read<T: DeserializeOwned>(self) -> Result<T, InquiryError> {
        let Self { address, value, .. } = self;
        serde_json::from_value(clean(value)).map_err(|error| InquiryError::Foreign {
            address,
            why: format!("its answer is not the one that was asked for: {}", told(&error.to_string())),
        })
    }
}

/// The beginning of a text, on one line.
fn told(text: &str) -> String {
    let end = text.char_indices().nth(TOLD).map_or(text.len(), |(at, _)| at);
    let more = if end < text.len() { "…" } else { "" };
    let shown = text[..end].trim();
    escaped(shown.to_owned()) + more
}

impl fmt::Display for InquiryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable { address, source } => write!(
                f,
                "no proxy answers on {address} ({}); start it with --admin or name it with --admin ADDRESS:PORT",
                source.kind()
            ),
            Self::Late { address, patience } => {
                write!(
                    f,
                    "the answer of {address} took longer than {}",
                    humantime::format_duration(*patience)
                )
            }
            Self::Broken { address, source } => {
                write!(f, "{address} does not answer as a proxy does: {source}")
            }
            Self::TooLong { address, most } => {
                write!(f, "the answer of {address} is longer than {} MiB, which is no proxy's", most >> 20)
            }
            Self::Foreign { address, why } => {
                write!(f, "what answers on {address} is no operator's port of this version: {why}")
            }
            Self::Refused { why } => f.write_str(why),
            Self::Output(error) => write!(f, "the answer cannot be written: {error}"),
        }
    }
}

impl error::Error for InquiryError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Unreachable { source, .. } | Self::Output(source) => Some(source),
            Self::Broken { source, .. } => Some(source),
            _ => None,
        }
    }
}
