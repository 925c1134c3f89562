//! What messages of the same fault have in common: all that changes from one to the next becomes a word in angle brackets.
//!
//! Numbers, addresses, identifiers, times and durations, paths with any of these in them, e-mail addresses, URLs and what
//! stands in quotes. One pass, in time that grows with the text alone; a mask of a mask is the mask.

use std::net::Ipv6Addr;

/// Appends `text` to `out`, masked.
pub(super) fn mask(text: &str, out: &mut String) {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut before = None;
    // The quotes of which none follows that closes: they need not be looked for again.
    let mut unclosed = [false; QUOTES.len()];
    while at < bytes.len() {
        let byte = bytes[at];
        if is_word(byte) {
            let end = at + bytes[at..].iter().take_while(|byte| is_word(**byte)).count();
            word(&text[at..end], out);
            before = Some(bytes[end - 1]);
            at = end;
        } else if opens(before)
            && let Some(quote) = QUOTES.iter().position(|quote| *quote == byte)
            && !unclosed[quote]
            && let Some(length) = quoted(&bytes[at..], &mut unclosed[quote])
        {
            out.push_str("<quoted>");
            at += length;
            before = Some(b'>');
        } else {
            let length = text[at..].chars().next().map_or(1, char::len_utf8);
            out.push_str(&text[at..at + length]);
            before = Some(byte);
            at += length;
        }
    }
}

const QUOTES: [u8; 3] = [b'\'', b'"', b'`'];

/// Whether a quote after `before` opens one, and is no apostrophe.
fn opens(before: Option<u8>) -> bool {
    before.is_none_or(|before| before.is_ascii() && !before.is_ascii_alphanumeric() && before != b'>')
}

/// How long the text in quotes is that begins here, with its quotes.
fn quoted(bytes: &[u8], unclosed: &mut bool) -> Option<usize> {
    let closes = |at: &usize| bytes[*at] == bytes[0] && bytes.get(at + 1).is_none_or(|next| !goes_on(*next));
    let end = (1..bytes.len()).find(closes);
    *unclosed = end.is_none();
    end.map(|end| end + 1)
}

/// Whether what follows a quote makes it an apostrophe. A mask begins with a bracket where there was a letter or a digit.
const fn goes_on(next: u8) -> bool {
    next.is_ascii_alphanumeric() || !next.is_ascii() || next == b'<'
}

/// What words are made of, from numbers to URLs.
const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'_' | b'-' | b'.' | b':' | b'/' | b'@' | b'%' | b'+' | b'\\' | b'~' | b'?' | b'&' | b'=' | b'#'
        )
        || !byte.is_ascii()
}

/// Masks one word, but for what ends a sentence.
fn word(word: &str, out: &mut String) {
    let mut plain = word.trim_end_matches(['.', ':', '?']);
    if word[plain.len()..].starts_with("::") {
        // It may be the end of an address, and not of a sentence.
        let zeros = &word[..plain.len() + 2];
        let last = zeros.rsplit(ends_part).next().unwrap_or(zeros);
        if last.bytes().any(|byte| byte.is_ascii_digit()) && is_address(last) {
            plain = zeros;
        }
    }
    let end = &word[plain.len()..];
    if let Some(whole) = whole(plain) {
        out.push_str(whole);
    } else {
        // `user=42` is two words, and so are the parts of a path.
        let mut from = 0;
        for (at, byte) in plain.bytes().enumerate() {
            if ends_part(char::from(byte)) {
                part(&plain[from..at], out);
                out.push(char::from(byte));
                from = at + 1;
            }
        }
        part(&plain[from..], out);
    }
    out.push_str(end);
}

const fn ends_part(sign: char) -> bool {
    matches!(sign, '/' | '\\' | '=' | '&' | '?' | '#')
}

/// What a word is that has parts of its own.
fn whole(word: &str) -> Option<&'static str> {
    let bytes = word.as_bytes();
    // Most words are letters, for which one look does.
    if !bytes.iter().any(|byte| matches!(byte, b':' | b'@' | b'.')) {
        return None;
    }
    if bytes.windows(3).any(|three| three == b"://") {
        return Some("<url>");
    }
    let email = word.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.'));
    email.then_some("<email>").or_else(|| is_address(word).then_some("<address>"))
}

