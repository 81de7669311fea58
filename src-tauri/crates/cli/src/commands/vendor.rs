//! `lockstep vendor …`: answers from the build itself and needs no home.

use clap::Subcommand;
use lockstep_engine::api::{FieldView, VendorView};
use lockstep_engine::{Code, Error};

use crate::context::Context;
use crate::exit::{Exit, Stop};
use crate::text::Page;

/// What this build can connect to
#[derive(Debug, Subcommand)]
pub(crate) enum Vendor {
    /// List the vendors
    List,
    /// Show what a vendor needs: settings, secrets, rights
    Show {
        /// The vendor's name in the list
        vendor: String,
    },
}

impl Vendor {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Stop> {
        match self {
            Self::List => context.answer(&all(), |page| list(page, &all()))?,
            Self::Show { vendor } => {
                let vendor = find(&vendor)?;
                context.answer(&vendor, |page| show(page, &vendor))?;
            }
        }
        Ok(Exit::Done)
    }
}

/// A vendor of this build.
///
/// # Errors
/// When there is none of that name.
pub(super) fn find(id: &str) -> lockstep_engine::Result<VendorView> {
    all().into_iter().find(|vendor| vendor.id == id).ok_or_else(|| {
        Error::new(
            Code::NotFound,
            format!("This build knows no vendor \"{id}\"."),
            "See `lockstep vendor list` for those it knows.",
        )
    })
}

fn all() -> Vec<VendorView> {
    lockstep_engine::vendor_views(&lockstep_engine::vendors())
}

fn list(page: &mut Page, vendors: &[VendorView]) {
    let rows = vendors.iter().map(|v| [v.id.clone(), v.name.clone(), v.roles.join(", "), v.about.clone()]);
    page.table(["Vendor", "Name", "Roles", "What it is for"], rows.collect(), "This build has no vendors.");
}

fn show(page: &mut Page, vendor: &VendorView) {
    page.heading(format!("{} ({})", vendor.name, vendor.id));
    page.line(&vendor.about);
    page.line(format!("Documentation: {}", vendor.docs));
    page.heading("Settings and secrets");
    page.table(
        ["Field", "Needed", "Kind", "Default", "Example", "Meaning"],
        vendor.fields.iter().map(field_row).collect(),
        "None.",
    );
    let scopes = vendor.scopes.iter().map(|(name, why)| format!("{name}: {why}"));
    page.points("Rights that the credentials need", scopes);
}

fn field_row(field: &FieldView) -> [String; 6] {
    let needed = if field.required { "yes" } else { "no" };
    [
        field.name.clone(),
        needed.to_owned(),
        field.kind.clone(),
        super::or_dash(field.default.as_ref()),
        field.example.clone(),
        format!("{}. {}", field.label.trim_end_matches('.'), field.help),
    ]
}
