//! What the proxy takes on at most, as the command line says it.

use std::num::{NonZeroU32, NonZeroU64};

use buttress::rate_limit::Rate;
use clap::Args;

use super::amount::{bytes_per_second, some};
use crate::Limits;

#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub(super) struct LimitArgs {
    /// How many requests an origin gets at a time [default: as many as it bears, which is found out].
    #[arg(long, value_name = "N", value_parser = some)]
    max_concurrent: Option<NonZeroU32>,
    /// How many requests are taken, of all clients together, as 100/s or 5000/m.
    #[arg(long, value_name = "N/TIME")]
    rate: Option<Rate>,
    /// How many of them may come at once [default: the N of --rate].
    #[arg(long, value_name = "N", requires = "rate", value_parser = some)]
    burst: Option<NonZeroU32>,
    /// How many requests are taken of each client address, or of each IPv6 network of 64 bits.
    #[arg(long, value_name = "N/TIME")]
    per_client: Option<Rate>,
    /// How many bytes of bodies pass in each direction in a second, as 500K, 10M or 1Gi.
    #[arg(long, value_name = "BYTES", value_parser = bytes_per_second)]
    bandwidth: Option<NonZeroU64>,
}

impl LimitArgs {
    pub(super) fn limits(&self) -> Limits {
        let Self { max_concurrent, rate, burst, per_client, bandwidth } = *self;
        Limits { max_concurrent, rate, burst, per_client, bandwidth }
    }
}
