//! What many failures have in common.

use super::Category;
use super::evidence::{Evidence, Fault};
use super::unit::place;
use super::wall;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

/// How many of the first words of a message make a pattern.
const WORDS: usize = 5;
/// How many patterns are told.
const MOST: usize = 20;

/// What the failures of a [`Pattern`] have in common. What it names is in the order of the fields.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Common {
    /// The first five words of the message, the component and the operation.
    Message {
        /// The words, with what changes masked.
        words: String,
        /// The component.
        component: Arc<str>,
        /// The operation.
        operation: Arc<str>,
    },
    /// The type of the error and the component.
    TypeInComponent {
        /// The type.
        error_type: Arc<str>,
        /// The component.
        component: Arc<str>,
    },
    /// The type of the error and the operation.
    TypeInOperation {
        /// The type.
        error_type: Arc<str>,
        /// The operation.
        operation: Arc<str>,
    },
    /// The component and the operation.
    Operation {
        /// The component.
        component: Arc<str>,
        /// The operation.
        operation: Arc<str>,
    },
    /// The first five words of the message, wherever they come from.
    Words {
        /// The words, with what changes masked.
        words: String,
    },
}

impl fmt::Display for Common {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = |words: &str| format!("\"{}\"", words.escape_debug());
        match self {
            Self::Message { words: said, component, operation } => {
                write!(f, "{} in {}", words(said), place(component, operation))
            }
            Self::TypeInComponent { error_type, component: part }
            | Self::TypeInOperation { error_type, operation: part } => {
                write!(f, "{} in {}", error_type.escape_debug(), part.escape_debug())
            }
            Self::Operation { component, operation } => {
                write!(f, "any error in {}", place(component, operation))
            }
            Self::Words { words: said } => write!(f, "{} anywhere", words(said)),
        }
    }
}

/// Failures that have something in common.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Pattern {
    /// What that is.
    pub common: Common,
    /// How many have it.
    pub failures: u64,
    /// A third for each of the first failures, 0.95 at most.
    pub confidence: f64,
    /// The category most of them are of.
    pub category: Category,
    /// When the first came.
    #[cfg_attr(feature = "serde", serde(with = "super::wire::time"))]
    pub first: SystemTime,
    /// When the last came.
    #[cfg_attr(feature = "serde", serde(with = "super::wire::time"))]
    pub last: SystemTime,
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { common, failures, confidence, .. } = self;
        write!(f, "{failures} x {common} (confidence {confidence:.2})")
    }
}

/// `min(0.95, n / 3)`.
fn confidence(failures: u64) -> f64 {
    (failures as f64 / 3.0).min(0.95)
}

/// The first words of a message, by which failures are compared.
fn words(template: &str) -> String {
    template.split_whitespace().take(WORDS).collect::<Vec<_>>().join(" ")
}

/// All a fault may have in common with others, what says most first.
fn keys(fault: &Fault) -> Vec<Common> {
    let words = words(&fault.template);
    let Fault { component, operation, error_type, .. } = fault;
    let (component, operation) = (|| Arc::clone(component), || Arc::clone(operation));
    let mut keys = Vec::with_capacity(5);
    if !words.is_empty() {
        keys.push(Common::Message { words: words.clone(), component: component(), operation: operation() });
    }
    if !error_type.is_empty() {
        keys.push(Common::TypeInComponent { error_type: Arc::clone(error_type), component: component() });
        keys.push(Common::TypeInOperation { error_type: Arc::clone(error_type), operation: operation() });
    }
    keys.push(Common::Operation { component: component(), operation: operation() });
    if !words.is_empty() {
        keys.push(Common::Words { words });
    }
    keys
}

/// What the failures of these faults, which are in the order of their number, have in common, at least as surely as asked, the most frequent first. Of patterns that hold the
/// same failures, the one that says most stands for all.
pub(super) fn patterns(evidence: &Evidence, ranked: &[&Fault], min_confidence: f64) -> Vec<Pattern> {
    let mut groups: HashMap<Common, Vec<usize>> = HashMap::new();
    for (index, fault) in ranked.iter().enumerate() {
        for key in keys(fault) {
            groups.entry(key).or_default().push(index);
        }
    }
    // The variants are in the order of what they say.
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort();
    let mut seen = std::collections::HashSet::new();
    groups.retain(|(_, members)| seen.insert(members.clone()));
    let mut patterns: Vec<_> = groups
        .into_iter()
        .map(|(common, members)| {
            let failures = members.iter().map(|&member| ranked[member].failures).sum();
            let points = || members.iter().map(|&member| evidence.points(ranked[member]));
            Pattern {
                common,
                failures,
                confidence: confidence(failures),
                // Faults are in the order of their number, so the first member has the most.
                category: ranked[members[0]].category,
                first: wall::from_millis(
                    points().filter_map(|some| some.first()).map(|at| at.0).min().unwrap_or(0),
                ),
                last: wall::from_millis(
                    points().filter_map(|some| some.last()).map(|at| at.0).max().unwrap_or(0),
                ),
            }
        })
        .filter(|pattern| pattern.confidence >= min_confidence)
        .collect();
    patterns
        .sort_by(|one, other| other.failures.cmp(&one.failures).then_with(|| one.common.cmp(&other.common)));
    patterns.truncate(MOST);
    patterns
}
