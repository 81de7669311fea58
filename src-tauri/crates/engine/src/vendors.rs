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
            .chain(common_fields(descriptor))
            .map(field)
            .collect(),
        scopes: descriptor.scopes.iter().map(|s| (s.name.into(), s.why.into())).collect(),
        docs: descriptor.docs.into(),
    }
}

/// Whether a vendor passes notices on.
pub(crate) fn takes_notices(vendors: &[Vendor], id: &str) -> bool {
    find(vendors, id).is_ok_and(|v| v.descriptor.roles.contains(&RoleKind::Notices))
}

/// Whether there is anything to read at a vendor, and not only something to send. One that this build does not
/// know is not passed over: trying to read it tells that.
pub(crate) fn is_read(vendors: &[Vendor], id: &str) -> bool {
    find(vendors, id).map_or(true, |v| reads(&v.descriptor))
}

fn reads(descriptor: &Descriptor) -> bool {
    descriptor.roles.iter().any(|role| *role != RoleKind::Notices)
}

/// What every connection that is read has to be told, beside the vendor's own fields.
pub(crate) fn common_fields(descriptor: &Descriptor) -> &'static [Field] {
    if reads(descriptor) { COMMON_FIELDS } else { &[] }
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
        RoleKind::Notices => "notice sink",
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
