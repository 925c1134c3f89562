//! Reading what was exported.

use buttress::metrics::Exporter;
use std::collections::{BTreeMap, BTreeSet};

/// A page as a scraper understands it: the kinds of its families and the values of its series.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) kinds: BTreeMap<String, String>,
    pub(crate) series: BTreeMap<String, f64>,
}

impl Page {
    pub(crate) fn scrape(exporter: &Exporter) -> Self {
        Self::read(&exporter.render())
    }

    /// Refuses what Prometheus refuses: a series that comes twice, a family announced twice, a value that is no number.
    pub(crate) fn read(text: &str) -> Self {
        let mut page = Self::default();
        assert!(text.is_empty() || text.ends_with('\n'), "the last line has no end");
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').unwrap();
                assert_eq!(page.kinds.insert(name.to_owned(), kind.to_owned()), None, "{name} twice");
            } else if !line.starts_with('#') {
                let (series, value) = line.rsplit_once(' ').unwrap();
                let value = if value == "+Inf" { f64::INFINITY } else { value.parse().unwrap() };
                assert_eq!(page.series.insert(series.to_owned(), value), None, "{series} twice");
            }
        }
        page
    }

    /// The value of a series, named as it is written without the namespace.
    pub(crate) fn get(&self, series: &str) -> f64 {
        let found = self.find(series);
        found.unwrap_or_else(|| panic!("no {series} in {:#?}", self.series))
    }

    pub(crate) fn find(&self, series: &str) -> Option<f64> {
        self.series.get(&format!("buttress_{series}")).or_else(|| self.series.get(series)).copied()
    }

    /// The series of the family with this full name and their values.
    pub(crate) fn of(&self, family: &str) -> impl Iterator<Item = (&str, f64)> {
        let of = move |series: &str| family_of(series) == family;
        self.series.iter().filter(move |(series, _)| of(series)).map(|(series, value)| (&**series, *value))
    }

    /// The sum over the series of a family that have this label, as `result="failure"`.
    pub(crate) fn sum(&self, family: &str, label: &str) -> f64 {
        self.of(family).filter(|(series, _)| series.contains(label)).map(|(_, value)| value).sum()
    }

    pub(crate) fn names(&self) -> BTreeSet<&str> {
        self.series.keys().map(|series| family_of(series)).collect()
    }
}

/// The family of a series, also of a bucket, sum or count.
fn family_of(series: &str) -> &str {
    let name = series.split('{').next().unwrap();
    let part = ["_bucket", "_sum", "_count"].into_iter().find_map(|part| name.strip_suffix(part));
    part.unwrap_or(name)
}
