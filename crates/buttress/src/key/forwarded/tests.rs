use super::*;
use http::{HeaderName, HeaderValue};
use proptest::prelude::*;

const PLAIN: &str = "x-forwarded-for";
const NAMED: &str = "forwarded";

/// The balancer that all of these requests come from, and that is trusted.
const BALANCER: &str = "10.0.0.1";

fn headers(lines: &[(&str, &[u8])]) -> HeaderMap {
    let lines = lines.iter().map(|(name, value)| {
        let value = HeaderValue::from_bytes(value).expect("a value");
        (HeaderName::try_from(*name).expect("a name"), value)
    });
    // Collecting would keep the last line of a name alone.
    lines.fold(HeaderMap::new(), |mut headers, (name, value)| {
        headers.append(name, value);
        headers
    })
}

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn trusted() -> TrustedProxies {
    TrustedProxies::parse(["10.0.0.0/8", "2001:db8:aaaa::/48"]).expect("networks")
}

fn client(lines: &[(&str, &str)]) -> String {
    let lines: Vec<_> = lines.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
    trusted().client(address(BALANCER), &headers(&lines)).to_string()
}

#[test]
fn h6_the_proxy_that_the_client_asked_says_how_it_was_asked() {
    let said = |peer: &str, lines: &[(&str, &str)]| {
        let lines: Vec<_> = lines.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
        let headers = headers(&lines);
        trusted().forwarded(address(peer), &headers, "proto").map(str::to_owned)
    };
    for (value, expected) in [
        ("for=192.0.2.7;proto=https", Some("https")),
        ("for=8.8.8.8;proto=gopher, for=192.0.2.7;PROTO=\"https\"", Some("https")),
        ("for=192.0.2.7;proto=https, for=10.9.9.9;proto=http", Some("https")),
        ("for=8.8.8.8;proto=gopher, for=unknown;proto=https", Some("https")),
        ("for=8.8.8.8;proto=gopher, for=192.0.2.7", None),
        ("for=192.0.2.7;proto=https;proto=http", None),
    ] {
        assert_eq!(said(BALANCER, &[(NAMED, value)]).as_deref(), expected, "{value}");
    }
    let named = (NAMED, "for=192.0.2.7;proto=https");
    assert_eq!(said("192.0.2.9", &[named]), None, "a stranger is not believed");
    assert_eq!(said(BALANCER, &[named, (PLAIN, "192.0.2.7")]), None, "one of the two is read");
}

