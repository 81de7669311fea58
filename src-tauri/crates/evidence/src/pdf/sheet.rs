//! Filling A4 pages from top to bottom.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use lockstep_domain::digest::Digest;
use printpdf::{Color, FontId, Op, PaintMode, PdfFontHandle, Point, Pt, Rect, Rgb, TextItem, WindingOrder};

use super::PdfError;
use super::face::Face;
use super::safe::safe;
use super::wrap::wrap;

// Points; the origin is the page's lower left corner.
pub(super) const PAGE_WIDTH: f32 = 595.28;
pub(super) const PAGE_HEIGHT: f32 = 841.89;
pub(super) const LEFT: f32 = 48.0;
pub(super) const WIDTH: f32 = PAGE_WIDTH - 2.0 * LEFT;
const TOP: f32 = PAGE_HEIGHT - 64.0;
pub(super) const BOTTOM: f32 = 62.0;
const LABEL_WIDTH: f32 = 128.0;
const LABEL_GAP: f32 = 8.0;
const BODY: f32 = 8.5;
const SMALL: f32 = 7.0;
/// Line height over font size.
const LEADING: f32 = 1.32;

/// How dark something is printed, from black (0) to white (1).
pub(super) const INK: f32 = 0.1;
const MUTED: f32 = 0.38;
pub(super) const RULE: f32 = 0.75;

/// What stands on every page, and what the file says of itself.
pub(crate) struct Frame {
    /// Title of the document.
    pub title: String,
    /// The organisation.
    pub organisation: String,
    /// What the document is about, by our id ("run …").
    pub subject: String,
    /// A remark for the foot of every page.
    pub note: String,
    /// The creation date in the file.
    pub made_at: DateTime<Utc>,
    /// Identifies the content; becomes the file's id.
    pub identity: Digest,
}

/// Pages being filled.
pub(crate) struct Sheet {
    frame: Frame,
    pages: Vec<Vec<Op>>,
    used: [BTreeSet<char>; 3],
    /// Where the next thing begins, counted down.
    pub(super) y: f32,
}

impl Sheet {
    /// The first page, with the title and a line below it.
    pub(crate) fn new(frame: Frame, subtitle: &str) -> Self {
        let title = frame.title.clone();
        let mut sheet = Self { frame, pages: vec![Vec::new()], used: Default::default(), y: TOP };
        sheet.flow(&title, Face::Bold, 17.0, INK, LEFT, WIDTH);
        sheet.y -= 2.0;
        sheet.flow(subtitle, Face::Sans, 10.0, MUTED, LEFT, WIDTH);
        sheet.y -= 4.0;
        sheet.rule(sheet.y, 0.8, 0.3);
        sheet.y -= 10.0;
        sheet
    }

    /// A heading that stays with what follows.
    pub(crate) fn heading(&mut self, text: &str) {
        self.need(64.0);
        self.y -= 10.0;
        self.flow(text, Face::Bold, 11.5, INK, LEFT, WIDTH);
        self.y -= 4.0;
    }

    /// A smaller heading.
    pub(crate) fn subheading(&mut self, text: &str) {
        self.need(56.0);
        self.y -= 6.0;
        self.flow(text, Face::Bold, 9.0, INK, LEFT, WIDTH);
        self.y -= 3.0;
    }

    /// A paragraph.
    pub(crate) fn paragraph(&mut self, text: &str) {
        self.flow(text, Face::Sans, BODY, INK, LEFT, WIDTH);
        self.y -= 4.0;
    }

    /// A paragraph that decides.
    pub(crate) fn strong(&mut self, text: &str) {
        self.flow(text, Face::Bold, BODY, INK, LEFT, WIDTH);
        self.y -= 4.0;
    }

