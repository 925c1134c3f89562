//! Follows a chunked body: sizes, extensions, data, trailers, end.

use super::Malformed;

/// Hex digits of a chunk size. Fifteen hold a petabyte and cannot overflow.
const MAX_SIZE_DIGITS: u8 = 15;

/// Bytes of extensions in one body. Nobody uses them, so a flood of them has no honest reason.
const MAX_EXTENSIONS: u16 = 1024;

/// Bytes of one body's trailers.
const MAX_TRAILERS: usize = 8 * 1024;

/// Fields in one body's trailers.
const MAX_TRAILER_FIELDS: usize = 32;

/// Where in a chunked body the stream stands.
#[derive(Debug)]
pub(super) struct Chunked {
    state: State,
    extensions: u16,
}

#[derive(Debug)]
enum State {
    Size {
        digits: u8,
        size: u64,
    },
    /// White space behind a size, allowed only if an extension follows.
    SizeSpace {
        size: u64,
    },
    Extension {
        size: u64,
    },
    SizeLf {
        size: u64,
    },
    Data {
        left: u64,
    },
    DataCr,
    DataLf,
    Trailers(Vec<u8>),
}

impl Chunked {
    pub(super) fn new() -> Self {
        Self { state: State::Size { digits: 0, size: 0 }, extensions: 0 }
    }

    /// Follows `bytes` and says how many belong to this body and whether it ends there.
    ///
    /// # Errors
    /// The offset of the byte that breaks the framing, and why.
    pub(super) fn follow(&mut self, bytes: &[u8]) -> Result<(usize, bool), (usize, Malformed)> {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if let State::Data { left } = &mut self.state {
                let here = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len() - at);
                *left -= here as u64;
                at += here;
                if *left == 0 {
                    self.state = State::DataCr;
                }
                continue;
            }
            let ended = self.step(byte).map_err(|malformed| (at, malformed))?;
            at += 1;
            if ended {
                return Ok((at, true));
            }
        }
        Ok((at, false))
    }

    /// One byte outside of chunk data; `true` when it is the last of the body.
    fn step(&mut self, byte: u8) -> Result<bool, Malformed> {
        let next = match &mut self.state {
            State::Size { digits, size } => match (byte, hex(byte)) {
                (_, Some(_)) if *digits == MAX_SIZE_DIGITS => return Err(Malformed("chunk size overflows")),
                (_, Some(digit)) => State::Size { digits: *digits + 1, size: *size << 4 | digit },
                _ if *digits == 0 => return Err(Malformed("chunk size has no digit")),
                (b'\r', _) => State::SizeLf { size: *size },
                (b';', _) => State::Extension { size: *size },
                (b' ' | b'\t', _) => State::SizeSpace { size: *size },
                _ => return Err(Malformed("invalid byte in a chunk size")),
            },
            State::SizeSpace { size } => match byte {
                b' ' | b'\t' => State::SizeSpace { size: *size },
                b';' => State::Extension { size: *size },
                _ => return Err(Malformed("white space behind a chunk size")),
            },
            State::Extension { size } => match byte {
                b'\r' => State::SizeLf { size: *size },
                b'\t' | b' '..=0x7e | 0x80.. => State::Extension { size: *size },
                _ => return Err(Malformed("invalid byte in a chunk extension")),
            },
            State::SizeLf { size } => match (byte, *size) {
                (b'\n', 0) => State::Trailers(Vec::new()),
                (b'\n', size) => State::Data { left: size },
                _ => return Err(Malformed("bare CR behind a chunk size")),
            },
            State::Data { .. } => unreachable!("data is skipped as a whole"),
            State::DataCr if byte == b'\r' => State::DataLf,
            State::DataLf if byte == b'\n' => State::Size { digits: 0, size: 0 },
            State::DataCr | State::DataLf => return Err(Malformed("chunk is longer than its size")),
            State::Trailers(held) => return trailer(held, byte),
        };
        if matches!(next, State::SizeSpace { .. } | State::Extension { .. }) {
            self.extensions += 1;
            if self.extensions > MAX_EXTENSIONS {
                return Err(Malformed("chunk extensions are too long"));
            }
        }
        self.state = next;
        Ok(false)
    }
}

fn hex(byte: u8) -> Option<u64> {
    char::from(byte).to_digit(16).map(u64::from)
}

/// Holds trailer bytes until their empty line, then judges them as fields.
fn trailer(held: &mut Vec<u8>, byte: u8) -> Result<bool, Malformed> {
    let after_cr = held.last() == Some(&b'\r');
    if after_cr != (byte == b'\n') {
        return Err(Malformed("bare CR or LF in the trailers"));
    }
    if held.len() == MAX_TRAILERS {
        return Err(Malformed("trailers are too long"));
    }
    held.push(byte);
    if held == b"\r\n" {
        return Ok(true);
    }
    if !held.ends_with(b"\r\n\r\n") {
        return Ok(false);
    }
    let mut fields = [httparse::EMPTY_HEADER; MAX_TRAILER_FIELDS];
    let Ok(httparse::Status::Complete((_, fields))) = httparse::parse_headers(held, &mut fields) else {
        return Err(Malformed("invalid trailer"));
    };
    const FRAMING: [&str; 3] = ["content-length", "transfer-encoding", "host"];
    if fields.iter().any(|field| FRAMING.iter().any(|name| field.name.eq_ignore_ascii_case(name))) {
        return Err(Malformed("framing field in the trailers"));
    }
    Ok(true)
}
