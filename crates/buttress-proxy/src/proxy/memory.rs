//! What the proxy remembers of the requests it had: how many of them were well, as an error budget, and how the others failed.

use std::io;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use buttress::error_budget::persist::{Found, Kept};
use buttress::failure_log::Operation;
use buttress::registry::Registry;
use buttress::{error_budget, failure_log};
use http::Method;

use super::ProxyConfig;
use crate::Failure;

/// What the log and the budget are called in the registry, where nothing else of their kinds is.
const NAME: &str = "proxy";

/// What the proxy itself is called among the components. No origin is, as an authority of one has no user.
const OWN: &str = "@proxy";

/// The methods that are told apart. A client may send any word as a method; all others count as one.
const METHODS: [Method; 7] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS];

/// The most that a log tells apart: those of 511 origins.
const MOST_OPERATIONS: usize = 4_096;

/// How many requests are to be well, and where it is kept how many were.
#[derive(Debug, Clone)]
pub struct Objective {
    /// The objective, its window, and what counts.
    pub config: error_budget::Config,
    /// Where the count outlives the process, if it is to.
    pub state: Option<PathBuf>,
}

/// The failure log and the error budget of one proxy.
#[derive(Debug)]
pub(crate) struct Memory {
    log: failure_log::Handle,
    budget: Option<error_budget::Handle>,
    patience: Duration,
    /// What keeps the budget on the disk, as long as it lives.
    _kept: Option<Kept>,
    warnings: Vec<String>,
    /// The origins by their number, and last the proxy itself.
    components: Vec<Component>,
}

/// The operations of one component, one per method, each from its first call on.
#[derive(Debug)]
struct Component {
    name: String,
    operations: [OnceLock<Operation>; METHODS.len() + 1],
}

impl Memory {
    /// Blocks on the disk, where something is to outlive the process. Adds to what there is to warn of already.
    ///
    /// # Errors
    /// If failures are to be in a folder that cannot be one. What else is wrong with a disk may pass, and is no reason not to
    /// serve: it is among the [warnings](Self::warnings).
    pub(super) fn new(
        config: &ProxyConfig,
        mut warnings: Vec<String>,
        origins: impl Iterator<Item = String>,
    ) -> Result<Self, Failure> {
        let components: Vec<_> = origins.chain([OWN.to_owned()]).map(Component::new).collect();
        let log = log(config, components.len(), &mut warnings)?;
        let (budget, kept) = match &config.objective {
            None => (None, None),
            Some(Objective { config, state: None }) => (Some(error_budget::Handle::new(NAME, *config)), None),
            Some(Objective { config, state: Some(path) }) => {
                let kept = Kept::open(path, NAME, *config);
                warnings.extend(lost(kept.found()));
                // Now, rather than when it is too late.
                if let Err(error) = kept.save() {
                    warnings.push(format!("the error budget cannot be saved in {}: {error}", path.display()));
                }
                (Some(kept.handle().clone()), Some(kept))
            }
        };
        let limit = config.objective.as_ref().and_then(|objective| objective.config.slower_than());
        let patience = limit.unwrap_or(config.attempt_timeout / 2);
        Ok(Self { log, budget, patience, _kept: kept, warnings, components })
    }

    /// What will not outlive the process, or has not outlived the one before, though it was to.
    pub(crate) fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Puts what there is to see into `registry`, which has room for it.
    pub(super) fn register(&self, registry: &Registry) {
        registry.add(self.log.clone()).expect(super::forward::ROOM);
        if let Some(budget) = &self.budget {
            registry.add(budget.clone()).expect(super::forward::ROOM);
        }
    }

    pub(crate) const fn log(&self) -> &failure_log::Handle {
        &self.log
    }

    pub(crate) const fn budget(&self) -> Option<&error_budget::Handle> {
        self.budget.as_ref()
    }

    /// The origins as they are called among the components.
    pub(crate) fn origins(&self) -> impl Iterator<Item = &str> {
        let own = self.components.len() - 1;
        self.components[..own].iter().map(|origin| origin.name.as_str())
    }

    /// How long a client may have waited for an answer to begin when it leaves, without that being anybody's fault: as long as a
    /// good answer may take, or where nobody said so, half of what an origin may. Who waited for that long did not leave
    /// on a whim, and many clients have limits below those of the proxy.
    pub(super) const fn patience(&self) -> Duration {
        self.patience
    }

    /// What is called with this method at the origin of this number.
    pub(super) fn at_origin(&self, origin: usize, method: &Method) -> &Operation {
        self.operation(&self.components[origin], method)
    }

    /// What is called with this method and ended here.
    pub(super) fn at_proxy(&self, method: &Method) -> &Operation {
        let own = self.components.last().expect("the proxy itself is one");
        self.operation(own, method)
    }

    fn operation<'a>(&'a self, component: &'a Component, method: &Method) -> &'a Operation {
        let at = METHODS.iter().position(|known| known == method);
        let name = at.map_or("other", |at| METHODS[at].as_str());
        component.operations[at.unwrap_or(METHODS.len())]
            .get_or_init(|| self.log.operation(name, &component.name))
    }
}

/// The log, in memory where its folder cannot be used at the moment.
fn log(
    config: &ProxyConfig,
    components: usize,
    warnings: &mut Vec<String>,
) -> Result<failure_log::Handle, Failure> {
    let settings = settings(components);
    let in_memory = || failure_log::Handle::new(NAME, settings);
    let Some(folder) = &config.failure_log else { return Ok(in_memory()) };
    match failure_log::Handle::open(NAME, settings, folder) {
        Ok(log) => Ok(log),
        Err(source) if is_no_folder(source.kind()) => {
            Err(Failure::FailureLog { folder: folder.clone(), source })
        }
        Err(error) => {
            warnings.push(format!("failures are in memory alone until the next start: {error}"));
            Ok(in_memory())
        }
    }
}

/// Whether it says that there will be no folder of this name, however long one waits.
const fn is_no_folder(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{AlreadyExists, InvalidFilename, InvalidInput, NotADirectory};
    matches!(kind, AlreadyExists | InvalidFilename | InvalidInput | NotADirectory)
}

/// What the process before has left that cannot be used.
fn lost(found: &Found) -> Option<String> {
    let Found::Unusable { why, put_aside } = found else { return None };
    let anew = format!("the error budget begins anew, as {why}");
    Some(match put_aside {
        Some(path) => format!("{anew}; its file is now {}", path.display()),
        None => anew,
    })
}

/// As by default, with room for the operations of so many components, as far as there can be.
fn settings(components: usize) -> failure_log::Config {
    let default = failure_log::Config::default();
    let operations = (components * (METHODS.len() + 1)).clamp(default.operations(), MOST_OPERATIONS);
    let settings = failure_log::Config::builder().operations(operations).build();
    settings.expect("the number is between the default and the most")
}

impl Component {
    fn new(name: String) -> Self {
        Self { name, operations: [const { OnceLock::new() }; METHODS.len() + 1] }
    }
}