    /// A list with dashes.
    pub(crate) fn list<'a>(&mut self, items: impl IntoIterator<Item = &'a str>) {
        for item in items {
            self.need(BODY * LEADING);
            let top = self.y;
            self.line("\u{2013}", Face::Sans, BODY, INK, LEFT + 4.0, top - BODY);
            self.flow(item, Face::Sans, BODY, INK, LEFT + 16.0, WIDTH - 16.0);
            self.y -= 2.0;
        }
        self.y -= 2.0;
    }

    /// Labels with values.
    pub(crate) fn pairs<L: AsRef<str>, V: AsRef<str>>(
        &mut self,
        pairs: impl IntoIterator<Item = (L, V, Face)>,
    ) {
        for (label, value, face) in pairs {
            let labels = self.lines_of(label.as_ref(), Face::Sans, BODY, LABEL_WIDTH - LABEL_GAP);
            self.need(labels.len() as f32 * BODY * LEADING);
            let (page, top) = (self.pages.len(), self.y);
            for (number, line) in labels.iter().enumerate() {
                let baseline = top - BODY - number as f32 * BODY * LEADING;
                self.line(line, Face::Sans, BODY, MUTED, LEFT, baseline);
            }
            let size = if face == Face::Mono { SMALL + 0.5 } else { BODY };
            self.flow(value.as_ref(), face, size, INK, LEFT + LABEL_WIDTH, WIDTH - LABEL_WIDTH);
            if self.pages.len() == page {
                self.y = self.y.min(top - labels.len() as f32 * BODY * LEADING);
            }
            self.y -= 2.5;
        }
        self.y -= 3.0;
    }

    /// Closes the pages and writes the file.
    pub(crate) fn finish(mut self) -> Result<Vec<u8>, PdfError> {
        let count = self.pages.len();
        for number in 0..count {
            self.furniture(number, count);
        }
        super::file::write(&self.frame, self.pages, &self.used)
    }

    /// Header and footer of one page.
    fn furniture(&mut self, number: usize, count: usize) {
        let (title, organisation) = (self.frame.title.clone(), self.frame.organisation.clone());
        let (subject, note) = (self.frame.subject.clone(), self.frame.note.clone());
        let head = PAGE_HEIGHT - 40.0;
        let half = WIDTH / 2.0;
        self.on_page(number, |sheet| {
            sheet.clipped(&organisation, LEFT, head, half - 8.0, false);
            sheet.clipped(&title, LEFT + half, head, half, true);
            sheet.rule(head - 6.0, 0.4, RULE);
            sheet.rule(BOTTOM - 14.0, 0.4, RULE);
            sheet.clipped(&subject, LEFT, BOTTOM - 25.0, WIDTH - 80.0, false);
            sheet.clipped(&format!("page {} of {count}", number + 1), LEFT, BOTTOM - 25.0, WIDTH, true);
            sheet.clipped(&note, LEFT, BOTTOM - 35.0, WIDTH, false);
        });
    }

    /// One small line that is cut to its width.
    fn clipped(&mut self, text: &str, x: f32, baseline: f32, width: f32, to_the_right: bool) {
        let Some(first) = self.lines_of(text, Face::Sans, SMALL, width).into_iter().next() else { return };
        let first = first.trim_end();
        let x = if to_the_right { x + width - Face::Sans.width(first, SMALL) } else { x };
        self.line(first, Face::Sans, SMALL, MUTED, x, baseline);
    }

    /// Draws on an earlier page.
    fn on_page(&mut self, number: usize, draw: impl FnOnce(&mut Self)) {
        let last = self.pages.len() - 1;
        self.pages.swap(number, last);
        draw(self);
        self.pages.swap(number, last);
    }

    /// Safe lines of a text.
    pub(super) fn lines_of(&self, text: &str, face: Face, size: f32, width: f32) -> Vec<String> {
        wrap(&safe(text, face), face, size, width)
    }

    /// Text from the present height on, over as many pages as it takes.
    fn flow(&mut self, text: &str, face: Face, size: f32, ink: f32, x: f32, width: f32) {
        for line in self.lines_of(text, face, size, width) {
            self.need(size * LEADING);
            self.line(&line, face, size, ink, x, self.y - size);
            self.y -= size * LEADING;
        }
    }

    /// Makes sure of some height, on a new page if need be.
    pub(super) fn need(&mut self, height: f32) {
        if self.y - height < BOTTOM {
            self.new_page();
        }
    }

    pub(super) fn new_page(&mut self) {
        self.pages.push(Vec::new());
        self.y = TOP;
    }

    /// One line of safe text at a place.
    pub(super) fn line(&mut self, text: &str, face: Face, size: f32, ink: f32, x: f32, baseline: f32) {
        let text = text.trim_end();
        if text.is_empty() {
            return;
        }
        self.used[face as usize].extend(text.chars());
        self.push([
            Op::StartTextSection,
            Op::SetFont { font: handle(face), size: Pt(size) },
            Op::SetFillColor { col: grey(ink) },
            Op::SetTextCursor { pos: Point { x: Pt(x), y: Pt(baseline) } },
            Op::ShowText { items: vec![TextItem::Text(text.to_owned())] },
            Op::EndTextSection,
        ]);
    }

    /// A rule across the page.
    pub(super) fn rule(&mut self, y: f32, thickness: f32, ink: f32) {
        self.fill(LEFT, y, WIDTH, thickness, ink);
    }

    /// A filled box.
    pub(super) fn fill(&mut self, x: f32, y: f32, width: f32, height: f32, ink: f32) {
        let rectangle = Rect {
            x: Pt(x),
            y: Pt(y),
            width: Pt(width),
            height: Pt(height),
            mode: Some(PaintMode::Fill),
            winding_order: Some(WindingOrder::NonZero),
        };
        self.push([Op::SetFillColor { col: grey(ink) }, Op::DrawRectangle { rectangle }]);
    }

    fn push<const N: usize>(&mut self, ops: [Op; N]) {
        if let Some(page) = self.pages.last_mut() {
            page.extend(ops);
        }
    }
}

pub(super) fn font_id(face: Face) -> FontId {
    FontId(face.embedded_name().replace('+', "-"))
}

fn handle(face: Face) -> PdfFontHandle {
    PdfFontHandle::External(font_id(face))
}

fn grey(level: f32) -> Color {
    Color::Rgb(Rgb::new(level, level, level, None))
}
