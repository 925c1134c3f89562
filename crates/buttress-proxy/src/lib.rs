//! The binary `buttress` as a library: a reverse proxy that runs the layers, its command line, and a demo.
//!
//! [`Proxy`] is the proxy itself, for tests and for programs that bring their own command line.

mod admin;
pub mod cli;
pub mod demo;
mod error;
mod inquiry;
mod origin;
mod proxy;
mod server;
mod show;
mod terminal;

pub use error::Failure;
pub use inquiry::InquiryError;
pub use origin::{InvalidOrigin, Origin};
pub use proxy::{Checks, Limits, Objective, Proxy, ProxyConfig, Stopped};
