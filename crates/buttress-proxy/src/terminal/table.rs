//! Headings, lines and tables in the width that there is.

use std::fmt;
use std::io::{self, Write};

use comfy_table::{
    Attribute, CellAlignment, Color, ColumnConstraint, ContentArrangement, Table, Width, presets,
};

use super::{Ink, Paint};

/// What is assumed of a reader that is no terminal, and of one that does not say.
const WIDTH: u16 = 80;

/// In less than this no table can be read; a terminal that is narrower wraps the lines itself.
const NARROW: u16 = 40;

/// The longest name that is not broken: host names of this length leave room for what is said of them.
const LONGEST_NAME: usize = 28;

/// A page on the way to its reader.
#[derive(Debug)]
pub(crate) struct Screen<W> {
    out: W,
    pub(crate) paint: Paint,
    pub(crate) width: u16,
}

/// One field of a table.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    text: String,
    ink: Option<Ink>,
    is_number: bool,
}

impl Cell {
    pub(crate) fn text(text: impl fmt::Display) -> Self {
        Self { text: text.to_string(), ink: None, is_number: false }
    }

    /// At the right side of its column.
    pub(crate) fn number(number: impl fmt::Display) -> Self {
        Self { is_number: true, ..Self::text(number) }
    }

    pub(crate) fn ink(self, ink: impl Into<Option<Ink>>) -> Self {
        Self { ink: ink.into(), ..self }
    }
}

impl Screen<io::Stdout> {
    /// Standard output, with colour and as wide as the terminal if it is one.
    pub(crate) fn of_stdout() -> Self {
        // Some terminals say that they have no columns.
        let width = Table::new().width().filter(|width| *width > 0).unwrap_or(WIDTH);
        Self { out: io::stdout(), paint: Paint::of_stdout(), width: width.max(NARROW) }
    }
}

#[cfg(test)]
impl Screen<Vec<u8>> {
    /// One that is no terminal and keeps what is shown.
    pub(crate) fn plain(width: u16) -> Self {
        Self { out: Vec::new(), paint: Paint::Plain, width }
    }

    /// What was shown.
    pub(crate) fn into_text(self) -> String {
        String::from_utf8(self.out).expect("only text was shown")
    }
}

impl<W: Write> Screen<W> {
    pub(crate) fn line(&mut self, line: impl fmt::Display) -> io::Result<()> {
        writeln!(self.out, "{line}")
    }

    /// What the lines below are about, behind an empty line.
    pub(crate) fn heading(&mut self, heading: &str) -> io::Result<()> {
        let heading = self.paint.with(Ink::Bold, heading);
        writeln!(self.out, "\n{heading}")
    }

    /// Words that are wrapped at the width, with `mark` before the first line and as much space before the others.
    pub(crate) fn paragraph(&mut self, mark: &str, words: &str) -> io::Result<()> {
        let indent = mark.chars().count();
        let room = usize::from(self.width).saturating_sub(indent).max(20);
        let lines = super::text::wrap(words.split_whitespace().map(str::to_owned).collect(), room);
        for (at, line) in lines.iter().enumerate() {
            let before = if at == 0 { mark } else { "" };
            writeln!(self.out, "{before:indent$}{line}")?;
        }
        Ok(())
    }

    /// Rows below their heads, without lines between them.
    pub(crate) fn table<const N: usize>(&mut self, heads: [&str; N], rows: Vec<[Cell; N]>) -> io::Result<()> {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        // One column is before it.
        table.set_width(self.width - 1);
        match self.paint {
            Paint::Colour => table.enforce_styling(),
            Paint::Plain => table.force_no_tty(),
        };
        // What a row is about stays on one line, if any does.
        let longest = rows.iter().map(|row| row[0].text.chars().count()).max().unwrap_or(0);
        let name = u16::try_from(longest.min(LONGEST_NAME)).unwrap_or(0);
        let is_number: [bool; N] =
            std::array::from_fn(|at| rows.first().is_some_and(|row| row[at].is_number));
        let head = |at: usize| {
            let alignment = if is_number[at] { CellAlignment::Right } else { CellAlignment::Left };
            comfy_table::Cell::new(heads[at]).add_attribute(Attribute::Dim).set_alignment(alignment)
        };
        table.set_header((0..N).map(head));
        for row in rows {
            table.add_row(row.map(drawn));
        }
        if let Some(column) = table.column_mut(0) {
            // With the space on both sides of it.
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(name + 2)));
        }
        for line in table.lines() {
            writeln!(self.out, " {}", line.trim_end())?;
        }
        Ok(())
    }
}

fn drawn(cell: Cell) -> comfy_table::Cell {
    let alignment = if cell.is_number { CellAlignment::Right } else { CellAlignment::Left };
    let drawn = comfy_table::Cell::new(cell.text).set_alignment(alignment);
    match cell.ink {
        None => drawn,
        Some(Ink::Bold) => drawn.add_attribute(Attribute::Bold),
        Some(Ink::Dim) => drawn.add_attribute(Attribute::Dim),
        Some(Ink::Red) => drawn.fg(Color::DarkRed),
        Some(Ink::Green) => drawn.fg(Color::DarkGreen),
        Some(Ink::Yellow) => drawn.fg(Color::DarkYellow),
    }
}