/// A part of a word: nothing in it that ends one.
fn part(word: &str, out: &mut String) {
    // Below zero is a number as well.
    let word = match word.as_bytes() {
        [b'-' | b'+', b'0'..=b'9', ..] => &word[1..],
        _ => word,
    };
    let bytes = word.as_bytes();
    let Some(first) = bytes.iter().position(u8::is_ascii_digit) else {
        out.push_str(if is_address(word) { "<address>" } else { word });
        return;
    };
    let known = if is_uuid(bytes) {
        Some("<uuid>")
    } else if is_hex(bytes) {
        Some("<hex>")
    } else if is_address(word) {
        Some("<address>")
    } else if bytes[0].is_ascii_digit() && is_time(bytes) {
        Some("<time>")
    } else if first == 0 && is_duration(word) {
        Some("<duration>")
    } else if is_identifier(bytes) {
        Some("<id>")
    } else {
        None
    };
    match known {
        Some(known) => out.push_str(known),
        None => numbers(word, out),
    }
}

/// Each number in a word: digits, with what stands between those of one number.
fn numbers(word: &str, out: &mut String) {
    let bytes = word.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut at = 0;
    while at < bytes.len() {
        if digit(at) {
            while digit(at) || (bytes.get(at) == Some(&b'.') && digit(at + 1)) {
                at += 1;
            }
            out.push_str("<n>");
        } else {
            let length = bytes[at..].iter().take_while(|byte| !byte.is_ascii_digit()).count();
            out.push_str(&word[at..at + length]);
            at += length;
        }
    }
}

fn is_uuid(bytes: &[u8]) -> bool {
    let sign = |(at, byte): (usize, &u8)| match at {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    bytes.len() == 36 && bytes.iter().enumerate().all(sign)
}

/// `0x…`, or eight hexadecimal digits and more that are not all decimal.
fn is_hex(bytes: &[u8]) -> bool {
    let (marked, digits) = match bytes {
        [b'0', b'x' | b'X', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let hexadecimal = !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit);
    hexadecimal && (marked || (digits.len() >= 8 && digits.iter().any(u8::is_ascii_alphabetic)))
}

/// `12:30:05`, `2026-11-22`, `2026-11-22T12:30:05.123Z`.
fn is_time(bytes: &[u8]) -> bool {
    let of_time = |byte: &u8| byte.is_ascii_digit() || b":-.TZ+".contains(byte);
    let signs = bytes.iter().filter(|byte| matches!(byte, b':' | b'-')).count();
    bytes.iter().all(of_time) && signs >= 2
}

/// By its shape: whether a message has an address in it does not depend on which.
fn is_address(word: &str) -> bool {
    // Shorter than the parser's own refusal: most words are no address.
    let plausible = word.len() <= 60 && word.bytes().filter(|byte| matches!(byte, b'.' | b':')).count() >= 2;
    // Brackets, and a port behind them, are words of their own.
    plausible && (is_dotted(word) || word.split('%').next().is_some_and(|of| of.parse::<Ipv6Addr>().is_ok()))
}

/// `10.0.0.7`, `10.0.0.7:5432`: four numbers, which may be those of no host, and a port.
fn is_dotted(word: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (host, port) = word.split_once(':').unwrap_or((word, "0"));
    host.split('.').count() == 4 && host.split('.').all(number) && number(port)
}

/// `1.5s`, `20ms`, `1m30s`.
fn is_duration(word: &str) -> bool {
    let mut rest = word;
    while !rest.is_empty() {
        let unit = rest.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
        let ends = unit.find(|letter: char| letter.is_ascii_digit()).unwrap_or(unit.len());
        let (unit, more) = unit.split_at(ends);
        let units = ["ns", "us", "µs", "ms", "s", "sec", "secs", "m", "min", "mins", "h", "hr", "hrs", "d"];
        if !units.contains(&unit) || !rest.starts_with(|letter: char| letter.is_ascii_digit()) {
            return false;
        }
        rest = more;
    }
    true
}

/// Sixteen letters and digits and more, in which several digits are strewn: what a machine made up.
fn is_identifier(bytes: &[u8]) -> bool {
    let plain = bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    let letters = bytes.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    // How often letters turn to digits: a name with a number at its end does so once.
    let turns =
        bytes.windows(2).filter(|two| two[0].is_ascii_alphabetic() && two[1].is_ascii_digit()).count();
    bytes.len() >= 16 && plain && letters > 0 && digits >= 3 && turns >= 2
}
