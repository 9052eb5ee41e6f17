//! The guard's sentences: why it asks, why it blocks. They stand here once, for the window and for the agent.

use super::destination::{Class, Destination};
use super::judge::{Reason, Refusal, Verdict};
use crate::base::AccountId;
use crate::phone::view::{GuardFrom, GuardQuestion, GuardVerdict};

/// The question as the window draws it; `None` if the call is simply dialled.
#[must_use]
pub fn question(
    account: AccountId,
    dialled: &str,
    destination: &Destination,
    from: GuardFrom,
    verdict: &Verdict,
) -> Option<GuardQuestion> {
    let (why, verdict) = match verdict {
        Verdict::Dial => return None,
        Verdict::Ask { word, reasons } => {
            let why: Vec<String> = reasons.iter().map(|reason| reason_words(*reason, destination)).collect();
            let verdict = word.map_or(GuardVerdict::Confirm, |word| GuardVerdict::Type(word.to_owned()));
            (why.join(" "), verdict)
        }
        Verdict::Block(refusal) => (refusal_words(*refusal, destination), GuardVerdict::Blocked),
    };
    Some(GuardQuestion {
        account,
        number: crate::phone::call::peer::printable(dialled),
        place: destination.place.clone(),
        kind: destination.kind.to_owned(),
        why,
        verdict,
        from,
    })
}

/// `+371 … (Latvia, mobile number)`: what a sentence is about.
#[must_use]
pub fn about(question: &GuardQuestion) -> String {
    let place = question.place.as_deref().filter(|place| !place.is_empty());
    match place {
        Some(place) => format!("{} ({place}, {})", question.number, question.kind),
        None => format!("{} ({})", question.number, question.kind),
    }
}

fn reason_words(reason: Reason, destination: &Destination) -> String {
    let place = destination.place.as_deref().unwrap_or("another country");
    match reason {
        Reason::Rule => match destination.class {
            Class::Abroad => format!("You have not called {place} from here before."),
            Class::Company => "What a call to a company number costs differs from provider to provider.".to_owned(),
            Class::Short => {
                "It may be a telephone of your own system, or a service with a price of its own.".to_owned()
            }
            Class::Shared | Class::Personal => "Such numbers often cost much more than an ordinary call.".to_owned(),
            Class::Premium => "Premium numbers can cost several pounds or euros a minute.".to_owned(),
            Class::Satellite => "Such calls can cost several pounds or euros a minute.".to_owned(),
            Class::Unknown => "We do not know what kind of number this is, so it may be dear.".to_owned(),
            Class::Emergency
            | Class::Address
            | Class::Extension
            | Class::Home
            | Class::Freephone
            | Class::Feature
            | Class::Forwarding => "You wanted to be asked about such calls.".to_owned(),
        },
        Reason::ReturnsMissed => {
            "You missed a call from this number. Strangers ring once so that people call back at a high price."
                .to_owned()
        }
        Reason::Alike => "Several calls to numbers that begin alike were placed in the last ten minutes.".to_owned(),
        Reason::Night => "It is in the hours in which you want to be asked.".to_owned(),
        Reason::Redirected => "You did not dial this number: the other end sends your call there.".to_owned(),
        Reason::Linked => "A link put this here, and it was never called from this computer.".to_owned(),
        Reason::Forwards => {
            "This code forwards calls to your line to another number, and your line pays for them.".to_owned()
        }
    }
}

fn refusal_words(refusal: Refusal, destination: &Destination) -> String {
    match refusal {
        Refusal::Rule => match (&destination.place, destination.class) {
            (Some(place), Class::Abroad) => format!("Calls to {place} are blocked in this app."),
            _ => format!("Calls to a {} are blocked in this app.", destination.class.words()),
        },
        Refusal::Lockdown => "Lockdown is on: only ordinary calls in your country are dialled in this app.".to_owned(),
        Refusal::AtOnce(most) => format!("At most {most} calls may be placed at the same time in this app."),
        Refusal::TooMany(most, wait) => {
            format!("At most {most} calls in ten minutes may be placed in this app. Possible again in {wait} s.")
        }
    }
}
