//! The follower against streams of both kinds, whole, byte by byte, and cut at random places.

use super::*;

/// Follows `pieces` and returns where in the whole stream a violation begins.
fn follow<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Follower, Violation> {
    let mut follower = Follower::new();
    let mut before = 0;
    for piece in pieces {
        follower
            .follow(piece)
            .map_err(|violation| Violation { good: before + violation.good, ..violation })?;
        before += piece.len();
    }
    Ok(follower)
}

/// Every cut of `stream` a test tries: whole, byte by byte, and fifty at random.
fn cuts(stream: &[u8]) -> Vec<Vec<&[u8]>> {
    let mut dice = 0x9e37_79b9_7f4a_7c15_u64;
    let mut roll = move |below: usize| {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        1 + usize::try_from(dice % below as u64).unwrap()
    };
    let mut cuts = vec![vec![stream], stream.chunks(1).collect()];
    for _ in 0..50 {
        let (mut pieces, mut rest) = (Vec::new(), stream);
        while !rest.is_empty() {
            let (piece, later) = rest.split_at(roll(40).min(rest.len()));
            pieces.push(piece);
            rest = later;
        }
        cuts.push(pieces);
    }
    cuts
}

#[test]
fn well_framed_streams_pass_however_they_are_cut() {
    let streams: &[&[u8]] = &[
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length:  5 \r\n\r\nabcdeGET / HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 29\r\n\r\nGET /hidden HTTP/1.1\r\nA:b\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\ntransfer-encoding: Chunked\r\n\r\n5\r\nab\r\nc\r\n00A;x=\"y z\"\r\n0123456789\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1 ; a=b\r\nx\r\n0\r\nX-Sum: 1\r\nY: \r\n\r\nGET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: \tobs\xff\r\nEmpty:\r\n\r\n",
    ];
    for stream in streams {
        for pieces in cuts(stream) {
            let follower = follow(pieces);
            let ended = follower.as_ref().is_ok_and(Follower::is_between_requests);
            assert!(ended, "{} gives {follower:?}", stream.escape_ascii());
        }
    }
}

#[test]
fn h1_malformed_heads_are_refused_however_they_are_cut() {
    let heads: &[&str] = &[
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5\r\nContent-Length: 5",
        "Content-Length: 5, 5",
        "Content-Length: +5",
        "Content-Length: -5",
        "Content-Length: 5 5",
        "Content-Length: 0x5",
        "Content-Length:",
        "Content-Length: 9223372036854775808",
        "Content-Length: 18446744073709551616",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: \"chunked\"",
        "Transfer-Encoding:",
        "A: b\r\n folded",
        "A: b\r\n\tfolded",
        "A : b",
        " A: b",
        ": b",
        "A",
        "A: b\rc",
        "A: b\nC: d",
        "A: b\0c",
        "A\0: b",
        "A: b\x7f",
    ];
    for fields in heads {
        let stream = format!("POST / HTTP/1.1\r\n{fields}\r\n\r\n");
        for pieces in cuts(stream.as_bytes()) {
            let violation = follow(pieces).expect_err(&stream);
            assert!(matches!(violation.kind, ViolationKind::Head(_)), "{stream:?} gives {violation:?}");
        }
    }
}

#[test]
fn h1_malformed_request_lines_are_refused_however_they_are_cut() {
    let lines: &[&str] = &[
        "GET  / HTTP/1.1\r\n\r\n",
        "GET /a b HTTP/1.1\r\n\r\n",
        "GET /\r\n\r\n",
        "GET / HTTP/1.2\r\n\r\n",
        "GET / HTTP/2.0\r\n\r\n",
        "GET / http/1.1\r\n\r\n",
        "GET / HTTP/1.1 \r\n\r\n",
        "G\0T / HTTP/1.1\r\n\r\n",
        " GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\n\r\n",
        "GET / HTTP/1.1\r\n\n",
        "GET / HTTP/1.1\n\n",
        "\nGET / HTTP/1.1\r\n\r\n",
        "\r\n\r\nGET / HTTP/1.1\r\n\r\n",
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
    ];
    for line in lines {
        for pieces in cuts(line.as_bytes()) {
            let violation = follow(pieces).expect_err(line);
            assert!(matches!(violation.kind, ViolationKind::Head(_)), "{line:?} gives {violation:?}");
        }
    }
}

