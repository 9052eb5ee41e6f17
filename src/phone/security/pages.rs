//! Is there a page for changing a password at the provider's website? By the W3C's convention it is
//! `/.well-known/change-password`; a website that says yes to everything is found out by asking for what cannot be
//! there. Asked once, when a change begins; nothing of the answer is followed.

use super::links;
use crate::base::AccountId;
use crate::phone::Phone;
use crate::phone::https::Purpose;
use crate::phone::view::{Link, LinkSource};
use crate::port::RequestId;
use crate::port::http::{Accept, Answer, Outcome, Request};
use crate::provider_api::origin::same_registrant;
use crate::provider_api::{Origin, Path};

/// Where the page is.
const PAGE: &str = "/.well-known/change-password";
/// What no website has, by the convention.
const NONSENSE: &str = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200";

/// A look at one website.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::phone) struct Look {
    link: Link,
    page: Asked,
    nonsense: Asked,
}

/// One of the two questions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Asked {
    Under(RequestId),
    Yes,
    No,
}

impl Look {
    /// The page, if it is there and the website does not say yes to everything.
    pub(super) fn page(&self) -> Option<&Link> {
        (self.page == Asked::Yes && self.nonsense == Asked::No).then_some(&self.link)
    }
}

impl Phone {
    /// Looks once in each process: at the website that is known, else at that of the account's domain.
    pub(super) fn look_for_change_page(&mut self, id: AccountId) {
        let Some(account) = self.accounts.iter().find(|account| account.id() == id) else { return };
        if account.demo || self.security.pages.contains_key(&id) {
            return;
        }
        let portal = self.portal_of(account);
        let (host, from) = match &portal {
            Some(portal) => (portal.host.clone(), portal.from),
            // The domain of the address that they signed in with.
            None => (account.address.domain.clone(), LinkSource::Person),
        };
        let asked = |path: &str| {
            Some(Request { accept: Accept::Status, ..Request::get(Origin::of_host(&host)?, Path::parse(path)?) })
        };
        let all = links::well_known(&host, from).zip(asked(PAGE)).zip(asked(NONSENSE));
        let Some(((link, page), nonsense)) = all else { return };
        let page = Asked::Under(self.ask_http(Purpose::Security(id), page));
        let nonsense = Asked::Under(self.ask_http(Purpose::Security(id), nonsense));
        self.security.pages.insert(id, Look { link, page, nonsense });
    }

    /// Whether this outcome was one of ours.
    pub(super) fn page_answered(&mut self, id: AccountId, request: RequestId, outcome: &Outcome) -> bool {
        let Some(look) = self.security.pages.get_mut(&id) else { return false };
        let host = look.link.host.clone();
        for (asked, is_page) in [(&mut look.page, true), (&mut look.nonsense, false)] {
            if *asked == Asked::Under(request) {
                let yes = match outcome {
                    Outcome::Answer(answer) if is_page => is_there(answer, &host),
                    Outcome::Answer(answer) => (200..300).contains(&answer.status),
                    // Not known is as good as a website that says yes to everything.
                    Outcome::Failed(_) => !is_page,
                };
                *asked = if yes { Asked::Yes } else { Asked::No };
                return true;
            }
        }
        false
    }
}

/// There, or a pointer to a page of the same registrant: the browser follows it, we do not.
fn is_there(answer: &Answer, host: &str) -> bool {
    match (answer.status, &answer.location) {
        (200..=299, _) => true,
        (301 | 302 | 303 | 307 | 308, Some(place)) => {
            let relative = place.starts_with('/') && !place.starts_with("//");
            relative || Origin::of_url(place).is_some_and(|origin| same_registrant(origin.host(), host))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, location: Option<&str>) -> Answer {
        Answer { status, location: location.map(str::to_owned), ..Answer::default() }
    }

    #[test]
    fn a_pointer_counts_only_within_the_same_registrant() {
        for (status, location, there) in [
            (200, None, true),
            (302, Some("/account/password"), true),
            (303, Some("https://login.voip.example/password"), true),
            (302, Some("https://evil.example/password"), false),
            (302, Some("//evil.example/password"), false),
            (302, Some("http://voip.example/password"), false),
            (302, None, false),
            (404, None, false),
            (500, None, false),
        ] {
            assert_eq!(is_there(&answer(status, location), "voip.example"), there, "{status} {location:?}");
        }
    }
}
