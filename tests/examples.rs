//! What the examples show, each with the promises that it keeps.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "its own `main` is for those who run it")]
#[path = "../examples/api_client.rs"]
mod api_client;
#[expect(dead_code, reason = "its own `main` is for those who run it")]
#[path = "../examples/bandwidth.rs"]
mod bandwidth;
#[expect(dead_code, reason = "its own `main` is for those who run it")]
#[path = "../examples/database.rs"]
mod database;
#[expect(dead_code, reason = "its own `main` is for those who run it")]
#[path = "../examples/failure_log.rs"]
mod failure_log;
#[expect(dead_code, reason = "its own `main` is for those who run it")]
#[path = "../examples/files_and_processes.rs"]
mod files_and_processes;
#[expect(dead_code, reason = "its own `main` is for those who run it")]
#[path = "../examples/migration.rs"]
mod migration;
#[expect(dead_code, reason = "its own `main` is for those who run it")]
#[path = "../examples/overload.rs"]
mod overload;
#[expect(dead_code, reason = "its own `main` is for those who run it")]
#[path = "../examples/payment.rs"]
mod payment;
#[expect(dead_code, reason = "its own `main` is for those who run it")]
#[path = "../examples/peer_to_peer.rs"]
mod peer_to_peer;
#[expect(dead_code, reason = "its own `main` is for those who run it")]
#[path = "../examples/registry_pull.rs"]
mod registry_pull;

use std::fs;
use std::path::{Path, PathBuf};

/// A folder that is gone at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("buttress-{name}-in-tests-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

#[tokio::test]
async fn s1_34_s1_35_s1_44_s1_45_s1_52_w23_a_client_of_an_api_that_is_down() {
    api_client::run(&Folder::new("api").path().join("token.json")).await.unwrap();
}

#[test]
fn s1_36_s1_37_s1_38_s1_39_a_cached_token_is_used_while_it_is_valid_and_a_broken_cache_is_none() {
    api_client::check_the_cache(&Folder::new("token").path().join("token.json")).unwrap();
}

#[tokio::test]
async fn s1_41_s1_42_s1_43_s1_53_images_come_from_the_registry_or_from_a_local_copy() {
    registry_pull::run(Folder::new("images").path()).await.unwrap();
}

#[test]
fn s1_43_images_whose_names_look_alike_have_each_their_copy() {
    registry_pull::check_the_copies(Folder::new("copies").path()).unwrap();
}

#[tokio::test]
async fn s4_75_s1_54_a_charge_is_never_made_twice_and_the_status_says_why_there_are_none() {
    payment::run().await.unwrap();
}

#[test]
fn s4_02_s4_21_s4_59_s4_74_a_database_that_is_busy_is_asked_again() {
    database::run(&Folder::new("database").path().join("orders.sqlite")).unwrap();
}

#[test]
fn s4_03_s4_60_a_file_that_is_locked_is_tried_again() {
    files_and_processes::files(Folder::new("files").path()).unwrap();
}

#[tokio::test]
async fn s4_04_s4_61_a_process_that_says_so_is_run_again() {
    files_and_processes::processes(Folder::new("processes").path()).await.unwrap();
}

#[tokio::test]
async fn s2_04_s2_05_a_server_serves_as_many_as_it_can_and_tells_the_others_when_to_come_back() {
    overload::run().await.unwrap();
}

#[tokio::test]
async fn s3_36_s3_37_downloads_share_a_line_and_none_has_more_of_it_than_it_may() {
    bandwidth::run().await.unwrap();
}

#[tokio::test]
async fn s3_55_s3_64_w46_peers_leave_the_liar_alone_and_take_back_who_died() {
    peer_to_peer::run().await.unwrap();
}

#[tokio::test]
async fn s0_04_s0_63_a_shop_remembers_what_failed_also_when_it_was_closed() {
    failure_log::run(Folder::new("failures").path()).await.unwrap();
}

#[tokio::test]
async fn s4_76_a_plain_request_becomes_a_protected_one() {
    let server = migration::Server::start().await.unwrap();
    migration::a_plain_call(&server, &support::serve::client().build().unwrap()).await.unwrap();
}

#[tokio::test]
async fn s4_77_a_loop_of_three_attempts_becomes_a_setting() {
    let server = migration::Server::start().await.unwrap();
    migration::a_loop(&server, &support::serve::client().build().unwrap()).await.unwrap();
}
