//! The programs that can stand between the clients and the origins.

use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{env, fs, process};

use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::report::OURS;

/// How long a program may take until it listens.
const STARTS: Duration = Duration::from_secs(10);

/// A program to measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// `buttress proxy` at this path, with nothing set that has a default.
    Buttress(PathBuf),
    /// nginx, if it is installed. It tries two more origins, as the proxy does by default; the rest is its own.
    Nginx,
}

impl Subject {
    /// What it is called in the results.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Buttress(_) => OURS,
            Self::Nginx => "nginx",
        }
    }

    /// Starts it and waits until it listens.
    ///
    /// # Errors
    /// When it cannot be started or does not listen in time.
    pub async fn start(&self, origins: &[SocketAddr]) -> io::Result<Running> {
        match self {
            Self::Buttress(program) => buttress(program, origins),
            Self::Nginx => nginx(origins).await,
        }
    }
}

/// A program that runs; dropped, it ends.
#[derive(Debug)]
pub struct Running {
    /// Where it takes requests.
    pub address: SocketAddr,
    process: Child,
    folder: Option<PathBuf>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if let Some(folder) = &self.folder {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

fn buttress(program: &Path, origins: &[SocketAddr]) -> io::Result<Running> {
    let mut command = Command::new(program);
    command.args(["proxy", "--listen", "127.0.0.1:0"]);
    for origin in origins {
        command.arg("--to").arg(format!("http://{origin}"));
    }
    let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let mut told = String::new();
    if let Some(stdout) = process.stdout.take() {
        BufReader::new(stdout).read_line(&mut told)?;
    }
    // buttress: listening on http://127.0.0.1:40123, forwarding to …
    let address = told.split("http://").nth(1).and_then(|rest| rest.split(',').next());
    let address = address.and_then(|address| address.parse().ok());
    let mut running = Running { address: SocketAddr::from(([0; 4], 0)), process, folder: None };
    running.address = address.ok_or_else(|| io::Error::other(format!("it does not listen: {told:?}")))?;
    Ok(running)
}

/// Its names; the second is not on everybody's path.
const NGINX: [&str; 2] = ["nginx", "/usr/sbin/nginx"];

async fn nginx(origins: &[SocketAddr]) -> io::Result<Running> {
    // It cannot be asked for any free port, so it gets one that was free a moment ago.
    let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
    let folder = env::temp_dir().join(format!("buttress-faults-{}", process::id()));
    fs::create_dir_all(&folder)?;
    let configured = folder.join("nginx.conf");
    fs::write(&configured, nginx_configuration(&folder, address, origins))?;
    let start = |name: &&str| {
        let mut command = Command::new(name);
        command.arg("-p").arg(&folder).arg("-c").arg(&configured);
        command.stdin(Stdio::null()).stderr(Stdio::null()).spawn()
    };
    let started = NGINX.iter().map(start).find(Result::is_ok);
    let process = started.unwrap_or_else(|| Err(io::Error::other("nginx is not installed")))?;
    let running = Running { address, process, folder: Some(folder) };
    let listening = async {
        while TcpStream::connect(address).await.is_err() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(STARTS, listening).await.map_err(|_| io::Error::other("nginx does not listen"))?;
    Ok(running)
}

fn nginx_configuration(folder: &Path, address: SocketAddr, origins: &[SocketAddr]) -> String {
    let at = folder.display();
    let servers = origins.iter().fold(String::new(), |mut servers, origin| {
        let _ = write!(servers, "server {origin}; ");
        servers
    });
    format!(
        "daemon off; worker_processes 2; pid {at}/pid; error_log {at}/error.log crit;
         events {{ worker_connections 8192; }}
         http {{
           access_log off;
           client_body_temp_path {at}/a; proxy_temp_path {at}/b; fastcgi_temp_path {at}/c;
           uwsgi_temp_path {at}/d; scgi_temp_path {at}/e;
           upstream origins {{ {servers} keepalive 64; }}
           server {{
             listen {address};
             location / {{
               proxy_pass http://origins; proxy_http_version 1.1; proxy_set_header Connection \"\";
               proxy_read_timeout 10s; proxy_connect_timeout 10s;
               proxy_next_upstream error timeout http_502 http_503 http_504 http_429;
               proxy_next_upstream_tries 3;
             }}
           }}
         }}"
    )
}