#[test]
fn h1_malformed_chunks_are_refused_at_the_same_byte_however_they_are_cut() {
    let bodies: &[(&str, &str)] = &[
        ("", "\r\n"),
        ("", ";a\r\n"),
        ("", " 5\r\n"),
        ("", "-1\r\n"),
        ("0", "x5\r\n"),
        ("5", "g\r\n"),
        ("5", "\nabcde"),
        ("5 ", "\r\nabcde"),
        ("5 ", "5\r\nabcde"),
        ("5\r", "abcde"),
        ("5;a", "\nabcde"),
        ("5;a", "\0\r\nabcde"),
        ("5;a\r", "b\r\n"),
        ("5\r\nabcde", "f\r\n"),
        ("5\r\nabcde", "\n0\r\n"),
        ("5\r\nabcde\r", "0\r\n"),
        ("100000000000000", "0\r\n"),
        ("000000000000000", "1\r\nx"),
        ("0\r\nA: b", "\n\r\n"),
        ("0\r\nA: b\r", "c\r\n\r\n"),
        ("0\r\nA b\r\n\r", "\n"),
        ("0\r\n A: b\r\n\r", "\n"),
        ("0\r\nContent-Length: 5\r\n\r", "\n"),
        ("0\r\ntransfer-encoding: chunked\r\n\r", "\n"),
        ("0\r\n\r", "\r\n"),
    ];
    let head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (good, bad) in bodies {
        let stream = format!("{head}{good}{bad}");
        for pieces in cuts(stream.as_bytes()) {
            let violation = follow(pieces).expect_err(&stream);
            assert!(matches!(violation.kind, ViolationKind::Body(_)), "{stream:?} gives {violation:?}");
            assert_eq!(violation.good, head.len() + good.len(), "{stream:?} gives {violation:?}");
        }
    }
}

#[test]
fn h1_endless_extensions_and_trailers_are_refused() {
    let head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    let floods = [
        format!("{head}5;{}\r\nabcde\r\n0\r\n\r\n", "x".repeat(2000)),
        format!("{head}{}0\r\n\r\n", "1;abcdef\r\nx\r\n".repeat(300)),
        format!("{head}0\r\nA: {}\r\n\r\n", "x".repeat(9000)),
        format!("{head}0\r\n{}\r\n", "A: b\r\n".repeat(33)),
    ];
    for stream in floods {
        for pieces in cuts(stream.as_bytes()) {
            let violation = follow(pieces).expect_err("a flood passed");
            assert!(matches!(violation.kind, ViolationKind::Body(_)), "{violation:?}");
        }
    }
}

#[test]
fn h8_heads_over_the_limits_are_too_large() {
    let long = format!("GET / HTTP/1.1\r\nA: {}\r\n\r\n", "x".repeat(MAX_HEAD));
    let endless = format!("GET / HTTP/1.1\r\nA: {}", "x".repeat(2 * MAX_HEAD));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(101));
    for stream in [long, endless, many] {
        for pieces in cuts(stream.as_bytes()) {
            assert_eq!(follow(pieces).expect_err("it passed").kind, ViolationKind::TooLarge);
        }
    }
    let all = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(100));
    assert!(follow([all.as_bytes()]).is_ok());
}

#[test]
fn h1_what_comes_before_a_violation_may_be_handed_on() {
    let good = b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc";
    let stream = [&good[..], b"GET / HTTP/1.1\nHost: a\r\n\r\n"].concat();
    assert_eq!(follow([&stream[..]]).expect_err("it passed").good, good.len());
}
