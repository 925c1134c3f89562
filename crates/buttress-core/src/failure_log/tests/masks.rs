use crate::failure_log::mask::mask;
use proptest::prelude::*;
use std::net::Ipv6Addr;

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
        ("reset by peer 10.0.3.999:9042", "reset by peer <address>"),
        ("peer=1:2:3:4:5:6:7:8, peer=dead::beef", "peer=<address>, peer=<address>"),
        ("fe80::: refused by fe80::1%eth0", "<address>: refused by <address>"),
        ("balance -17.5, offset +3 ms", "balance <n>, offset <n> ms"),
        ("release 1.2.3-rc.4 of v17.0.1", "release <n>-rc.<n> of v<n>"),
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

/// What changes from one message to the next, of one kind: two of it.
fn two_of_a_kind() -> impl Strategy<Value = [String; 2]> {
    let two = |values: BoxedStrategy<String>| [values.clone(), values];
    let octets = || any::<[u8; 4]>().prop_map(|[a, b, c, d]| format!("{a}.{b}.{c}.{d}"));
    let segment = || prop_oneof![Just(0_u16), 0..16_u16, any::<u16>()];
    let v6 = || {
        // Of an address without any digit nobody can tell that it is none of Rust's paths.
        let plain = |address: &String| address.bytes().any(|byte| byte.is_ascii_digit()) && address.len() > 3;
        prop::array::uniform8(segment())
            .prop_map(|segments| Ipv6Addr::from(segments))
            .prop_filter("it has a dotted end", |address| address.to_ipv4().is_none())
            .prop_map(|address| address.to_string())
            .prop_filter("it is a path", plain)
    };
    let time = || (0..24_u8, 0..60_u8, 0..60_u8).prop_map(|(h, m, s)| format!("{h:02}:{m:02}:{s:02}"));
    let date = || (1970..2100_u16, 1..13_u8, 1..29_u8).prop_map(|(y, m, d)| format!("{y}-{m:02}-{d:02}"));
    prop_oneof![
        two(octets().boxed()),
        two((octets(), any::<u16>()).prop_map(|(host, port)| format!("{host}:{port}")).boxed()),
        two(v6().boxed()),
        two(v6().prop_map(|host| format!("[{host}]")).boxed()),
        two((v6(), any::<u16>()).prop_map(|(host, port)| format!("[{host}]:{port}")).boxed()),
        two((v6(), 0..9_u8).prop_map(|(host, zone)| format!("{host}%eth{zone}")).boxed()),
        two(any::<[u16; 3]>().prop_map(|[a, b, c]| format!("{a}.{b}.{c}")).boxed()),
        two(any::<[u16; 4]>().prop_map(|[a, b, c, d]| format!("v{a}.{b}.{c}-rc{d}")).boxed()),
        two((any::<i32>(), 0..1_000_u16).prop_map(|(a, b)| format!("{a}.{b}")).boxed()),
        two(any::<i64>().prop_map(|number| number.to_string()).boxed()),
        two(time().boxed()),
        two(date().boxed()),
        two((date(), time()).prop_map(|(date, time)| format!("{date} {time}")).boxed()),
        two((date(), time(), 0..1_000_u16).prop_map(|(d, t, ms)| format!("{d}T{t}.{ms:03}Z")).boxed()),
        two((date(), time(), 0..14_u8).prop_map(|(d, t, h)| format!("{d}T{t}+{h:02}:00")).boxed()),
    ]
}

proptest! {
    #[test]
    fn s0_47_what_is_of_one_kind_has_one_template(
        [one, other] in two_of_a_kind(),
        frame in prop::sample::select(vec![
            "{}", "to {} failed", "at={}", "peer {}: refused", "({})", "no {}.", "{}, then", "a?at={}&b=c", "key/{}/value",
        ]),
    ) {
        let [one, other] = [one, other].map(|value| masked(&frame.replace("{}", &value)));
        prop_assert_eq!(&one, &other);
    }

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
