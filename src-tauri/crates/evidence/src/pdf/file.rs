//! The file around the pages, the same bytes for the same pages.

use std::collections::BTreeSet;
use std::fmt::Display;

use printpdf::{
    CustomPdfConformance, Mm, OffsetDateTime, Op, PdfConformance, PdfDocument, PdfFont, PdfPage,
    PdfSaveOptions,
};

use super::PdfError;
use super::face::Face;
use super::sheet::{Frame, font_id};

/// Writes the pages with the used part of each face.
pub(super) fn write(
    frame: &Frame,
    pages: Vec<Vec<Op>>,
    used: &[BTreeSet<char>; 3],
) -> Result<Vec<u8>, PdfError> {
    let mut document = PdfDocument::new(&frame.title);
    for face in Face::ALL {
        let used = &used[face as usize];
        if !used.is_empty() {
            let font = PdfFont::new(face.subset(used)?);
            document.resources.fonts.map.insert(font_id(face), font);
        }
    }
    let made_at = OffsetDateTime::from_unix_timestamp(frame.made_at.timestamp()).map_err(failed)?;
    let info = &mut document.metadata.info;
    (info.creation_date, info.modification_date, info.metadata_date) = (made_at, made_at, made_at);
    info.conformance = PdfConformance::Custom(CustomPdfConformance {
        requires_icc_profile: false,
        requires_xmp_metadata: false,
        ..CustomPdfConformance::default()
    });
    info.producer = "Lockstep".into();
    info.author = super::safe::safe(&frame.organisation, Face::Sans);
    info.subject = super::safe::safe(&frame.subject, Face::Sans);
    document.pages = pages.into_iter().map(|ops| PdfPage::new(Mm(210.0), Mm(297.0), ops)).collect();

    let mut warnings = Vec::new();
    let mut file = document.to_lopdf_document(&PdfSaveOptions::default(), &mut warnings);
    if let Some(warning) = warnings.first() {
        return Err(PdfError(format!("the page writer warns: {warning:?}")));
    }
    // printpdf claims PDF/X conformance, which nobody has checked.
    let info = file.trailer.get(b"Info").map_err(failed)?.as_reference().map_err(failed)?;
    let info = file.get_object_mut(info).map_err(failed)?.as_dict_mut().map_err(failed)?;
    info.remove(b"GTS_PDFXVersion");
    // printpdf numbers its files by a process-wide counter; ours are named by what they hold.
    for id in file.trailer.get_mut(b"ID").map_err(failed)?.as_array_mut().map_err(failed)? {
        *id.as_str_mut().map_err(failed)? = frame.identity.to_string().into_bytes();
    }
    file.compress();
    let mut bytes = Vec::new();
    file.save_to(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

fn failed(e: impl Display) -> PdfError {
    PdfError(e.to_string())
}
