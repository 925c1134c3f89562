//! What is written around a state: whose it is, when it was saved, and a checksum over all of that.

use super::Unusable;
use crate::clock;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{self, Write};
use std::time::{Duration, SystemTime};

/// How each file begins, with the version of the envelope.
const MAGIC: &str = "buttress-state 1 ";

/// The digits of the checksum, and the space behind them.
const CHECKSUM: usize = 9;

/// What a file is for, and the version of the state in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Label {
    pub(super) kind: &'static str,
    pub(super) version: u32,
}

/// One line of text, then the state as JSON, so that a person can read it too.
pub(super) fn wrap(label: Label, state: &impl Serialize) -> io::Result<Vec<u8>> {
    let saved_at = clock::wall().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let mut file = format!("{MAGIC}{:CHECKSUM$}", "").into_bytes();
    let sealed = file.len();
    writeln!(file, "{} {} {}", label.kind, label.version, saved_at.as_millis())?;
    serde_json::to_writer(&mut file, state)?;
    file.push(b'\n');
    let checksum = checksum(&file[sealed..]);
    file[MAGIC.len()..sealed].copy_from_slice(checksum.as_bytes());
    Ok(file)
}

/// The state in a file, and when it was saved.
pub(super) fn unwrap<T: DeserializeOwned>(label: Label, file: &[u8]) -> Result<(T, SystemTime), Unusable> {
    let rest = file.strip_prefix(MAGIC.as_bytes()).ok_or(Unusable::NotOurs)?;
    let (sum, sealed) = rest.split_at_checked(CHECKSUM).ok_or(Unusable::Damaged)?;
    // As text, since digits that differ in a bit can be the same number.
    if sum != checksum(sealed).as_bytes() {
        return Err(Unusable::Damaged);
    }
    let end = sealed.iter().position(|byte| *byte == b'\n').ok_or(Unusable::NotOurs)?;
    let head = std::str::from_utf8(&sealed[..end]).map_err(|_| Unusable::NotOurs)?;
    let mut words = head.split(' ');
    let mut word = || words.next().ok_or(Unusable::NotOurs);
    let (kind, version, saved_at) = (word()?, word()?, word()?);
    if kind != label.kind {
        return Err(Unusable::OfAnother { kind: kind.to_owned() });
    }
    let version = version.parse().map_err(|_| Unusable::NotOurs)?;
    if version != label.version {
        return Err(Unusable::OtherVersion { version });
    }
    let saved_at = saved_at.parse().map_err(|_| Unusable::NotOurs)?;
    let saved_at =
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(saved_at)).ok_or(Unusable::NotOurs)?;
    let state = serde_json::from_slice(&sealed[end..]).map_err(|error| Unusable::Unfit(error.to_string()))?;
    Ok((state, saved_at))
}

fn checksum(sealed: &[u8]) -> String {
    format!("{:08x} ", crc32fast::hash(sealed))
}
