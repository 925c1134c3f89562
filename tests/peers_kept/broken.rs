//! Files that are not as they were written.

use crate::{HOUR, folder, live, open};
use buttress_reputation::Config;
use buttress_reputation::persist::{Found, Kept};
use std::fs::{self, File};
use std::path::Path;

/// A small file: every byte of it is cut off and every bit turned around below.
fn written() -> (tempfile::TempDir, std::path::PathBuf, Vec<u8>) {
    let (folder, path) = folder();
    let kept = open(&path);
    assert!(kept.ledger().ban("mallory", "spam", HOUR));
    drop(kept);
    let whole = fs::read(&path).unwrap();
    (folder, path, whole)
}

/// Starts with a file that cannot be used: put aside once, told once, and everybody is new.
fn unusable(path: &Path, file: &[u8]) -> String {
    fs::write(path, file).unwrap();
    let kept = open(path);
    let Found::Unusable { why, put_aside: Some(aside) } = kept.found() else {
        panic!("it is used: {:?}", kept.found())
    };
    assert_eq!(fs::read(aside).unwrap(), file, "it is there for a person to look at");
    assert!(kept.ledger().is_empty() && kept.ledger().should_communicate("mallory"));
    let why = why.to_string();
    drop(kept);
    // Nothing was learned, so nothing was written, and the next start is told nothing.
    assert!(matches!(open(path).found(), Found::Nothing));
    why
}

#[test]
fn g6_cut_at_any_byte_or_with_any_bit_flipped_all_peers_are_new_and_it_starts() {
    let (_folder, path, whole) = written();
    for end in 0..whole.len() {
        unusable(&path, &whole[..end]);
    }
    for bit in 0..whole.len() * 8 {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        unusable(&path, &flipped);
    }
    fs::write(&path, whole).unwrap();
    assert!(open(&path).ledger().is_banned("mallory"));
}

/// The file with another state, sealed as the writer seals it.
fn sealed(label: &str, state: &str) -> Vec<u8> {
    let sealed = format!("{label} 1700000000000\n{state}\n");
    format!("buttress-state 1 {:08x} {sealed}", crc32fast::hash(sealed.as_bytes())).into_bytes()
}

#[test]
fn g6_another_version_another_kind_and_no_state_are_put_aside() {
    let (_folder, path) = folder();
    let fine = r#"{"peers":[]}"#;
    for (label, state, why) in [
        ("peers 2", fine, "it is of version 2"),
        ("error_budget 1", fine, "it is the state of `error_budget`"),
        ("peers 1", "{}", "it does not fit: missing field `peers`"),
        ("peers 1", r#"{"peers":[["a",{"score":"bad"}]]}"#, "it does not fit: invalid type: string"),
        ("peers 1", r#"{"peers":[["a",{"score":1e999}]]}"#, "it does not fit: number out of range"),
        ("peers 1", r#"{"peers":[["a",{"bans":-1}]]}"#, "it does not fit: invalid value: integer `-1`"),
        ("peers 1", r#"{"peers":[[7,{}]]}"#, "it does not fit: invalid type: integer `7`"),
    ] {
        let said = unusable(&path, &sealed(label, state));
        assert!(said.starts_with(why), "{said}");
    }
    assert_eq!(unusable(&path, b""), "it is not a state file");
}

#[test]
fn g6_a_gigabyte_is_not_read() {
    let (folder, path) = folder();
    File::create(&path).unwrap().set_len(1 << 30).unwrap();
    let kept = open(&path);
    let Found::Unusable { why, put_aside: Some(_) } = kept.found() else { panic!("{:?}", kept.found()) };
    assert!(why.to_string().starts_with("it has 1073741824 bytes, at most "), "{why}");
    drop(kept);
    drop(folder);
}

#[test]
fn g6_no_number_twice_the_same_and_too_many_peers_start_neutral_where_they_must() {
    let (_folder, path) = folder();
    let mut peers = vec![
        r#"["nan",{"score":null,"latency":null}]"#.to_owned(),
        r#"["much",{"score":1e300,"latency":-3}]"#.to_owned(),
        r#"["twice",{"score":99}]"#.to_owned(),
        r#"["twice",{"score":0,"ban":{"reason":"spam","left":3600000}}]"#.to_owned(),
        r#"["twice",{"score":80}]"#.to_owned(),
        r#"["evil\u0000\n",{"score":3,"unheard of":[1,{}]}]"#.to_owned(),
    ];
    peers.extend((0..500).map(|id| format!(r#"["{id}",{{"score":90}}]"#)));
    fs::write(&path, sealed("peers 1", &format!(r#"{{"peers":[{}]}}"#, peers.join(",")))).unwrap();
    let room = Config::builder().capacity(100).build().unwrap();
    let kept = Kept::<String>::open(&path, "swarm", room);
    assert!(matches!(kept.found(), Found::State { .. }));
    let ledger = kept.ledger();
    assert_eq!((kept.restored(), ledger.len()), (100, 100));
    assert!(ledger.is_banned("twice"), "what is worse of all that is said");
    assert!(ledger.peer("evil\0\n").is_some_and(|peer| peer.score.get() < 50.1));
    for name in ["nan", "much"] {
        let neutral =
            ledger.peer(name).is_none_or(|peer| peer.score.get() == 50.0 && peer.avg_latency.is_none());
        assert!(neutral, "{name}");
    }
}

#[test]
fn g6_a_place_that_cannot_be_written_costs_the_file_and_nothing_else() {
    let (folder, _) = folder();
    let not_a_folder = folder.path().join("file");
    fs::write(&not_a_folder, "").unwrap();
    let kept = open(&not_a_folder.join("peers.json"));
    live(kept.ledger());
    assert!(kept.save().is_err());
    let saves = kept.saves();
    assert!(saves.failed >= 1 && saves.trouble.is_some_and(|why| !why.is_empty()) && saves.last.is_none());
    assert!(kept.ledger().is_banned("oscar"));
}
