//! What the compiler says to users whose stack does not fit.
//!
//! Each file in `ui/` is a mistake, and its lines that begin with `//~` are sentences that must be in what the compiler says
//! about that file. They are ours, and any compiler says them; those that begin with `//~rustc` are the compiler's own, which
//! may be others in its next version.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::process::Command;

/// The compiler whose own sentences are those in the files, and in the docs that quote them.
const COMPILER: &str = "rustc 1.95.";

/// Whether this is that compiler.
fn is_recorded() -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or("rustc".into());
    let version = Command::new(rustc).arg("--version").output().unwrap().stdout;
    version.starts_with(COMPILER.as_bytes())
}

/// The sentences that a file wants.
fn wanted(source: &str, recorded: bool) -> impl Iterator<Item = &str> {
    let markers = if recorded { &["//~ ", "//~rustc "][..] } else { &["//~ "] };
    source.lines().filter_map(move |line| markers.iter().find_map(|marker| line.strip_prefix(marker)))
}

/// The compiler's errors, one after the other. With the profile and in the folder of this test, whose dependencies are there.
fn errors() -> Vec<String> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let cargo = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["rustc", "--quiet", "--offline", "--profile", "test", "--example", "ui", "--color", "never"])
        .arg("--target-dir")
        .arg(target)
        .args(["--", "--cfg", "buttress_ui"])
        .output()
        .unwrap();
    assert!(!cargo.status.success(), "the mistakes compile");
    let output = String::from_utf8(cargo.stderr).unwrap();
    output.split("\nerror").map(|error| format!("error{error}")).collect()
}

#[test]
fn mistakes_are_told_in_our_own_words_or_in_those_that_the_docs_quote() {
    let (errors, recorded) = (errors(), is_recorded());
    let mut mistakes = 0;
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("ui")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if name == "main.rs" {
            continue;
        }
        let said: String =
            errors.iter().filter(|error| error.contains(&format!("--> tests/ui/{name}:"))).cloned().collect();
        let source = fs::read_to_string(&path).unwrap();
        assert!(wanted(&source, true).next().is_some(), "{name} wants nothing");
        assert!(!said.is_empty(), "{name} compiles");
        for sentence in wanted(&source, recorded) {
            assert!(said.contains(sentence), "{name}: not said: {sentence}\n{said}");
        }
        mistakes += 1;
    }
    assert_eq!(mistakes, 9);
}

#[test]
fn the_compiler_s_own_sentences_are_wanted_of_the_recorded_one_alone() {
    let source = "//! A mistake.\n//~ ours\n//~rustc its own\n";
    assert_eq!(wanted(source, true).collect::<Vec<_>>(), ["ours", "its own"]);
    assert_eq!(wanted(source, false).collect::<Vec<_>>(), ["ours"]);
}
