//! The three faces: what they can draw, how wide, and the part of each that a document embeds.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use allsorts::binary::read::ReadScope;
use allsorts::font_data::FontData;
use allsorts::subset::{CmapTarget, SubsetProfile};
use printpdf::ParsedFont;

use super::PdfError;

/// A face of the family. DejaVu covers Latin, Greek and Cyrillic in full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Face {
    /// For reading.
    Sans,
    /// For headings and what decides.
    Bold,
    /// For ids and digests.
    Mono,
}

impl Face {
    pub(super) const ALL: [Self; 3] = [Self::Sans, Self::Bold, Self::Mono];

    /// The name under which the part of the face is embedded. The six letters mark a subset (ISO 32000-1
    /// §9.6.4).
    pub(super) fn embedded_name(self) -> &'static str {
        match self {
            Self::Sans => "LCKSTA+DejaVuSans",
            Self::Bold => "LCKSTB+DejaVuSans-Bold",
            Self::Mono => "LCKSTC+DejaVuSansMono",
        }
    }

    fn file(self) -> &'static [u8] {
        match self {
            Self::Sans => include_bytes!("../../../../../assets/fonts/DejaVuSans.ttf"),
            Self::Bold => include_bytes!("../../../../../assets/fonts/DejaVuSans-Bold.ttf"),
            Self::Mono => include_bytes!("../../../../../assets/fonts/DejaVuSansMono.ttf"),
        }
    }

    fn metrics(self) -> Option<&'static Metrics> {
        static METRICS: [OnceLock<Option<Metrics>>; 3] = [const { OnceLock::new() }; 3];
        METRICS[self as usize].get_or_init(|| Metrics::read(self.file())).as_ref()
    }

    /// The glyph of a character; `None` when the face has none.
    pub(super) fn glyph(self, c: char) -> Option<u16> {
        let glyph = *self.metrics()?.glyphs.get(c as usize)?;
        (glyph != 0).then_some(glyph)
    }

    /// How wide a text is at a size, in points.
    pub(super) fn width(self, text: &str, size: f32) -> f32 {
        text.chars().map(|c| self.advance(c, size)).sum()
    }

    /// How far a character moves the pen at a size, in points.
    pub(super) fn advance(self, c: char, size: f32) -> f32 {
        let Some(metrics) = self.metrics() else { return 0.0 };
        f32::from(metrics.advances.get(c as usize).copied().unwrap_or_default()) * size / metrics.units
    }

    /// The face with only these characters.
    pub(super) fn subset(self, used: &BTreeSet<char>) -> Result<ParsedFont, PdfError> {
        let failed = |what: &str| PdfError(format!("font {}: {what}", self.embedded_name()));
        let glyphs: BTreeSet<u16> = used.iter().filter_map(|c| self.glyph(*c)).collect();
        // Glyph 0, the mark for a missing character, must come first.
        let glyphs: Vec<u16> = std::iter::once(0).chain(glyphs).collect();
        let file = ReadScope::new(self.file()).read::<FontData<'_>>().map_err(|e| failed(&e.to_string()))?;
        let tables = file.table_provider(0).map_err(|e| failed(&e.to_string()))?;
        let bytes = allsorts::subset::subset(&tables, &glyphs, &SubsetProfile::Pdf, CmapTarget::Unicode)
            .map_err(|e| failed(&e.to_string()))?;
        let mut font =
            ParsedFont::from_bytes(&bytes, 0, &mut Vec::new()).ok_or_else(|| failed("no usable subset"))?;
        font.font_name = Some(self.embedded_name().into());
        Ok(font)
    }
}

/// Glyph and advance by code point, for the Basic Multilingual Plane; nothing beyond it is drawn.
struct Metrics {
    glyphs: Vec<u16>,
    advances: Vec<u16>,
    units: f32,
}

impl Metrics {
    fn read(file: &[u8]) -> Option<Self> {
        let font = ParsedFont::from_bytes(file, 0, &mut Vec::new())?;
        let mut glyphs = vec![0; 0x1_0000];
        let mut advances = vec![0; 0x1_0000];
        for (code, glyph) in &font.codepoint_to_glyph {
            let code = *code as usize;
            if code < glyphs.len() {
                glyphs[code] = *glyph;
                advances[code] = font.get_glyph_width(*glyph).unwrap_or_default();
            }
        }
        Some(Self { glyphs, advances, units: f32::from(font.units_per_em.max(1)) })
    }
}
