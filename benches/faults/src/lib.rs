//! What clients of a proxy see while its origins fail.
//!
//! The program under test runs as a process of its own in front of four origins of the rig, which offers it requests at a
//! constant rate, whatever became of the earlier ones. For a while all is well, then a fault lasts, then all is well
//! again. The rig knows neither the program's inside nor its configuration: clients and origins count what they see.
//!
//! | module | holds |
//! |---|---|
//! | [`fault`] | the faults, and the bars that stand at each |
//! | [`bar`] | what has to hold, and whether it does |
//! | [`origin`] | the origins: what they do with a request, and what they count |
//! | [`subject`] | the programs that can stand in between |
//! | [`load`] | the clients |
//! | [`measure`] | the figures of one run |
//! | [`run`] | one run: the phases, and the threads of clients and origins |
//! | [`report`] | the results for people and for programs |
//! | [`command`] | the command line |

pub mod bar;
pub mod command;
mod dice;
pub mod fault;
pub mod load;
pub mod measure;
pub mod origin;
pub mod report;
mod request;
pub mod run;
pub mod subject;
