//! The vendors of this build, as their connectors describe them.

use lockstep_connectors::{Descriptor, Field, FieldKind, RoleKind, Vendor};

use crate::api::{FieldView, VendorView};
use crate::date_settings::DATE_FIELDS;
use crate::desk::Desk;
use crate::error::{Code, Error, Result};
use crate::schedule::COMMON_FIELDS;

impl Desk {
    /// Every vendor of this build.
    pub fn vendors(&self) -> Vec<VendorView> {
        vendor_views(&self.vendors)
    }

    /// One vendor.
    ///
    /// # Errors
    /// [`Code::NotFound`] when this build has no such vendor.
    pub fn vendor(&self, id: &str) -> Result<VendorView> {
        Ok(view(&find(&self.vendors, id)?.descriptor))
    }
}

/// The vendors of a build; needs no home.
pub fn vendor_views(vendors: &[Vendor]) -> Vec<VendorView> {
    vendors.iter().map(|v| view(&v.descriptor)).collect()
}

pub(crate) fn find<'a>(vendors: &'a [Vendor], id: &str) -> Result<&'a Vendor> {
    vendors.iter().find(|v| v.descriptor.id == id).ok_or_else(|| {
        let known: Vec<&str> = vendors.iter().map(|v| v.descriptor.id).collect();
        Error::new(
            Code::NotFound,
            format!("there is no connector for {id:?}"),
            format!("Use one of: {}. `lockstep vendor list` describes them.", known.join(", ")),
        )
    })
}

fn view(descriptor: &Descriptor) -> VendorView {
    VendorView {
        id: descriptor.id.into(),
        name: descriptor.name.into(),
        about: descriptor.about.into(),
        roles: descriptor.roles.iter().map(|r| role(*r).into()).collect(),
        fields: descriptor
            .fields
            .iter()
            .chain(date_fields(descriptor))
            .chain(COMMON_FIELDS)
            .map(field)
            .collect(),
        scopes: descriptor.scopes.iter().map(|s| (s.name.into(), s.why.into())).collect(),
        docs: descriptor.docs.into(),
    }
}

/// Whatever lists workers also has to be told how its dates are to be read.
pub(crate) fn date_fields(descriptor: &Descriptor) -> &'static [Field] {
    if descriptor.roles.contains(&RoleKind::Workers) { DATE_FIELDS } else { &[] }
}

fn role(role: RoleKind) -> &'static str {
    match role {
        RoleKind::Workers => "source of workers",
        RoleKind::Accounts => "account list",
        RoleKind::Access => "target of access",
        RoleKind::Activity => "log of activity",
        RoleKind::Usage => "source of usage",
    }
}

fn field(field: &Field) -> FieldView {
    let kind = match field.kind {
        FieldKind::Text => "text".into(),
        FieldKind::Url => "https address".into(),
        FieldKind::Secret => "secret".into(),
        FieldKind::Path => "file".into(),
        FieldKind::Flag => "true or false".into(),
        FieldKind::Choice(words) => format!("one of {}", words.join(", ")),
        FieldKind::Zone => "IANA time zone".into(),
        FieldKind::ColumnMap => "column map".into(),
    };
    FieldView {
        name: field.name.into(),
        label: field.label.into(),
        help: field.help.into(),
        kind,
        secret: field.kind == FieldKind::Secret,
        required: field.required,
        default: field.default.map(Into::into),
        example: field.example.into(),
    }
}
