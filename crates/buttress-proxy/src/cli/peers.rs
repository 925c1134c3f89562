//! `buttress peers`.

use buttress::clock;
use clap::{Args, value_parser};

use super::address::Asked;
use crate::InquiryError;
use crate::show::peers::Peers;
use crate::terminal::{Screen, safe_json};

#[derive(Debug, Args)]
pub(super) struct PeerArgs {
    /// How many of the best, and of those with troubles.
    #[arg(
        short,
        long,
        value_name = "N",
        default_value_t = 10,
        allow_negative_numbers = true,
        value_parser = value_parser!(u32).range(1..=1000)
    )]
    top: u32,
    /// The proxy's own JSON instead of a table.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    asked: Asked,
}

pub(super) async fn run(PeerArgs { top, json, asked }: PeerArgs) -> Result<(), InquiryError> {
    let page = asked.inquiry().page(&format!("/peers?top={top}")).await?;
    let mut screen = Screen::of_stdout();
    if json {
        return screen.line(safe_json(page.json()).trim_end()).map_err(InquiryError::Output);
    }
    let peers: Peers = page.read()?;
    peers.show(&mut screen, clock::system_time(clock::now())).map_err(InquiryError::Output)
}
