use crate::failure_log::mask::mask;
use proptest::prelude::*;

fn masked(text: &str) -> String {
    let mut out = String::new();
    mask(text, &mut out);
    out
}

#[test]
fn s0_47_what_changes_from_one_failure_to_the_next_is_masked() {
    let table = [
        ("no answer in 250ms after 3 attempts", "no answer in <duration> after <n> attempts"),
        ("took 1.5s, 1m30s or 20µs", "took <duration>, <duration> or <duration>"),
        ("customer 4711 of tenant-17", "customer <n> of tenant-<n>"),
        ("connect to 10.0.0.7:5432 failed", "connect to <address> failed"),
        ("connect to [2001:db8::1]:443 failed", "connect to [<address>]:<n> failed"),
        ("no route to fe80::1", "no route to <address>"),
        ("order 0b9f1c2e-7a3d-4c11-9e5f-0123456789ab is gone", "order <uuid> is gone"),
        ("at 0x7ffdeadbeef, commit deadbeef01", "at <hex>, commit <hex>"),
        ("GET /users/42/orders/7?page=3 failed", "GET /users/<n>/orders/<n>?page=<n> failed"),
        ("read https://bob:x@host/a?b=1 failed.", "read <url> failed."),
        ("mail to bob.smith@example.org bounced", "mail to <email> bounced"),
        ("unknown column 'customer_name' in \"orders\"", "unknown column <quoted> in <quoted>"),
        ("can't open, won't try: the peer's end", "can't open, won't try: the peer's end"),
        ("at 2026-11-22T11:29:02.123Z or 11:29:02", "at <time> or <time>"),
        ("session cjld2cjxh0000qzrmn831i7rn ended", "session <id> ended"),
        ("12 MB of 1.5GB, 99.5%", "<n> MB of <n>GB, <n>%"),
        ("status: 503. Retry? code=17", "status: <n>. Retry? code=<n>"),
        ("internationalization_of_things is a word", "internationalization_of_things is a word"),
        ("fehlgeschlagen für größe 5", "fehlgeschlagen für größe <n>"),
        ("", ""),
    ];
    for (text, template) in table {
        assert_eq!(masked(text), template);
        assert_eq!(masked(template), template);
    }
}

proptest! {
    #[test]
    fn s0_47_the_mask_of_a_mask_is_the_mask(
        text in "(?s).{0,200}",
        likely in r#"([a-f0-9]{1,20}|[ .,:;/@'"`<>=&?#_\\-]|ms|[a-zA-Z]{1,5}|é|0x|://|1\.2\.3\.4){0,40}"#,
    ) {
        for text in [text, likely] {
            let once = masked(&text);
            prop_assert_eq!(masked(&once), once.clone(), "of {:?}", text);
            // No number is left, so no two messages that differ in numbers alone are two classes.
            prop_assert!(!once.bytes().any(|byte| byte.is_ascii_digit()), "{}", once);
        }
    }

    #[test]
    fn s0_47_messages_that_differ_in_numbers_alone_have_one_template(
        parts in prop::collection::vec("[a-z]{1,8}", 2..6),
        one in any::<[u16; 6]>(),
        other in any::<[u16; 6]>(),
    ) {
        let message = |numbers: [u16; 6]| {
            let words = parts.iter().zip(numbers).map(|(word, number)| format!("{word} {number} "));
            words.collect::<String>()
        };
        prop_assert_eq!(masked(&message(one)), masked(&message(other)));
    }
}
