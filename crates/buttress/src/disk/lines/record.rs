//! The records of a failure log as lines.

use super::Line;
use buttress_core::failure_log::Record;

impl Line for Record {
    fn class(&self) -> u64 {
        self.fingerprint.get()
    }

    fn suppressed(&mut self, lines: u64) {
        self.suppressed = lines;
    }
}

#[cfg(test)]
mod tests {
    use crate::Tick;
    use crate::disk::lines::{Config, Lines, Pushed};
    use buttress_core::failure_log::{self, Failure, FailureLog, Filter, Record};
    use std::time::{Duration, SystemTime};

    #[test]
    fn h14_a_failure_of_hostile_bytes_is_one_line_and_the_same_when_it_is_read_back() {
        const LONG: Duration = Duration::from_secs(60);
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_305_600_123);
        let hostile = "a\r\nb\u{1b}[2J\0\u{7f}\u{85}\u{9b}31m\u{2028}\u{2029}\u{202e}\"}\n{\"id\":1,";
        let huge = hostile.repeat((1 << 20) / hostile.len());
        let log = FailureLog::new(failure_log::Config::default(), at, Tick::ZERO);
        let operation = log.operation(hostile, hostile);
        for message in [hostile, &huge] {
            let failure = Failure::of(&operation)
                .message(&message)
                .error_type(hostile)
                .key(&hostile)
                .attempt(2)
                .took(Duration::from_millis(7))
                .bytes(9)
                .with(hostile, &huge);
            log.record(&failure, at, Tick::ZERO);
        }
        let records = log.records(&Filter::default());
        assert_eq!(records.len(), 2);

        let folder = tempfile::tempdir().unwrap();
        let (lines, _) = Lines::open(folder.path(), "failures", Config::default()).unwrap();
        for record in &records {
            assert_eq!(lines.push(record.clone(), Tick::ZERO), Pushed::Queued);
        }
        assert!(lines.flush(LONG));
        assert_eq!((lines.snapshot().files, lines.snapshot().written), (1, 2));
        drop(lines);

        let mut paths = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let is_lines = |path: &std::path::PathBuf| path.extension().is_some_and(|ending| ending == "jsonl");
        let text = std::fs::read_to_string(paths.find(is_lines).unwrap()).unwrap();
        let unseen = |letter: char| letter.is_control() && letter != '\n';
        assert!(!text.contains(unseen) && !text.contains(['\u{2028}', '\u{2029}', '\u{202e}']));
        assert_eq!(text.lines().count(), 2);
        let (_, before) = Lines::<Record>::open(folder.path(), "failures", Config::default()).unwrap();
        assert_eq!((before.lines, before.foreign), (records, 0));
    }
}
