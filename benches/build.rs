//! Tells the program which compiler made it: instruction counts hold for that one alone.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let rustc = env::var_os("RUSTC").expect("cargo names the compiler");
    let version = Command::new(rustc).arg("--version").output().expect("the compiler tells its version");
    let version = String::from_utf8_lossy(&version.stdout);
    let target = env::var("TARGET").expect("cargo names the target");
    println!("cargo::rustc-env=BUTTRESS_COMPILER={} for {target}", version.trim());
}
