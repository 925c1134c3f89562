//! The story for programs: one JSON object a line.

use std::io::{self, Write};

use serde::Serialize;

use super::report::{Report, Row, Scene, Summary};

/// Writes each row as a line of its own, and last `{"summary": …}`; nothing else.
#[derive(Debug)]
pub(super) struct Json<W>(W);

impl<W: Write> Json<W> {
    pub(super) fn new(out: W) -> Self {
        Self(out)
    }

    fn line(&mut self, value: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(value)?;
        line.push(b'\n');
        self.0.write_all(&line)?;
        self.0.flush()
    }
}

impl<W: Write> Report for Json<W> {
    fn begin(&mut self, _: &Scene) -> io::Result<()> {
        Ok(())
    }

    fn row(&mut self, row: &Row) -> io::Result<()> {
        self.line(row)
    }

    fn end(&mut self, summary: &Summary) -> io::Result<()> {
        #[derive(Serialize)]
        struct Last<'a> {
            summary: &'a Summary,
        }
        self.line(&Last { summary })
    }
}
