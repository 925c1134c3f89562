//! A real Prometheus that scrapes a proxy.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use super::{Client, Process, vacant};

/// How long something may take to be seen: many scrapes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Prometheus in the foreground, with its data in a folder of its own; dropped, it ends.
pub(crate) struct Prometheus {
    process: Process,
    folder: PathBuf,
    address: SocketAddr,
}

impl Prometheus {
    /// Starts one that scrapes `target` every second.
    pub(crate) async fn scraping(target: SocketAddr) -> Self {
        let folder =
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("prometheus-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let configuration = format!(
            "global: {{ scrape_interval: 1s, scrape_timeout: 1s }}\n\
             scrape_configs: [{{ job_name: proxy, static_configs: [{{ targets: ['{target}'] }}] }}]\n"
        );
        let configured = folder.join("prometheus.yml");
        fs::write(&configured, configuration).unwrap();
        let address = vacant().await;
        let process = Process::installed(&["prometheus"], "prometheus", |command| {
            command
                .arg(format!("--config.file={}", configured.display()))
                .arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
                .arg(format!("--web.listen-address={address}"))
                .arg("--log.level=error")
                .stdout(Stdio::null());
        });
        Self { process, folder, address }
    }

    /// Waits until it has the value `value` of a series that `selector` selects.
    pub(crate) async fn until_seen(&self, selector: &str, value: f64) {
        self.until(selector, |series| series.iter().any(|values| values.contains(&value))).await;
    }

    /// Waits until it has seen two different values of one series that `selector` selects.
    pub(crate) async fn until_moved(&self, selector: &str) {
        self.until(selector, |series| {
            series.iter().any(|values| values.iter().any(|value| *value != values[0]))
        })
        .await;
    }

    async fn until(&self, selector: &str, enough: impl Fn(&[Vec<f64>]) -> bool) {
        let mut seen = Vec::new();
        let waiting = async {
            loop {
                if let Some(series) = self.ask(selector).await {
                    if enough(&series) {
                        return;
                    }
                    seen = series;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let ended = tokio::time::timeout(PATIENCE, waiting).await;
        assert!(ended.is_ok(), "{selector}: all that was seen is {seen:?}");
    }

    /// The values of each series that `selector` selects, by its own HTTP API; `None` while it starts.
    async fn ask(&self, selector: &str) -> Option<Vec<Vec<f64>>> {
        let mut query = String::new();
        for byte in format!("{selector}[10m]").bytes() {
            query += &format!("%{byte:02X}");
        }
        let mut client = Client::try_connect(self.address).await?;
        client
            .send(format!("GET /api/v1/query?query={query} HTTP/1.1\r\nHost: {}\r\n\r\n", self.address))
            .await;
        let answer = client.answer().await;
        if answer.status == 503 {
            return None;
        }
        assert_eq!(answer.status, 200, "{selector}: {}", answer.text());
        let answer: Value = serde_json::from_slice(&answer.body).unwrap();
        let series = answer["data"]["result"].as_array().unwrap();
        Some(series.iter().map(values).collect())
    }
}

fn values(series: &Value) -> Vec<f64> {
    let samples = series["values"].as_array().unwrap();
    samples.iter().map(|sample| sample[1].as_str().unwrap().parse().unwrap()).collect()
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        self.process.end();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
