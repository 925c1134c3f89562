//! The real binary.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{ChildStderr, ChildStdout, Command, ExitStatus, Output, Stdio};

use super::{PATIENCE, Process, aside};

pub(crate) struct Program {
    pub(crate) address: SocketAddr,
    /// The line it printed at its start.
    pub(crate) announced: String,
    process: Process,
    stdout: BufReader<ChildStdout>,
    stderr: Option<BufReader<ChildStderr>>,
}

impl Program {
    fn command(arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_buttress"));
        command.args(arguments);
        command
    }

    /// Runs it to its end, which has to be soon: one that serves instead ends with code 124.
    pub(crate) fn run(arguments: &[&str]) -> Output {
        let mut command = Command::new("timeout");
        command.args([&PATIENCE.as_secs().to_string(), env!("CARGO_BIN_EXE_buttress")]).args(arguments);
        command.env_remove("NO_COLOR");
        command.stdin(Stdio::null()).output().unwrap()
    }

    /// Starts a proxy and waits until it listens.
    pub(crate) fn proxy(origin: SocketAddr, arguments: &[&str]) -> Self {
        let origin = format!("http://{origin}");
        let own = ["proxy", "--listen", "127.0.0.1:0", "--to", &origin];
        Self::started(Self::command(&[&own, arguments].concat()))
    }

    /// The same with an operator's port, and where that is.
    pub(crate) async fn with_admin(origin: SocketAddr, arguments: &[&str]) -> (Self, String) {
        let own = ["--admin", "127.0.0.1:0"].map(str::to_owned).into_iter();
        let arguments: Vec<String> = own.chain(arguments.iter().map(|one| (*one).to_owned())).collect();
        aside(move || {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let mut program = Self::proxy(origin, &arguments);
            let line = program.next_line_of_stdout();
            let admin = line.split("http://").nth(1).expect(&line).trim().to_owned();
            (program, admin)
        })
        .await
    }

    /// Starts a proxy that may hold so many file descriptors.
    pub(crate) fn limited_proxy(origin: SocketAddr, descriptors: u32) -> Self {
        let line = format!(
            "ulimit -n {descriptors} && exec {} proxy --listen 127.0.0.1:0 --to http://{origin}",
            env!("CARGO_BIN_EXE_buttress")
        );
        let mut command = Command::new("sh");
        command.args(["-c", &line]);
        Self::started(command)
    }

    /// Starts what says on its first line where it listens.
    pub(crate) fn started(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = Process::start(&mut command).unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let mut announced = String::new();
        stdout.read_line(&mut announced).unwrap();
        let address = announced.split("http://").nth(1).expect(&announced);
        let address = address.split(',').next().unwrap().parse().expect(&announced);
        let stderr = process.stderr.take().map(BufReader::new);
        Self { address, announced, process, stdout, stderr }
    }

    pub(crate) fn signal(&self, name: &str) {
        let signal = format!("-{name}");
        assert!(
            Command::new("kill").args([&signal, &self.process.id().to_string()]).status().unwrap().success()
        );
    }

    /// Processor time it used, in hundredths of a second.
    pub(crate) fn cpu_ticks(&self) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap();
        let (_, fields) = stat.rsplit_once(") ").unwrap();
        // Fields 14 and 15 of the line, counted from the one behind the name.
        fields.split(' ').skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum()
    }

    pub(crate) fn next_line_of_stdout(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line
    }

    pub(crate) fn next_line_of_stderr(&mut self) -> String {
        let mut line = String::new();
        self.stderr.as_mut().unwrap().read_line(&mut line).unwrap();
        line
    }

    /// Waits for its end; what it wrote to standard error comes with it.
    pub(crate) fn wait(&mut self) -> (ExitStatus, String) {
        let status = self.process.wait().unwrap();
        let mut stderr = String::new();
        self.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        (status, stderr)
    }
}
