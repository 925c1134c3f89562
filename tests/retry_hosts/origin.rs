//! An origin on bare TCP that cuts connections where it is told.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use support::serve::listen;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// What it does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Answer,
    /// Answers with this status before it has read the body.
    Early(u16),
    /// Cuts the connection when it has read the head, a part of the body, or all of it.
    CutBeforeBody,
    CutInBody,
    CutAfterBody,
}

/// A request as the origin saw it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) head: String,
    /// `None` if it did not read it to the end.
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) trailers: Vec<String>,
}

type Book = Arc<Mutex<HashMap<String, Vec<Seen>>>>;

#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) addr: SocketAddr,
    book: Book,
}

impl Origin {
    /// Serves; `fate` says what becomes of a request by its path and how many there were of it before.
    pub(crate) async fn start(fate: impl Fn(&str, usize) -> Fate + Clone + Send + Sync + 'static) -> Self {
        let (listener, addr) = listen().await;
        let book = Book::default();
        let origin = Self { addr, book: book.clone() };
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let (book, fate) = (book.clone(), fate.clone());
                tokio::spawn(async move {
                    let mut connection = BufReader::new(connection);
                    while let Ok(true) = serve(&mut connection, &book, &fate).await {}
                });
            }
        });
        origin
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    /// All it saw of the requests to `path`.
    pub(crate) fn seen(&self, path: &str) -> Vec<Seen> {
        self.book.lock().unwrap().get(path).cloned().unwrap_or_default()
    }
}

/// One request; whether the connection is good for another.
async fn serve(
    connection: &mut BufReader<TcpStream>,
    book: &Book,
    fate: &impl Fn(&str, usize) -> Fate,
) -> io::Result<bool> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if connection.read_line(&mut head).await? == 0 {
            return Ok(false);
        }
    }
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let number = {
        let mut book = book.lock().unwrap();
        let seen = book.entry(path.clone()).or_default();
        seen.push(Seen { head: head.clone(), body: None, trailers: Vec::new() });
        seen.len() - 1
    };
    match fate(&path, number) {
        Fate::CutBeforeBody => return Ok(false),
        Fate::CutInBody => {
            connection.read_u8().await?;
            return Ok(false);
        }
        Fate::Early(status) => {
            let answer = format!("HTTP/1.1 {status} Early\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
            connection.write_all(answer.as_bytes()).await?;
            // The client gives up the connection, on which it still has a body to send.
            tokio::io::copy(connection, &mut tokio::io::sink()).await?;
            return Ok(false);
        }
        fate @ (Fate::Answer | Fate::CutAfterBody) => {
            let (body, trailers) = read_body(connection, &head.to_ascii_lowercase()).await?;
            {
                let mut book = book.lock().unwrap();
                let seen = &mut book.get_mut(&path).expect("it was seen")[number];
                (seen.body, seen.trailers) = (Some(body), trailers);
            }
            if fate == Fate::CutAfterBody {
                return Ok(false);
            }
        }
    }
    connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await?;
    Ok(true)
}

async fn read_body(connection: &mut BufReader<TcpStream>, head: &str) -> io::Result<(Vec<u8>, Vec<String>)> {
    let mut body = Vec::new();
    if let Some(len) = head.lines().find_map(|line| line.strip_prefix("content-length: ")) {
        body.resize(len.parse().unwrap(), 0);
        connection.read_exact(&mut body).await?;
    } else if head.contains("\r\ntransfer-encoding: chunked\r\n") {
        loop {
            let len = usize::from_str_radix(&line(connection).await?, 16).unwrap();
            if len == 0 {
                break;
            }
            let start = body.len();
            body.resize(start + len, 0);
            connection.read_exact(&mut body[start..]).await?;
            line(connection).await?;
        }
        let mut trailers = Vec::new();
        loop {
            let line = line(connection).await?;
            if line.is_empty() {
                return Ok((body, trailers));
            }
            trailers.push(line);
        }
    }
    Ok((body, Vec::new()))
}

/// A line without its end; one that is cut off is an error.
async fn line(connection: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    connection.read_line(&mut line).await?;
    match line.strip_suffix("\r\n") {
        Some(line) => Ok(line.to_owned()),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}
