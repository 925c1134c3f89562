//! A request as an origin reads it.

use std::io::{self, ErrorKind};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt};

/// Header fields that a request may have.
const FIELDS: usize = 64;

/// The largest head and body together that an origin takes.
const LARGEST: usize = 64 * 1024;

/// What an origin wants to know of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The number in the path, by which the client tells its requests apart.
    pub(crate) id: u64,
    pub(crate) is_post: bool,
}

/// Reads one whole request; `None` at the end of the connection between two of them. What was read of the next one stays
/// in `buffer`.
///
/// # Errors
/// When the connection breaks off, and when what comes is no request of the rig's clients.
pub(crate) async fn read(
    stream: &mut (impl AsyncRead + Unpin),
    buffer: &mut BytesMut,
) -> io::Result<Option<Seen>> {
    loop {
        if let Some((seen, length)) = parse(buffer)?
            && buffer.len() >= length
        {
            buffer.advance(length);
            return Ok(Some(seen));
        }
        if buffer.len() > LARGEST {
            return Err(invalid("the request is too long"));
        }
        if stream.read_buf(buffer).await? == 0 {
            return if buffer.is_empty() { Ok(None) } else { Err(ErrorKind::UnexpectedEof.into()) };
        }
    }
}

/// The request at the front of `bytes` and its length with the body, once its head is complete.
fn parse(bytes: &[u8]) -> io::Result<Option<(Seen, usize)>> {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    let head = match request.parse(bytes).map_err(invalid)? {
        httparse::Status::Partial => return Ok(None),
        httparse::Status::Complete(head) => head,
    };
    let mut body = 0;
    for field in request.headers.iter() {
        if field.name.eq_ignore_ascii_case("content-length") {
            body = number(field.value).ok_or_else(|| invalid("the length is no number"))?;
        }
        if field.name.eq_ignore_ascii_case("transfer-encoding") {
            return Err(invalid("the client sent a length"));
        }
    }
    let path = request.path.and_then(|path| path.strip_prefix('/'));
    let id = path.and_then(|id| number(id.as_bytes())).ok_or_else(|| invalid("the path is no number"))?;
    let seen = Seen { id, is_post: request.method == Some("POST") };
    Ok(Some((seen, head.saturating_add(usize::try_from(body).map_err(invalid)?))))
}

fn number(text: &[u8]) -> Option<u64> {
    std::str::from_utf8(text).ok()?.trim().parse().ok()
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn all(mut text: &[u8]) -> io::Result<Vec<Seen>> {
        let (mut buffer, mut requests) = (BytesMut::new(), Vec::new());
        while let Some(seen) = read(&mut text, &mut buffer).await? {
            requests.push(seen);
        }
        Ok(requests)
    }

    #[tokio::test]
    async fn requests_are_read_one_by_one_with_their_bodies() {
        let text = b"POST /7 HTTP/1.1\r\ncontent-length: 3\r\n\r\nabcGET /8 HTTP/1.1\r\nhost: a\r\n\r\n";
        let expected = [Seen { id: 7, is_post: true }, Seen { id: 8, is_post: false }];
        assert_eq!(all(text).await.unwrap(), expected);
    }

    #[tokio::test]
    async fn what_breaks_off_or_is_nobodys_request_is_an_error() {
        for text in
            ["GET /1 HT", "POST /1 HTTP/1.1\r\ncontent-length: 3\r\n\r\nab", "GET /a HTTP/1.1\r\n\r\n"]
        {
            assert!(all(text.as_bytes()).await.is_err(), "{text}");
        }
        let chunked = b"POST /1 HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
        assert!(all(chunked).await.is_err());
    }
}
