//! Judges one request head: is it complete, is it well formed, and how long is its body.

use std::mem::MaybeUninit;

use super::Malformed;

/// The longest head that is read, request line and empty line included.
pub(crate) const MAX_HEAD: usize = 32 * 1024;

/// The most header fields one head may hold.
pub(crate) const MAX_FIELDS: usize = 100;

/// The largest announced body. Every parser on the way can hold it in a signed 64-bit number.
const MAX_LENGTH: u64 = i64::MAX as u64;

/// What the bytes seen so far amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Head {
    /// More bytes are needed.
    Partial,
    /// A whole head of `len` bytes.
    Complete { len: usize, body: Length },
    /// Too long, or too many fields.
    TooLarge,
}

/// How the body behind a head is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    Sized(u64),
    Chunked,
}

/// Reads the head at the start of `bytes`.
///
/// `httparse` already refuses a folded line, white space around a name, and control bytes. It accepts a
/// line that ends in a bare LF and any number of empty lines before the head; both are refused here.
pub(super) fn judge(bytes: &[u8]) -> Result<Head, Malformed> {
    let start = skip_empty_line(bytes)?;
    let mut fields = [const { MaybeUninit::<httparse::Header<'_>>::uninit() }; MAX_FIELDS];
    let mut request = httparse::Request::new(&mut []);
    let len = match request.parse_with_uninit_headers(&bytes[start..], &mut fields) {
        Ok(httparse::Status::Complete(len)) => start + len,
        Ok(httparse::Status::Partial) if bytes.len() > MAX_HEAD => return Ok(Head::TooLarge),
        Ok(httparse::Status::Partial) => return Ok(Head::Partial),
        Err(httparse::Error::TooManyHeaders) => return Ok(Head::TooLarge),
        Err(error) => return Err(Malformed(describe(error))),
    };
    if len > MAX_HEAD {
        return Ok(Head::TooLarge);
    }
    every_line_ends_in_crlf(&bytes[..len], request.headers)?;
    let body = body_length(request.version == Some(1), request.headers)?;
    Ok(Head::Complete { len, body })
}

/// One empty line before a request is the known slip of old clients; more is not.
fn skip_empty_line(bytes: &[u8]) -> Result<usize, Malformed> {
    let start = if bytes.starts_with(b"\r\n") { 2 } else { 0 };
    match bytes.get(start) {
        Some(b'\n') => Err(Malformed("line ends in a bare LF")),
        Some(b'\r') if start > 0 => Err(Malformed("more than one empty line before a request")),
        _ => Ok(start),
    }
}

/// A name begins right behind the end of the line before it, so the two bytes there tell how that line ended.
fn every_line_ends_in_crlf(head: &[u8], fields: &[httparse::Header<'_>]) -> Result<(), Malformed> {
    let base = head.as_ptr().addr();
    let crlf_before = |offset: usize| head[..offset].ends_with(b"\r\n");
    let lines = fields.iter().all(|field| crlf_before(field.name.as_ptr().addr() - base));
    if lines && head.ends_with(b"\r\n\r\n") { Ok(()) } else { Err(Malformed("line ends in a bare LF")) }
}

fn body_length(http11: bool, fields: &[httparse::Header<'_>]) -> Result<Length, Malformed> {
    let mut length = None;
    let mut chunked = false;
    for field in fields {
        if field.name.eq_ignore_ascii_case("content-length") {
            if length.replace(content_length(field.value)?).is_some() {
                return Err(Malformed("content-length is repeated"));
            }
        } else if field.name.eq_ignore_ascii_case("transfer-encoding") {
            if !http11 {
                return Err(Malformed("transfer-encoding in an HTTP/1.0 request"));
            }
            if chunked || !field.value.eq_ignore_ascii_case(b"chunked") {
                return Err(Malformed("transfer-encoding is not chunked alone"));
            }
            chunked = true;
        }
    }
    match (length, chunked) {
        (Some(_), true) => Err(Malformed("both content-length and transfer-encoding")),
        (None, true) => Ok(Length::Chunked),
        (length, false) => Ok(Length::Sized(length.unwrap_or(0))),
    }
}

/// Digits alone: no sign, no list, no inner white space, and a number that fits.
fn content_length(value: &[u8]) -> Result<u64, Malformed> {
    const INVALID: Malformed = Malformed("content-length is not a number that fits");
    if value.is_empty() {
        return Err(INVALID);
    }
    value
        .iter()
        .try_fold(0_u64, |length, byte| {
            let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
            length.checked_mul(10)?.checked_add(digit)
        })
        .filter(|length| *length <= MAX_LENGTH)
        .ok_or(INVALID)
}

fn describe(error: httparse::Error) -> &'static str {
    match error {
        httparse::Error::HeaderName => "invalid header name",
        httparse::Error::HeaderValue => "invalid header value",
        httparse::Error::NewLine => "invalid line end",
        httparse::Error::Version => "invalid HTTP version",
        _ => "invalid request line",
    }
}
