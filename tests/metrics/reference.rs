//! The reference is made of the table.

use buttress::metrics::FAMILIES;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

const HEAD: &str = "\
# Metrics

What `buttress::metrics::Exporter` exports. Everything is read from the layers' own state when it is asked for; a call costs
nothing for it, except where durations are recorded. Names stand here with the namespace `buttress`, which can be another
or empty. Labels in brackets are not on every series. This page is made from the table in the code: `BLESS=1 cargo test -p
buttress-tests --test metrics` writes it.

Of a keyed breaker, the keys with the most failures have series of their own, with the label `key`; all others are together
in `key=\"other\"`. What is counted between two scrapes is added to exactly one of them, so their sum is the total. The series
of a key begins at zero when it gets it, and goes when other keys fail more. `circuit_breaker_state` is there for keys with
series of their own only.

A counter begins at zero when its owner is made, and its series goes with its owner. `rejected`, `ignored` and `cancelled`
calls say nothing about the peer: the share of failures is
`failure / (success + failure)`, or over all results for the share of all calls.

";

fn reference() -> String {
    let mut text = HEAD.to_owned();
    for family in FAMILIES {
        let labels: Vec<_> = family.labels.iter().map(|label| format!("`{label}`")).collect();
        let labels = if labels.is_empty() { "none".to_owned() } else { labels.join(", ") };
        let (name, kind) = (family.full_name("buttress"), family.kind.as_str());
        writeln!(text, "## `{name}`\n{}\n", family.meaning).unwrap();
        writeln!(text, "| kind | labels | unit |\n|---|---|---|").unwrap();
        writeln!(text, "| {kind} | {labels} | {} |\n", family.unit).unwrap();
    }
    text.truncate(text.trim_end().len());
    text + "\n"
}

#[test]
fn s2_07_s3_63_the_reference_says_what_is_exported() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/metrics.md");
    if env::var_os("BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, reference()).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap();
    assert_eq!(written, reference(), "docs/metrics.md is not what the table says; BLESS=1 writes it");
}

#[test]
fn s2_07_s3_63_the_reference_refers_to_nothing_that_its_reader_has_not() {
    let is_code = |word: &&str| {
        let rest = word.strip_prefix(|first: char| first.is_ascii_uppercase());
        rest.is_some_and(|rest| rest.starts_with(|next: char| next.is_ascii_digit()))
    };
    let text = reference();
    let codes: Vec<_> = text.split(|char: char| !char.is_alphanumeric()).filter(is_code).collect();
    assert!(codes.is_empty(), "{codes:?}");
}

#[test]
fn no_two_families_have_the_same_name_and_names_say_what_they_are() {
    let mut names = BTreeSet::new();
    for family in FAMILIES {
        assert!(names.insert(family.full_name("ns")), "{} twice", family.name);
        let counter = family.kind.as_str() == "counter";
        assert_eq!(family.name.ends_with("_total"), counter, "{}", family.name);
        assert!(!family.meaning.is_empty() && !family.unit.is_empty());
    }
}
