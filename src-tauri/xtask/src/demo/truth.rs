//! What the systems themselves say, not what Lockstep says about them.

use std::collections::BTreeMap;
use std::time::Duration;

use lockstep_practice::vendors::okta::user_id;
use lockstep_practice::vendors::openai::OpenAi;
use lockstep_testkit::wait_for;

use super::stage::Stage;
use crate::Result;

/// How long something that comes by itself is waited for, in real time.
const PATIENCE: Duration = Duration::from_secs(60);

/// What somebody can do, told by each system itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Access {
    okta: String,
    okta_inside: bool,
    scim_active: Option<bool>,
    scim_member: bool,
    openai_member: bool,
    openai_keys: usize,
}

/// How far the leaver's access is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// Not at all.
    Nothing,
    /// Nobody can sign in or is inside; what OpenAI holds is untouched.
    SignIn,
    /// Everywhere.
    All,
}

impl Access {
    fn fits(&self, cut: Cut) -> bool {
        let open = self.okta == "ACTIVE" && self.okta_inside && self.scim_active == Some(true);
        let dark = self.okta == "SUSPENDED" && !self.okta_inside && self.scim_active == Some(false);
        let keys = self.openai_member && self.openai_keys > 0;
        let gone = !self.openai_member && self.openai_keys == 0 && !self.scim_member;
        match cut {
            Cut::Nothing => open && keys && self.scim_member,
            Cut::SignIn => dark && keys,
            Cut::All => dark && gone,
        }
    }

    fn show(&self) {
        let inside = if self.okta_inside { "sessions or tokens live" } else { "no session, no token" };
        println!("    okta says:   {}, {inside}", self.okta);
        let active = match self.scim_active {
            Some(true) => "active",
            Some(false) => "NOT active",
            None => "not there",
        };
        let group = if self.scim_member { "in Engineering" } else { "in no group" };
        println!("    scim says:   {active}, {group}");
        let member = if self.openai_member { "a member" } else { "no member" };
        println!("    openai says: {member}, {} keys", self.openai_keys);
    }
}

impl Stage {
    /// Requires that the leaver's access is cut so far and no further, and that nobody else's was touched.
    pub(super) fn ask_everywhere(&self, cut: Cut) -> Result {
        let now = access_of_all(self);
        let mine = self.leaver.number;
        let Some(access) = now.get(&mine) else { return Err("the leaver is nowhere".into()) };
        access.show();
        if !access.fits(cut) {
            return Err(format!("expected was {cut:?}, but the systems say {access:?}"));
        }
        for (number, was) in self.before.iter().filter(|(number, _)| **number != mine) {
            if now.get(number) != Some(was) {
                return Err(format!("person {number} was touched: {was:?} became {:?}", now.get(number)));
            }
        }
        println!("    of {} other people, nobody was touched", self.before.len() - 1);
        Ok(())
    }

    /// Waits until the leaver's access is cut so far; nobody types anything.
    pub(super) fn wait_until_cut(&self, cut: Cut) -> Result {
        let reached = wait_for(PATIENCE, || access_of(self, self.leaver.number).fits(cut).then_some(()));
        match reached {
            Some(()) => self.ask_everywhere(cut),
            None => self.ask_everywhere(cut).and(Err(format!("{cut:?} was not reached"))),
        }
    }
}

/// What everybody can do now.
pub(super) fn access_of_all(stage: &Stage) -> BTreeMap<u32, Access> {
    let people = stage.practice.office.population.people.iter();
    people.map(|person| (person.number, access_of(stage, person.number))).collect()
}

fn access_of(stage: &Stage, number: u32) -> Access {
    let office = &stage.practice.office;
    let user = office.okta.vendor.truth().users.get(&user_id(number)).cloned();
    let scim = stage.scim_ids.get(&number);
    let member = OpenAi::id_of(number);
    Access {
        okta: user.as_ref().map_or("not there", |user| user.status).to_owned(),
        okta_inside: user.is_some_and(|user| user.session || !user.clients.is_empty()),
        scim_active: scim.and_then(|id| stage.scim.is_active(id)),
        scim_member: scim.is_some_and(|id| stage.scim.members(&stage.staff).contains(id)),
        openai_member: office.openai.vendor.members().iter().any(|m| m.id == member),
        openai_keys: office.openai.vendor.keys_of(&member).len(),
    }
}
