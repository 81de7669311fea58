//! Pages: text that is drawn right or replaced visibly, in headings, paragraphs, pairs and tables.

mod face;
mod file;
mod safe;
mod sheet;
mod table;
mod wrap;

pub(crate) use face::Face;
pub(crate) use sheet::{Frame, Sheet};
pub(crate) use table::{Cell, Column};

/// A document could not be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("PDF: {0}")]
pub struct PdfError(pub(crate) String);

#[cfg(test)]
mod tests;
