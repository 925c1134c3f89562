use super::*;

const THROTTLED: StatusCode = StatusCode::TOO_MANY_REQUESTS;
const DOWN: StatusCode = StatusCode::SERVICE_UNAVAILABLE;

/// Sunday, 6 November 1994, 08:49:37 GMT, in which the specification gives its examples.
fn then() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777)
}

fn head(fields: &[(&'static str, &[u8])]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        headers.append(*name, HeaderValue::from_bytes(value).expect("a header value"));
    }
    headers
}

fn hint(status: StatusCode, fields: &[(&'static str, &[u8])]) -> Option<u64> {
    hint_at(then(), status, fields)
}

fn hint_at(now: SystemTime, status: StatusCode, fields: &[(&'static str, &[u8])]) -> Option<u64> {
    at(status, &head(fields), now).map(|wait| wait.as_secs())
}

fn retry_after(values: &[&[u8]]) -> Option<u64> {
    let fields: Vec<_> = values.iter().map(|value| ("retry-after", *value)).collect();
    hint(DOWN, &fields)
}

#[test]
fn e5_retry_after_in_seconds_is_read_strictly() {
    assert_eq!(retry_after(&[b"7"]), Some(7));
    assert_eq!(retry_after(&[b"0"]), Some(0));
    assert_eq!(retry_after(&[b"1000000000"]), Some(1_000_000_000));
    assert_eq!(retry_after(&[b"9223372036854775808"]), Some(1 << 63));
    assert_eq!(retry_after(&[b"18446744073709551617"]), Some(u64::MAX));
    let endless = vec![b'9'; 900_000];
    assert_eq!(retry_after(&[&endless]), Some(u64::MAX));
    for wrong in
        [&b""[..], b"-1", b"1.5", b"+3", b"NaN", b"inf", b"\xff", b"7 ", b" ", b"7s", b"0x7", b"\xd9\xa3"]
    {
        assert_eq!(retry_after(&[wrong]), None, "{wrong:?}");
    }
    assert_eq!(retry_after(&[&vec![b'x'; 900_000]]), None);
}

/// Who takes the shorter of two comes too early by the longer.
#[test]
fn e5_of_several_hints_the_longest_counts() {
    assert_eq!(retry_after(&[b"7", b"9"]), Some(9));
    assert_eq!(retry_after(&[b"1000000000", b"1"]), Some(1_000_000_000));
    assert_eq!(retry_after(&[b"-1", b"9"]), Some(9));
}

#[test]
fn e5_retry_after_is_a_date_in_each_of_the_three_forms() {
    for date in
        ["Sun, 06 Nov 1994 08:49:47 GMT", "Sunday, 06-Nov-94 08:49:47 GMT", "Sun Nov  6 08:49:47 1994"]
    {
        assert_eq!(retry_after(&[date.as_bytes()]), Some(10), "{date}");
    }
    // Past, and far off.
    assert_eq!(retry_after(&[b"Sun, 06 Nov 1994 08:49:36 GMT"]), Some(0));
    assert_eq!(retry_after(&[b"Thu, 01 Jan 1970 00:00:00 GMT"]), Some(0));
    assert_eq!(retry_after(&[b"Fri, 31 Dec 9999 23:59:59 GMT"]), Some(253_402_300_799 - 784_111_777));
    for wrong in ["Sun, 06 Nov 1994", "Sun, 32 Nov 1994 08:49:37 GMT", "06 Nov 1994 08:49:47 GMT", "tomorrow"]
    {
        assert_eq!(retry_after(&[wrong.as_bytes()]), None, "{wrong}");
    }
}

#[test]
fn e5_the_renewal_of_a_limit_counts_when_the_limit_is_used_up() {
    for (remaining, reset) in [
        ("ratelimit-remaining", "ratelimit-reset"),
        ("x-ratelimit-remaining", "x-ratelimit-reset"),
        ("x-rate-limit-remaining", "x-rate-limit-reset"),
    ] {
        assert_eq!(hint(THROTTLED, &[(reset, b"30")]), Some(30), "{reset}");
        assert_eq!(hint(DOWN, &[(reset, b"30")]), None, "{reset}");
        assert_eq!(hint(DOWN, &[(reset, b"30"), (remaining, b"1")]), None, "{reset}");
        assert_eq!(hint(DOWN, &[(reset, b"30"), (remaining, b"0")]), Some(30), "{reset}");
        let told_both = [(reset, &b"3000"[..]), (remaining, b"0"), ("retry-after", b"2")];
        assert_eq!(hint(THROTTLED, &told_both), Some(2), "{reset}");
    }
    let one = |value: &[u8]| hint(DOWN, &[("ratelimit", value)]);
    assert_eq!(one(br#""day";r=0;t=30"#), Some(30));
    assert_eq!(one(br#""day";r=1;t=30"#), None);
    assert_eq!(one(br#""second";r=0;t=1, "day";r=0;t=30, "year";r=9;t=3000"#), Some(30));
    assert_eq!(one(br#""by; r=9, \"or\" so";r=0;t=30, "day";r=1;t=9"#), Some(30));
    assert_eq!(one(b"limit=100, remaining=0, reset=50"), Some(50));
    assert_eq!(one(b"limit=100, remaining=3, reset=50"), None);
    assert_eq!(hint(THROTTLED, &[("ratelimit", br#""day";r=1;t=30"#)]), Some(30));
}

#[test]
fn e5_a_reset_is_a_date_only_where_it_can_be_nothing_else() {
    let reset = |value: &[u8]| hint(THROTTLED, &[("x-ratelimit-reset", value)]);
    assert_eq!(reset(b"784111807"), Some(30));
    assert_eq!(reset(b"784111700"), Some(0));
    assert_eq!(reset(b"60"), Some(60));
    // Neither around now nor a wait: told as it is, so that nobody comes too early.
    assert_eq!(reset(b"1000000000"), Some(1_000_000_000));
    assert_eq!(reset(b"784111807000"), Some(784_111_807_000));
    for wrong in [&b""[..], b"-1", b"29.5", b"+3", b"NaN", b"\xff"] {
        assert_eq!(reset(wrong), None, "{wrong:?}");
    }
    // The standard's own field is never a date.
    assert_eq!(hint(THROTTLED, &[("ratelimit-reset", b"784111807")]), Some(784_111_807));
    let wrong_clock = SystemTime::UNIX_EPOCH + Duration::from_secs(60);
    assert_eq!(hint_at(wrong_clock, THROTTLED, &[("x-ratelimit-reset", b"90")]), Some(90));
}

#[test]
fn e5_a_pushback_that_is_negative_or_makes_no_sense_forbids() {
    let told = |values: &[&[u8]]| {
        pushback(&head(&values.iter().map(|value| (PUSHBACK, *value)).collect::<Vec<_>>()))
    };
    assert_eq!(told(&[]), Pushback::Silent);
    assert_eq!(told(&[b"1500"]), Pushback::After(Duration::from_millis(1500)));
    assert_eq!(told(&[b"18446744073709551617"]), Pushback::After(Duration::from_millis(u64::MAX)));
    for wrong in
        [&[&b""[..]][..], &[b"-1"], &[b"1.5"], &[b"+3"], &[b"NaN"], &[b"\xff"], &[b"7 "], &[b"1", b"2"]]
    {
        assert_eq!(told(wrong), Pushback::Never, "{wrong:?}");
    }
}

/// Random values of the letters that hints are made of: nothing panics, and what is no number and no date is no hint.
#[test]
fn e5_whatever_a_peer_writes_is_a_hint_or_none() {
    const ALPHABET: &[u8] = b"0123456789+-.,;:=\" rtGMTSunNovJanday-94\xff\xd9\t";
    const WORDS: [&[u8]; 8] = [
        b"Sun, 06 Nov 1994 08:49:47 GMT",
        b"Sunday, 06-Nov-94 08:49:47 GMT",
        b"Sun Nov  6 08:49:47 1994",
        b"Fri, 31 Dec 9999 23:59:59 GMT",
        b"18446744073709551615",
        br#""day";r=0;t=30"#,
        b"limit=100, remaining=0, reset=50",
        b"784111807",
    ];
    const FIELDS: [&str; 6] = [
        "retry-after",
        "ratelimit",
        "ratelimit-reset",
        "x-ratelimit-reset",
        "x-ratelimit-remaining",
        "grpc-retry-pushback-ms",
    ];
    let mut dice = 0x5EED_u64;
    let mut roll = |sides: usize| {
        // SplitMix64.
        dice = dice.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = (dice ^ (dice >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % sides as u64) as usize
    };
    let mut hints = 0;
    for _ in 0..100_000 {
        let mut value = if roll(2) == 0 { WORDS[roll(WORDS.len())].to_vec() } else { Vec::new() };
        for _ in 0..roll(6) {
            let letter = ALPHABET[roll(ALPHABET.len())];
            match roll(3) {
                0 if !value.is_empty() => {
                    let place = roll(value.len());
                    value[place] = letter;
                }
                1 if !value.is_empty() => drop(value.remove(roll(value.len()))),
                _ => value.insert(roll(value.len() + 1), letter),
            }
        }
        let mut headers = HeaderMap::new();
        for _ in 0..=roll(2) {
            headers.append(FIELDS[roll(FIELDS.len())], HeaderValue::from_bytes(&value).expect("no control"));
        }
        let status = if roll(2) == 0 { THROTTLED } else { DOWN };
        hints += usize::from(at(status, &headers, then()).is_some());
        let only_digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
        if headers.contains_key(PUSHBACK) && !only_digits {
            assert_eq!(pushback(&headers), Pushback::Never, "{headers:?}");
        }
    }
    assert!((5_000..95_000).contains(&hints), "{hints} of 100000 were hints: the dice are loaded");
}
