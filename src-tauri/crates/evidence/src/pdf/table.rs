//! Tables: wrapped cells, a header row repeated on every page, rows that may run over a page's end.

use super::face::Face;
use super::sheet::{BOTTOM, INK, LEFT, RULE, Sheet, WIDTH};

const SIZE: f32 = 7.5;
const LINE: f32 = 9.6;
const PAD: f32 = 3.0;
const SHADE: f32 = 0.92;
/// Rows up to this many lines are kept on one page; longer ones begin with at least as many.
const KEEP: usize = 12;

/// A column.
pub(crate) struct Column {
    /// Its title.
    pub title: &'static str,
    /// Its part of the width, relative to the others'.
    pub share: f32,
}

/// A cell: lines of one face; each line is wrapped on its own.
pub(crate) struct Cell {
    lines: Vec<String>,
    face: Face,
}

impl Cell {
    /// Text for reading.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self { lines: vec![text.into()], face: Face::Sans }
    }

    /// Several lines.
    pub(crate) fn lines(lines: impl IntoIterator<Item = String>) -> Self {
        Self { lines: lines.into_iter().collect(), face: Face::Sans }
    }

    /// Text that decides.
    pub(crate) fn strong(text: impl Into<String>) -> Self {
        Self { lines: vec![text.into()], face: Face::Bold }
    }
}

/// A row with its cells wrapped.
struct Row {
    cells: Vec<(Face, Vec<String>)>,
    height: usize,
}

impl Sheet {
    /// A table. Without rows nothing is drawn: say in words that there are none.
    pub(crate) fn table(&mut self, columns: &[Column], rows: impl IntoIterator<Item = Vec<Cell>>) {
        let total: f32 = columns.iter().map(|column| column.share).sum();
        let widths: Vec<f32> = columns.iter().map(|column| WIDTH * column.share / total).collect();
        let titles = columns.iter().map(|column| Cell::strong(column.title)).collect();
        let header = self.row(titles, &widths);
        let mut begun = false;
        for cells in rows {
            let row = self.row(cells, &widths);
            if !begun {
                let first = (header.height + row.height.min(KEEP)) as f32 * LINE + 4.0 * PAD;
                self.need(first);
                self.header(&header, &widths);
                begun = true;
            }
            self.body(&row, &header, &widths);
        }
        self.y -= 6.0;
    }

    fn row(&self, cells: Vec<Cell>, widths: &[f32]) -> Row {
        let cells: Vec<_> = cells
            .into_iter()
            .zip(widths)
            .map(|(cell, width)| {
                let wrapped = cell.lines.iter();
                let wrapped =
                    wrapped.flat_map(|line| self.lines_of(line, cell.face, SIZE, width - 2.0 * PAD));
                (cell.face, wrapped.collect::<Vec<_>>())
            })
            .collect();
        let height = cells.iter().map(|(_, lines)| lines.len()).max().unwrap_or_default().max(1);
        Row { cells, height }
    }

    fn header(&mut self, header: &Row, widths: &[f32]) {
        let height = header.height as f32 * LINE + 2.0 * PAD;
        self.fill(LEFT, self.y - height, WIDTH, height, SHADE);
        self.part(header, 0, header.height, widths);
    }

    /// A row, in as many parts as the pages need.
    fn body(&mut self, row: &Row, header: &Row, widths: &[f32]) {
        let mut done = 0;
        while done < row.height {
            let left = row.height - done;
            let room = ((self.y - BOTTOM - 2.0 * PAD) / LINE).max(0.0) as usize;
            if room < left.min(KEEP) {
                self.new_page();
                self.header(header, widths);
                continue;
            }
            self.part(row, done, room.min(left), widths);
            done += room.min(left);
        }
        self.rule(self.y, 0.3, RULE);
    }

    /// Some lines of a row.
    fn part(&mut self, row: &Row, from: usize, count: usize, widths: &[f32]) {
        let mut x = LEFT;
        for ((face, lines), width) in row.cells.iter().zip(widths) {
            for (number, line) in lines.iter().skip(from).take(count).enumerate() {
                let baseline = self.y - PAD - SIZE - number as f32 * LINE;
                self.line(line, *face, SIZE, INK, x + PAD, baseline);
            }
            x += width;
        }
        self.y -= count as f32 * LINE + 2.0 * PAD;
    }
}
