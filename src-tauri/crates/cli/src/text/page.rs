//! The page: collects an answer for people, and lets nothing hostile through.

use comfy_table::{ContentArrangement, Table, presets};

use super::clean;

/// What one command says to people. Every text is cleaned on its way in.
pub(crate) struct Page {
    text: String,
    colour: bool,
}

impl Page {
    /// An empty page; with `colour`, headings are bold.
    pub(crate) fn new(colour: bool) -> Self {
        Self { text: String::new(), colour }
    }

    /// Everything written so far.
    pub(crate) fn into_text(self) -> String {
        self.text
    }

    /// A line.
    pub(crate) fn line(&mut self, text: impl AsRef<str>) {
        self.text.push_str(&clean(text.as_ref()));
        self.text.push('\n');
    }

    /// An empty line, unless the page is empty.
    pub(crate) fn gap(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    /// A heading, set off from what stands above it.
    pub(crate) fn heading(&mut self, text: impl AsRef<str>) {
        self.gap();
        if self.colour {
            self.text.push_str("\u{1b}[1m");
        }
        self.text.push_str(&clean(text.as_ref()));
        if self.colour {
            self.text.push_str("\u{1b}[0m");
        }
        self.text.push('\n');
    }

    /// A list of points; nothing when there are none.
    pub(crate) fn points(&mut self, heading: &str, points: impl IntoIterator<Item = String>) {
        let mut points = points.into_iter().peekable();
        if points.peek().is_none() {
            return;
        }
        self.heading(heading);
        for point in points {
            self.line(format!("- {point}"));
        }
    }

    /// Labels with their values, aligned.
    pub(crate) fn fields<V: AsRef<str>>(&mut self, fields: &[(&str, V)]) {
        let width = fields.iter().map(|(label, _)| label.chars().count() + 1).max().unwrap_or(0);
        for (label, value) in fields {
            self.line(format!("{:<width$}  {}", format!("{label}:"), value.as_ref()));
        }
    }

    /// A table, or `empty` when there are no rows.
    pub(crate) fn table<const N: usize>(&mut self, header: [&str; N], rows: Vec<[String; N]>, empty: &str) {
        if rows.is_empty() {
            self.line(empty);
            return;
        }
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        table.set_header(header);
        for row in rows {
            table.add_row(row.map(|cell| clean(&cell).into_owned()));
        }
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        for line in table.to_string().lines() {
            self.text.push_str(line.trim_end());
            self.text.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVIL: &str = "Kim\u{202e}\u{1b}[2J\nDoe";
    const SAFE: &str = "Kim⟦U+202E⟧⟦U+001B⟧[2J⟦U+000A⟧Doe";

    #[test]
    fn every_way_onto_the_page_cleans() {
        let ways: [fn(&mut Page); 5] = [
            |page| page.line(EVIL),
            |page| page.heading(EVIL),
            |page| page.points(EVIL, [EVIL.to_owned()]),
            |page| page.fields(&[(EVIL, EVIL)]),
            |page| page.table(["name"], vec![[EVIL.to_owned()]], ""),
        ];
        for (number, way) in ways.iter().enumerate() {
            let mut page = Page::new(false);
            way(&mut page);
            let text = page.into_text();
            assert!(text.contains(SAFE), "way {number} must show what it replaced: {text:?}");
            assert!(!text.contains(['\u{1b}', '\u{202e}']), "way {number} let something through: {text:?}");
        }
    }

    #[test]
    fn columns_line_up_and_begin_at_the_edge() {
        let mut page = Page::new(false);
        page.table(["Name", "Rows"], vec![["hr".to_owned(), "12".to_owned()]], "");
        assert_eq!(page.into_text(), "Name  Rows\nhr    12\n", "tables are read down their columns");
    }

    #[test]
    fn an_empty_table_says_why_and_fields_line_up() {
        let mut page = Page::new(false);
        page.table(["name"], vec![], "No connections yet.");
        page.fields(&[("Id", "1"), ("Work e-mail", "k@acme.test")]);
        assert_eq!(
            page.into_text(),
            "No connections yet.\nId:           1\nWork e-mail:  k@acme.test\n",
            "an empty screen must explain itself, and values must be easy to scan"
        );
    }
}
