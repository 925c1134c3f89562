//! Programs that a test starts and takes along.

use std::io::{self, ErrorKind};
use std::ops::{Deref, DerefMut};
use std::process::{Child, Command};

/// A program that is running; dropped, it ends, whatever became of the test.
#[derive(Debug)]
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn start(command: &mut Command) -> io::Result<Self> {
        command.spawn().map(Self)
    }

    /// Starts what has to be installed: the first of `names` that there is, prepared by `prepare`.
    pub(crate) fn installed(names: &[&str], package: &str, prepare: impl Fn(&mut Command)) -> Self {
        for name in names {
            let mut command = Command::new(name);
            prepare(&mut command);
            match Self::start(&mut command) {
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                started => return started.unwrap_or_else(|error| panic!("{name} does not start: {error}")),
            }
        }
        panic!("this test needs {}: apt-get install --no-install-recommends {package}", names[0]);
    }

    /// Ends it at once.
    pub(crate) fn end(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Deref for Process {
    type Target = Child;

    fn deref(&self) -> &Child {
        &self.0
    }
}

impl DerefMut for Process {
    fn deref_mut(&mut self) -> &mut Child {
        &mut self.0
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}
