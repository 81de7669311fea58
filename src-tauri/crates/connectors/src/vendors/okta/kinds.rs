//! What our ids of entitlements and credentials begin with: Okta has one list for each kind, and each kind is
//! taken away in its own way, at its own cost.

/// A group whose members are kept in Okta (`OKTA_GROUP`).
pub(super) const GROUP: &str = "group:";
/// A group kept by a directory or an application (`APP_GROUP`), or Everyone (`BUILT_IN`): not to be edited here.
pub(super) const KEPT_GROUP: &str = "kept_group:";
/// An application assigned to the account itself.
pub(super) const APP: &str = "app:";
/// An application assigned by a group; it goes with the membership.
pub(super) const APP_BY_GROUP: &str = "app_by_group:";
/// An admin role assigned to the account itself.
pub(super) const ROLE: &str = "role:";
/// An admin role assigned by a group; it goes with the membership.
pub(super) const ROLE_BY_GROUP: &str = "role_by_group:";

/// An API token that the account made.
pub(super) const API_TOKEN: &str = "api_token:";
/// An OAuth client that holds refresh tokens of the account.
pub(super) const CLIENT: &str = "client:";
/// A consent that the account gave to an OAuth client.
pub(super) const CONSENT: &str = "grant:";
/// A factor for signing in.
pub(super) const FACTOR: &str = "factor:";

/// One of our ids.
pub(super) fn id(kind: &str, vendor_id: &str) -> String {
    format!("{kind}{vendor_id}")
}
