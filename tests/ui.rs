//! What the compiler says to users whose stack does not fit.
//!
//! Each file in `ui/` is a mistake, and its lines that begin with `//~` are sentences that must be in what the compiler says
//! about that file. Not the whole of it, which is another with each version of the compiler.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::process::Command;

/// The compiler's errors, one after the other. With the profile of this test, whose dependencies are built.
fn errors() -> Vec<String> {
    let cargo = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["rustc", "--quiet", "--profile", "test", "--example", "ui", "--color", "never"])
        .args(["--", "--cfg", "buttress_ui"])
        .output()
        .unwrap();
    assert!(!cargo.status.success(), "the mistakes compile");
    let output = String::from_utf8(cargo.stderr).unwrap();
    output.split("\nerror").map(|error| format!("error{error}")).collect()
}

#[test]
fn mistakes_are_told_in_our_own_words_or_in_those_that_the_docs_quote() {
    let errors = errors();
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
        let wanted: Vec<_> = source.lines().filter_map(|line| line.strip_prefix("//~ ")).collect();
        assert!(!wanted.is_empty(), "{name} wants nothing");
        for sentence in wanted {
            assert!(said.contains(sentence), "{name}: not said: {sentence}\n{said}");
        }
        mistakes += 1;
    }
    assert_eq!(mistakes, 8);
}
