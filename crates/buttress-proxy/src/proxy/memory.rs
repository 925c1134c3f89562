//! What the proxy remembers of the requests it had: how many of them were well, as an error budget, and how the others failed.

use std::path::PathBuf;
use std::sync::OnceLock;

use buttress::error_budget::persist::{Found, Kept};
use buttress::failure_log::Operation;
use buttress::registry::Registry;
use buttress::{error_budget, failure_log};
use http::Method;

use super::ProxyConfig;
use crate::Failure;

/// What the proxy itself is called among the components, and its budget and its log in the registry.
pub(super) const NAME: &str = "proxy";

/// The methods that are told apart. A client may send any word as a method; all others count as one.
const METHODS: [Method; 7] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS];

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
    /// What keeps the budget on the disk, as long as it lives.
    kept: Option<Kept>,
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
    /// # Errors
    /// If what is to outlive the process cannot be kept where it is told to.
    pub(super) fn new(config: &ProxyConfig, origins: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let log = match &config.failure_log {
            None => failure_log::Handle::new(NAME, failure_log::Config::default()),
            Some(folder) => failure_log::Handle::open(NAME, failure_log::Config::default(), folder)
                .map_err(|source| Failure::FailureLog { folder: folder.clone(), source })?,
        };
        let (budget, kept) = match &config.objective {
            None => (None, None),
            Some(Objective { config, state: None }) => (Some(error_budget::Handle::new(NAME, *config)), None),
            Some(Objective { config, state: Some(path) }) => {
                let kept = Kept::open(path, NAME, *config);
                (Some(kept.handle().clone()), Some(kept))
            }
        };
        let components = origins.chain([NAME.to_owned()]).map(Component::new).collect();
        Ok(Self { log, budget, kept, components })
    }

    /// What is lost of what was to outlive the process, for those who started it.
    pub(super) fn loss(&self) -> Option<String> {
        let kept = self.kept.as_ref()?;
        if let Some(trouble) = kept.saves().trouble {
            return Some(format!("the error budget is not saved, as {trouble}"));
        }
        match kept.found() {
            Found::Unusable { why, put_aside: Some(path) } => {
                Some(format!("the error budget begins anew, as {why}; its file is now {}", path.display()))
            }
            Found::Unusable { why, put_aside: None } => {
                Some(format!("the error budget begins anew, as {why}"))
            }
            _ => None,
        }
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

impl Component {
    fn new(name: String) -> Self {
        Self { name, operations: [const { OnceLock::new() }; METHODS.len() + 1] }
    }
}
