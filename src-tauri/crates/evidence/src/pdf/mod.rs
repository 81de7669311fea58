//! x
/// x
pub struct PdfError;
