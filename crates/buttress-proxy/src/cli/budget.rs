//! `buttress budget`.

use clap::Args;

use super::Verdict;
use super::address::Asked;
use crate::InquiryError;
use crate::show::budget::Budgets;
use crate::terminal::{Screen, safe_json};

#[derive(Debug, Args)]
#[command(
    after_help = "Exit code: 0 if the objective is met, 1 if more calls failed than it allows, 2 if no proxy answers that has one."
)]
pub(super) struct BudgetArgs {
    /// The proxy's own JSON instead of tables.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    asked: Asked,
}

pub(super) async fn run(BudgetArgs { json, asked }: BudgetArgs) -> Result<Verdict, InquiryError> {
    let page = asked.inquiry().page("/budget").await?;
    let json = json.then(|| safe_json(page.json()));
    let budgets: Budgets = page.read()?;
    let mut screen = Screen::of_stdout();
    match json {
        Some(json) => screen.line(json.trim_end()),
        None => budgets.show(&mut screen),
    }
    .map_err(InquiryError::Output)?;
    Ok(if budgets.are_met() { Verdict::Well } else { Verdict::Unwell })
}
