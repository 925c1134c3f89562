//! A real origin behind the proxy.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use support::{Process, Running, soon, vacant};
use tokio::net::TcpStream;

/// Its names; the second is not on everybody's path.
const NGINX: [&str; 2] = ["nginx", "/usr/sbin/nginx"];

/// nginx in the foreground, in a folder of its own.
struct Nginx {
    process: Process,
    folder: PathBuf,
}

impl Nginx {
    async fn start(address: SocketAddr) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("nginx-{}", std::process::id()));
        fs::create_dir_all(folder.join("html")).unwrap();
        fs::write(folder.join("html/page"), "x".repeat(1024)).unwrap();
        let at = folder.display();
        let configuration = format!(
            "daemon off; master_process off; pid {at}/pid; error_log {at}/error.log;
             events {{ }}
             http {{
               access_log {at}/access.log;
               client_body_temp_path {at}/a; proxy_temp_path {at}/b; fastcgi_temp_path {at}/c;
               uwsgi_temp_path {at}/d; scgi_temp_path {at}/e;
               server {{ listen {address}; root {at}/html; }}
             }}"
        );
        let configured = folder.join("nginx.conf");
        fs::write(&configured, configuration).unwrap();
        let process = Process::installed(&NGINX, "nginx-light", |command| {
            command.arg("-p").arg(&folder).arg("-c").arg(&configured).stderr(Stdio::null());
        });
        soon(async {
            while TcpStream::connect(address).await.is_err() {
                tokio::task::yield_now().await;
            }
        })
        .await;
        Self { process, folder }
    }

    /// Ends it, so that its log is complete, and returns the log.
    fn stop(mut self) -> String {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-QUIT", &id]).status().unwrap().success());
        self.process.wait().unwrap();
        fs::read_to_string(self.folder.join("access.log")).unwrap()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        self.process.end();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[tokio::test]
async fn two_thousand_requests_to_nginx_and_none_is_lost_or_sent_twice() {
    let address = vacant().await;
    let nginx = Nginx::start(address).await;
    let proxy = Running::before(&[address]).await;
    let mut tasks = tokio::task::JoinSet::new();
    for client in 0..4 {
        let mut connection = proxy.connect().await;
        tasks.spawn(async move {
            for request in 0..500 {
                let id = format!("{client}-{request}");
                connection.send(format!("GET /page?id={id} HTTP/1.1\r\nHost: shop\r\n\r\n")).await;
                let answer = connection.answer().await;
                assert_eq!((answer.status, answer.body.len()), (200, 1024), "{id}");
            }
        });
    }
    soon(tasks.join_all()).await;
    let log = nginx.stop();
    let mut ids: Vec<&str> =
        log.lines().map(|line| line.split("?id=").nth(1).unwrap().split(' ').next().unwrap()).collect();
    assert_eq!(ids.len(), 2000);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 2000);
}
