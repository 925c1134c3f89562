use crate::FailureKind;
use crate::failure_log::classify::{CRITICAL, Facts, Rule, STEMS, classify, hint};
use crate::failure_log::{Category, Severity};

fn found(error_type: &str, kind: Option<FailureKind>, message: &str) -> (Severity, Category) {
    classify(&[], &Facts { error_type, kind, message })
}

#[test]
fn s0_48_severities_follow_what_the_failure_says() {
    use Severity::{Critical, Error, Warning};
    for (error_type, message, severity) in [
        ("ConnectionRefused", "will retry in 2 s", Warning),
        ("ConnectionRefused", "gave up", Error),
        ("StorageError", "temporarily out of space", Warning),
        ("StorageError", "out of space", Error),
        // Only what is retried over the network, and temporary in the storage.
        ("StorageError", "will retry", Error),
        ("ConnectionRefused", "temporarily down", Error),
        ("", "CRITICAL: the ledger is gone", Critical),
        ("FatalError", "a", Critical),
        ("", "fatal: network, retrying", Critical),
        ("", "a non-fatal hiccup", Error),
        ("", "this is not critical", Error),
        ("", "rate limit exceeded", Warning),
        ("", "anything else", Error),
        ("", "", Error),
    ] {
        assert_eq!(found(error_type, None, message).0, severity, "{error_type}: {message}");
    }
}

#[test]
fn s0_49_categories_come_from_the_type_then_the_way_then_the_message() {
    use Category::{Authentication, Network, Storage, Transaction, Unknown, Validation};
    for (error_type, category) in [
        ("TimeoutError", Network),
        ("io::ConnectionRefused", Network),
        ("io::TimedOut", Network),
        ("io::BrokenPipe", Network),
        ("io::StorageFull", Storage),
        ("io::PermissionDenied", Authentication),
        ("io::InvalidData", Validation),
        ("SQLiteError", Storage),
        ("DeadlockDetected", Transaction),
        ("TransactionTimeout", Transaction),
        ("AuthenticationError", Authentication),
        ("serde::ParseError", Validation),
        ("MyError", Unknown),
    ] {
        assert_eq!(found(error_type, None, "").1, category, "{error_type}");
        // The type is heard before the message.
        if category != Unknown {
            assert_eq!(found(error_type, None, "permission denied, disk full, invalid").1, category);
        }
    }
    for (message, category) in [
        ("connection reset by peer", Network),
        ("operation timed out", Network),
        ("dns lookup of the host failed", Network),
        ("no space left on disk", Storage),
        ("database is locked", Storage),
        ("could not serialize access due to a concurrent update", Transaction),
        ("invalid credentials", Authentication),
        ("access denied", Authentication),
        ("the field is required", Validation),
        ("something went wrong", Unknown),
    ] {
        assert_eq!(found("MyError", None, message).1, category, "{message}");
        assert_eq!(found("", Some(FailureKind::Response), message).1, category, "{message}");
        // In what way it failed is heard before the message.
        assert_eq!(found("MyError", Some(FailureKind::Timeout), message).1, Network, "{message}");
    }
}

#[test]
fn s0_48_s0_49_no_word_is_taken_for_another() {
    use Category::{Authentication, Network, Storage, Transaction, Unknown, Validation};
    // That it took too long says nothing of what did; what was aborted is what it was.
    for (said, category) in [
        ("LockTimeout", Storage),
        ("lock wait timeout exceeded", Storage),
        ("DeadlockTimeout", Transaction),
        ("ConstraintTimeout", Transaction),
        ("duplicate key value violates unique constraint \"users_pkey\"", Transaction),
        ("SerializationFailure: timed out", Transaction),
        ("ValidationTimeout", Validation),
        ("LoginTimeout", Authentication),
        ("account lockout until noon", Authentication),
        ("GatewayTimeout", Network),
        ("Timeout", Network),
        ("the task timed out", Network),
        ("io::ConnectionAborted", Network),
        ("the transaction was aborted", Transaction),
        ("Aborted", Transaction),
        ("No space left on device (os error 28)", Storage),
        ("left some space", Unknown),
        ("ENOSPC", Storage),
        ("ECONNREFUSED", Network),
        ("ETIMEDOUT", Network),
        ("in the profile of the block", Unknown),
    ] {
        assert_eq!(found("", None, said).1, category, "{said}");
        assert_eq!(found(said, None, "").1, category, "{said}");
    }
    // Only what says that another attempt follows is a warning.
    for (message, severity) in [
        ("connection lost, retrying", Severity::Warning),
        ("connection lost, will not retry", Severity::Error),
        ("connection lost, gave up after 3 retries", Severity::Error),
        ("connection lost, retry attempts exhausted", Severity::Error),
        ("connection lost: non-retryable", Severity::Error),
        ("the disk is not temporarily but finally gone", Severity::Error),
    ] {
        assert_eq!(found("", None, message).0, severity, "{message}");
    }
}

#[test]
fn s0_48_s0_49_the_rules_of_the_user_come_first() {
    let rules = [
        Rule::default().error_type("cardDeclined").is(Category::Validation).as_bad_as(Severity::Info),
        Rule::default().message("ledger").as_bad_as(Severity::Critical),
        Rule::default().message("ledger").is(Category::Storage).as_bad_as(Severity::Warning),
    ];
    let found = |error_type, message| classify(&rules, &Facts { error_type, kind: None, message });
    assert_eq!(found("shop::CardDeclined", "connection lost"), (Severity::Info, Category::Validation));
    // The first rule that says something of it decides that.
    assert_eq!(found("", "the Ledger timed out"), (Severity::Critical, Category::Storage));
    assert_eq!(found("", "timed out"), (Severity::Error, Category::Network));
}

#[test]
fn s0_49_every_word_that_says_something_is_found_in_any_case() {
    assert!(STEMS.is_sorted_by(|one, other| one.0 < other.0));
    for (stem, says) in STEMS {
        for word in [stem.to_owned(), format!("{}xyz", stem.to_uppercase())] {
            assert_eq!(hint(word.as_bytes()) & says, says, "{word}");
        }
        assert_eq!(hint(&stem.as_bytes()[..stem.len() - 1]) & says & CRITICAL, 0);
    }
    for word in ["z", "a", "Q", "zzz", "ordinary"] {
        assert_eq!(hint(word.as_bytes()), 0, "{word}");
    }
}