#[test]
fn h6_the_client_is_the_rightmost_address_that_is_not_trusted() {
    for (value, expected) in [
        ("192.0.2.7", "192.0.2.7"),
        ("8.8.8.8, 192.0.2.7", "192.0.2.7"),
        ("8.8.8.8, 192.0.2.7, 10.9.9.9", "192.0.2.7"),
        ("8.8.8.8,192.0.2.7 ,\t10.9.9.9,10.8.8.8", "192.0.2.7"),
        ("10.5.5.5, 10.9.9.9", "10.5.5.5"),
        ("192.0.2.7:4711", "192.0.2.7"),
        ("192.0.2.7:_hidden", "192.0.2.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("[2001:db8::7]:4711, 2001:db8:aaaa::1", "2001:db8::7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("[::ffff:192.0.2.7]:1, ::ffff:10.0.0.9", "192.0.2.7"),
        (",, 192.0.2.7 ,,", "192.0.2.7"),
        ("", BALANCER),
    ] {
        assert_eq!(client(&[(PLAIN, value)]), expected, "{value}");
    }
    assert_eq!(client(&[]), BALANCER);
    let lines = [(PLAIN, "8.8.8.8"), (PLAIN, "192.0.2.7"), (PLAIN, "10.9.9.9")];
    assert_eq!(client(&lines), "192.0.2.7", "lines of one name are one list");
}

#[test]
fn h6_forwarded_is_read_the_same_way() {
    for (value, expected) in [
        ("for=192.0.2.7", "192.0.2.7"),
        ("For=\"192.0.2.7:80\";proto=https;by=203.0.113.43", "192.0.2.7"),
        ("for=8.8.8.8, for=192.0.2.7;host=a, FOR=10.9.9.9", "192.0.2.7"),
        ("for=\"[2001:db8::7]:4711\"", "2001:db8::7"),
        ("for=\"[2001:db8::7]:_p\", for=\"[2001:db8:aaaa::1]\"", "2001:db8::7"),
        // Separators in quotes separate nothing.
        ("for=192.0.2.7;host=\"a,for=8.8.8.8;for=8.8.4.4\"", "192.0.2.7"),
        ("for=192.0.2.7;host=\"a\\\",for=8.8.8.8\"", "192.0.2.7"),
        ("for=192.0.2.7;host=\"a\\\\\"", "192.0.2.7"),
        // What the client left open stays on its side.
        ("for=\"8.8.8.8, for=192.0.2.7", "192.0.2.7"),
        ("for=8.8.8.8;host=\"\\, for=192.0.2.7;host=\"b\"", "192.0.2.7"),
    ] {
        assert_eq!(client(&[(NAMED, value)]), expected, "{value}");
    }
}

#[test]
fn h6_where_the_trail_ends_the_last_known_proxy_stands_for_its_clients() {
    for (value, last) in [
        ("8.8.8.8, unknown", BALANCER),
        ("8.8.8.8, _hidden, 10.9.9.9", "10.9.9.9"),
        ("8.8.8.8, 192.0.2.7.1", BALANCER),
        ("8.8.8.8, 192.0.2.07", BALANCER),
        ("8.8.8.8, 192.0.2.7:", BALANCER),
        ("8.8.8.8, 192.0.2.7:99999", BALANCER),
        ("8.8.8.8, 192.0.2.7:+80", BALANCER),
        ("8.8.8.8, 192.0.2.7 192.0.2.8", BALANCER),
        ("8.8.8.8, [192.0.2.7]", BALANCER),
        ("8.8.8.8, [2001:db8::7", BALANCER),
        ("8.8.8.8, [2001:db8::7]x", BALANCER),
        ("8.8.8.8, fe80::1%eth0", BALANCER),
        ("8.8.8.8, \"192.0.2.7\"", BALANCER),
        ("8.8.8.8, a.example", BALANCER),
        ("8.8.8.8, ::ffff:10.0.0.9 :80", BALANCER),
    ] {
        assert_eq!(client(&[(PLAIN, value)]), last, "{value}");
    }
    for value in [
        "for=8.8.8.8, for=unknown",
        "for=8.8.8.8, for=\"_hidden\"",
        "for=8.8.8.8, proto=http",
        "for=8.8.8.8, for=192.0.2.7;for=192.0.2.8",
        "for=8.8.8.8, for=\"192.0.2.7",
        "for=8.8.8.8, for=\"192.0.2\\.7\"",
        "for=8.8.8.8, 192.0.2.7",
        "for=8.8.8.8, for = 192.0.2.7",
    ] {
        assert_eq!(client(&[(NAMED, value)]), BALANCER, "{value}");
    }
    let not_text: [(&str, &[u8]); 1] = [(PLAIN, b"8.8.8.8, \xff\xfe")];
    assert_eq!(trusted().client(address(BALANCER), &headers(&not_text)), address(BALANCER));
}

#[test]
fn h6_a_header_that_the_balancer_does_not_write_is_not_read_beside_the_one_it_does() {
    let both = [(NAMED, "for=8.8.8.8"), (PLAIN, "192.0.2.7")];
    assert_eq!(client(&both), "192.0.2.7");
    let both = [(NAMED, "for=8.8.8.8"), (PLAIN, "10.9.9.9")];
    assert_eq!(client(&both), "10.9.9.9");
}

#[test]
fn h6_who_is_not_trusted_is_the_client_whatever_it_writes() {
    let lines: [(&str, &[u8]); 2] = [(PLAIN, b"8.8.8.8"), (NAMED, b"for=8.8.8.8")];
    for peer in ["203.0.113.5", "::ffff:203.0.113.5", "11.0.0.1"] {
        let peer = address(peer);
        assert_eq!(trusted().client(peer, &headers(&lines)), peer.to_canonical());
        assert_eq!(TrustedProxies::nobody().client(peer, &headers(&lines)), peer.to_canonical());
    }
    let mapped = address("::ffff:10.0.0.1");
    assert_eq!(trusted().client(mapped, &headers(&lines)), address("8.8.8.8"));
}

#[test]
fn h6_of_a_way_that_is_too_long_the_near_end_counts() {
    let long = format!("8.8.8.8{}", ", 10.0.0.2".repeat(10_000));
    let lines: [(&str, &[u8]); 1] = [(PLAIN, long.as_bytes())];
    let (trusted, headers) = (trusted(), headers(&lines));
    assert_eq!(trusted.way(address(BALANCER), &headers).count(), LONGEST_WAY);
    assert_eq!(trusted.client(address(BALANCER), &headers), address("10.0.0.2"));
}

#[test]
fn networks_are_read_as_they_are_written_and_nothing_else_is() {
    let shown = |text: &str| text.parse::<Network>().map(|network| network.to_string());
    assert_eq!(shown("10.1.2.3/8").as_deref(), Ok("10.0.0.0/8"));
    assert_eq!(shown("192.0.2.7").as_deref(), Ok("192.0.2.7/32"));
    assert_eq!(shown("::ffff:10.0.0.0/104").as_deref(), Ok("10.0.0.0/8"));
    assert_eq!(shown("0.0.0.0/0").as_deref(), Ok("0.0.0.0/0"));
    assert_eq!(shown("2001:db8::/32").as_deref(), Ok("2001:db8::/32"));
    for text in ["", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/", "/8", "a.example", "10.0.0.0/8, ::1", "::1/129"]
    {
        assert!(shown(text).is_err(), "{text}");
    }
    let everybody = TrustedProxies::parse(["0.0.0.0/0"]).expect("a network");
    assert!(everybody.trusts(address("::ffff:192.0.2.1")) && !everybody.trusts(address("2001:db8::1")));
}

proptest! {
    /// Whatever a client sends through a proxy that adds what it saw, its own address is found, and nothing panics.
    #[test]
    fn h6_no_prefix_changes_what_the_balancer_added(
        forged in proptest::collection::vec("[ -~\t]{0,60}|([0-9a-f.:\\[\\]\", =;\\\\]|for=|unknown|10\\.0\\.0\\.1){0,30}", 0..4),
        one_line in any::<bool>(),
        named in any::<bool>(),
        last in any::<u8>(),
    ) {
        let (name, own) = if named {
            (NAMED, format!("for=\"192.0.2.{last}:80\";proto=http"))
        } else {
            (PLAIN, format!("192.0.2.{last}"))
        };
        let mut lines: Vec<String> = forged;
        match lines.last_mut().filter(|_| one_line) {
            Some(line) => *line = format!("{line}, {own}"),
            None => lines.push(own),
        }
        let lines: Vec<_> = lines.iter().map(|line| (name, line.as_bytes())).collect();
        let found = trusted().client(address(BALANCER), &headers(&lines));
        prop_assert_eq!(found, address(&format!("192.0.2.{last}")));
    }

    /// Any bytes at all give one of the addresses that stand there, or the balancer's own.
    #[test]
    fn h6_any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), named in any::<bool>()) {
        let bytes: Vec<u8> = bytes.into_iter().filter(|byte| *byte >= b' ' && *byte != 0x7f || *byte == b'\t').collect();
        let lines = [(if named { NAMED } else { PLAIN }, bytes.as_slice())];
        let _ = trusted().client(address(BALANCER), &headers(&lines));
    }
}
