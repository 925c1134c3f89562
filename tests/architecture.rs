//! What the tree promises to those who read it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates")
}

fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let found = sources_or_none(folder);
    assert!(!found.is_empty(), "nothing in {}", folder.display());
    found
}

fn sources_or_none(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources_or_none(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((path.clone(), fs::read_to_string(&path).unwrap()));
        }
    }
    found
}

/// The code of a file, without its comments.
fn code(source: &str) -> impl Iterator<Item = &str> {
    source.lines().filter(|line| !line.trim_start().starts_with("//"))
}

#[test]
fn the_core_knows_no_runtime_no_layers_and_no_dice() {
    for (path, source) in sources(&crates().join("buttress-core/src")) {
        for word in ["tokio", "tower", "async ", ".await", "rand::", "http::"] {
            assert!(!code(&source).any(|line| line.contains(word)), "`{word}` in {}", path.display());
        }
    }
}

#[test]
fn f2_time_is_read_in_clock_rs_alone() {
    for name in ["buttress-core", "buttress"] {
        for (path, source) in sources(&crates().join(name).join("src")) {
            let reads = ["Instant::now", "SystemTime::now", ".elapsed()", "clock_gettime"];
            let found = code(&source).any(|line| reads.iter().any(|read| line.contains(read)));
            assert!(!found || path.ends_with("clock.rs"), "{} reads a clock", path.display());
        }
    }
}

#[test]
fn every_layer_has_its_rooms_and_its_page() {
    let headings = [
        "# How it decides",
        "# Where it stands in a stack",
        "# Example",
        "# Readiness",
        "# Cancellation",
        "# Errors",
        "# Events",
        "# Beside tower",
    ];
    let layers = [
        "bandwidth",
        "bulkhead",
        "circuit_breaker",
        "deadline",
        "error_budget",
        "failure_log",
        "fallback",
        "operation",
        "rate_limit",
        "retry",
        "timeout",
    ];
    for layer in layers {
        let folder = crates().join("buttress/src").join(layer);
        for room in ["mod.rs", "layer.rs", "service.rs", "future.rs"] {
            assert!(folder.join(room).is_file(), "{layer} has no {room}");
        }
        let page = fs::read_to_string(folder.join("mod.rs")).unwrap();
        let places: Vec<_> = headings.iter().map(|heading| page.find(heading)).collect();
        assert!(places.iter().all(Option::is_some), "{layer}: {places:?}");
        assert!(places.is_sorted(), "{layer}: headings out of order: {places:?}");
    }
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    for entry in fs::read_dir(crates()).unwrap() {
        let manifest = fs::read_to_string(entry.unwrap().path().join("Cargo.toml")).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{manifest}");
    }
}

/// The ids in the name of a test: `s2_25_a_timeout_counts_and_s2_26_drops` has S2-25 and S2-26.
fn ids(name: &str) -> Vec<String> {
    let numbered = |word: &str, letters: &str| {
        let (first, rest) = word.split_at(word.len().min(1));
        letters.contains(first) && !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit())
    };
    let words: Vec<_> = name.split('_').collect();
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        match words.get(at + 1) {
            Some(next) if numbered(word, "s") && next.bytes().all(|byte| byte.is_ascii_digit()) => {
                found.push(format!("{}-{next}", word.to_uppercase()));
            }
            _ if numbered(word, "abcdefghw") => found.push(word.to_uppercase()),
            _ => {}
        }
    }
    found
}

#[test]
fn every_listed_proof_has_a_test_of_that_name() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut proved = std::collections::HashSet::new();
    for folder in ["crates", "tests", "benches"] {
        for (_, source) in sources(&root.join(folder)) {
            let names = code(&source).filter_map(|line| line.split_once("fn ")?.1.split_once(['(', '<']));
            proved.extend(names.flat_map(|(name, _)| ids(name)));
        }
    }
    let list = fs::read_to_string(root.join("tests/PROOFS.md")).unwrap();
    let listed = list.lines().skip_while(|line| !line.starts_with("## "));
    let listed: Vec<_> =
        listed.filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace).collect();
    assert!(listed.len() > 90, "the list is not read: {listed:?}");
    let missing: Vec<_> = listed.iter().filter(|id| !proved.contains(**id)).collect();
    assert!(missing.is_empty(), "no test proves {missing:?}");
}
