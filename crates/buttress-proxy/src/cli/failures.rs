//! `buttress failures`.

use buttress::failure_log::Report;
use clap::{Args, value_parser};

use super::address::Asked;
use crate::InquiryError;
use crate::show::failures::{self, Extent};
use crate::terminal::{Screen, safe_json};

#[derive(Debug, Args)]
pub(super) struct FailureArgs {
    /// All that is known about one failure, by its number as --detailed shows it: others like it, and what to do.
    #[arg(conflicts_with_all = ["days", "component", "operation", "category", "severity", "minimal", "detailed"])]
    number: Option<u64>,
    /// How far back to look.
    #[arg(short, long, value_name = "N", default_value_t = 7, value_parser = value_parser!(u32).range(1..=31))]
    days: u32,
    /// Only those of this component: an origin, or the proxy itself.
    #[arg(long, value_name = "NAME")]
    component: Option<String>,
    /// Only those of this operation: a method of HTTP.
    #[arg(long, value_name = "NAME")]
    operation: Option<String>,
    /// Only those of this sort: network, storage, transaction, authentication, validation or unknown.
    #[arg(long, value_name = "NAME")]
    category: Option<String>,
    /// Only those that are at least so bad: info, warning, error or critical.
    #[arg(long, value_name = "NAME")]
    severity: Option<String>,
    /// A few lines.
    #[arg(short, long, conflicts_with_all = ["detailed", "json"])]
    minimal: bool,
    /// Shows also what they have in common, all advice, and the latest ones.
    #[arg(long, conflicts_with = "json")]
    detailed: bool,
    /// The proxy's own JSON instead of tables.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    asked: Asked,
}

pub(super) async fn run(args: FailureArgs) -> Result<(), InquiryError> {
    let page = args.asked.inquiry().page(&args.path()).await?;
    let mut screen = Screen::of_stdout();
    if args.json {
        return screen.line(safe_json(page.json()).trim_end()).map_err(InquiryError::Output);
    }
    if args.number.is_some() {
        let report: Report = page.read()?;
        return screen.line(report.to_string().trim_end()).map_err(InquiryError::Output);
    }
    let extent = match (args.minimal, args.detailed) {
        (true, _) => Extent::Minimal,
        (_, true) => Extent::Detailed,
        _ => Extent::Usual,
    };
    failures::show(&page.read()?, extent, args.days, &mut screen).map_err(InquiryError::Output)
}

impl FailureArgs {
    fn path(&self) -> String {
        if let Some(number) = self.number {
            return format!("/failures/{number}");
        }
        let mut query = form_urlencoded::Serializer::new("/failures?".to_owned());
        query.append_pair("days", &self.days.to_string());
        let filters = [
            ("component", &self.component),
            ("operation", &self.operation),
            ("category", &self.category),
            ("severity", &self.severity),
        ];
        for (name, value) in filters {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        query.finish()
    }
}
