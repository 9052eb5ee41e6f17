//! `application/reginfo+xml` (RFC 3680 §5): who is registered, in whole or as changes, and in which order the documents
//! count.

use std::collections::BTreeMap;

use super::xml::{Bad, Piece, Reader};
use crate::sip::{NameAddr, Uri};

/// The type of its documents.
pub const TYPE: &str = "application/reginfo+xml";
/// The longest document in bytes.
pub const LONGEST: usize = 64 * 1024;
/// The most contacts of one document, and of all together.
pub const MOST: usize = 200;
/// How deep elements may lie.
const DEEPEST: usize = 16;

/// One document.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RegInfo {
    /// Counts the documents of one subscription.
    pub version: u32,
    /// All that is registered; else only what has changed.
    pub full: bool,
    /// The registrations that it is about.
    pub registrations: Vec<Registered>,
}

/// One registration: one address of record.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Registered {
    /// Whose.
    pub aor: String,
    /// Its name in later documents.
    pub id: String,
    /// None of its contacts is left.
    pub terminated: bool,
    /// Its contacts, or those that have changed.
    pub contacts: Vec<Contact>,
}

/// One contact.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Contact {
    /// Its name in later documents.
    pub id: String,
    /// It is not registered any more.
    pub terminated: bool,
    /// Where it is.
    pub uri: String,
    /// `+sip.instance`, if it gave one.
    pub instance: Option<String>,
}

/// Where a text belongs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Text {
    Nowhere,
    Uri,
    Instance,
}

impl RegInfo {
    /// Reads a document. Elements and attributes that are not known are passed over.
    ///
    /// # Errors
    /// If it is too long or too deep, no XML that is taken here, or no reginfo.
    pub fn parse(bytes: &[u8]) -> Result<RegInfo, Bad> {
        if bytes.len() > LONGEST {
            return Err(Bad("it is too long"));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| Bad("it is no UTF-8"))?;
        let mut reader = Reader::new(text);
        let (mut info, mut path, mut text) = (None, Vec::new(), Text::Nowhere);
        let mut count = 0;
        while let Some(piece) = reader.piece()? {
            match piece {
                Piece::Open { name, attributes, closed } => {
                    text = open(&mut info, &path, name, &attributes)?;
                    count += usize::from(name == "contact");
                    if path.len() >= DEEPEST || count > MOST {
                        return Err(Bad("it is too deep, or has too many contacts"));
                    }
                    if closed {
                        text = Text::Nowhere;
                    } else {
                        path.push(name);
                    }
                }
                Piece::Close(name) => {
                    if path.pop() != Some(name) {
                        return Err(Bad("its elements are not nested"));
                    }
                    text = Text::Nowhere;
                }
                Piece::Text(words) => say(info.as_mut(), text, &words),
            }
        }
        if path.is_empty() { info.ok_or(Bad("it is no reginfo")) } else { Err(Bad("it breaks off")) }
    }
}

/// An element begins below these. Says where the text within it belongs.
fn open(info: &mut Option<RegInfo>, path: &[&str], name: &str, attributes: &[(&str, String)]) -> Result<Text, Bad> {
    let get = |wanted: &str| attributes.iter().find(|(it, _)| *it == wanted).map(|(_, value)| value.trim().to_owned());
    let terminated = || get("state").as_deref() == Some("terminated");
    match (path, name) {
        ([], "reginfo") if info.is_none() => {
            let version = get("version").and_then(|text| text.parse().ok()).ok_or(Bad("it has no version"))?;
            let full = match get("state").as_deref() {
                Some("full") => true,
                Some("partial") => false,
                Some(_) | None => return Err(Bad("it is neither full nor partial")),
            };
            *info = Some(RegInfo { version, full, registrations: Vec::new() });
        }
        ([], _) => return Err(Bad("it is no reginfo")),
        (["reginfo"], "registration") => {
            let (aor, id) = (get("aor").unwrap_or_default(), get("id").unwrap_or_default());
            let registered = Registered { aor, id, terminated: terminated(), contacts: Vec::new() };
            info.iter_mut().for_each(|info| info.registrations.push(registered.clone()));
        }
        (["reginfo", "registration"], "contact") => {
            let contact = Contact { id: get("id").unwrap_or_default(), terminated: terminated(), ..Contact::default() };
            if let Some(registered) = info.as_mut().and_then(|info| info.registrations.last_mut()) {
                registered.contacts.push(contact);
            }
        }
        (["reginfo", "registration", "contact"], "uri") => return Ok(Text::Uri),
        (["reginfo", "registration", "contact"], "unknown-param") => {
            let instance = get("name").is_some_and(|name| name.eq_ignore_ascii_case("+sip.instance"));
            return Ok(if instance { Text::Instance } else { Text::Nowhere });
        }
        _ => {}
    }
    Ok(Text::Nowhere)
}

fn say(info: Option<&mut RegInfo>, text: Text, words: &str) {
    let registered = info.and_then(|info| info.registrations.last_mut());
    let Some(contact) = registered.and_then(|registered| registered.contacts.last_mut()) else { return };
    match text {
        Text::Nowhere => {}
        Text::Uri => contact.uri.push_str(words.trim()),
        Text::Instance => contact.instance.get_or_insert_default().push_str(words.trim()),
    }
}

/// What the documents of one subscription come to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Table {
    version: Option<u32>,
    contacts: BTreeMap<(String, String), Contact>,
}

/// What became of a document.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Took {
    /// It counts.
    News,
    /// It was overtaken by one that came before.
    Old,
    /// One between was lost, or the first was none: the whole is wanted (RFC 3680 §5.1).
    Gap,
}

impl Table {
    /// Takes a document, as far as it is about this user.
    pub fn take(&mut self, info: &RegInfo, user: &str) -> Took {
        match (self.version, info.full) {
            (Some(last), _) if info.version <= last => return Took::Old,
            (Some(last), false) if info.version != last.wrapping_add(1) => return Took::Gap,
            (None, false) => return Took::Gap,
            (Some(_), false) => {}
            (Some(_) | None, true) => self.contacts.clear(),
        }
        self.version = Some(info.version);
        for registered in info.registrations.iter().filter(|registered| is_of(&registered.aor, user)) {
            if registered.terminated {
                self.contacts.retain(|(id, _), _| *id != registered.id);
                continue;
            }
            for contact in &registered.contacts {
                let key = (registered.id.clone(), contact.id.clone());
                if contact.terminated {
                    self.contacts.remove(&key);
                } else if self.contacts.len() < MOST || self.contacts.contains_key(&key) {
                    self.contacts.insert(key, contact.clone());
                }
            }
        }
        Took::News
    }

    /// Who is registered, as a registrar would name them. What is no SIP address is no telephone.
    #[must_use]
    pub fn contacts(&self) -> Vec<NameAddr> {
        let contact = |contact: &Contact| {
            let uri = Uri::parse(&contact.uri).ok().filter(|uri| uri.sip().is_some())?;
            let address = NameAddr::new(uri);
            let instance = contact.instance.as_deref().map(|text| text.trim_matches(['"', '<', '>']));
            Some(match instance.filter(|text| !text.is_empty() && !text.contains(['"', '\\'])) {
                Some(instance) => address.with_param("+sip.instance", Some(&format!("\"<{instance}>\""))),
                None => address,
            })
        };
        self.contacts.values().filter_map(contact).collect()
    }
}

fn is_of(aor: &str, user: &str) -> bool {
    let uri = Uri::parse(aor).ok();
    uri.as_ref().and_then(Uri::sip).and_then(|sip| sip.user.as_deref()) == Some(user)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As RFC 3680 §5.4 has it, shortened, with an instance.
    const FULL: &str = r#"<?xml version="1.0"?>
        <reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="0" state="full">
          <registration aor="sip:joe@example.com" id="as9" state="active">
            <contact id="76" state="active" event="registered" duration-registered="7322" q="0.8">
              <uri>sip:joe@pc887.example.com</uri><display-name>Joe</display-name>
              <unknown-param name="+sip.instance">"&lt;urn:uuid:AAAA&gt;"</unknown-param>
              <allow>INVITE</allow>
            </contact>
            <contact id="77" state="terminated" event="expired"><uri>sip:joe@university.edu</uri></contact>
          </registration>
          <registration aor="sip:other@example.com" id="x" state="active">
            <contact id="1" state="active"><uri>sip:other@192.0.2.9</uri></contact>
          </registration>
        </reginfo>"#;

    fn partial(version: u32, inside: &str) -> RegInfo {
        let text = format!(
            "<reginfo version='{version}' state='partial'><registration aor='sip:joe@example.com' id='as9' state='active'>\
             {inside}</registration></reginfo>"
        );
        RegInfo::parse(text.as_bytes()).expect("a partial document")
    }

    fn shown(table: &Table) -> Vec<String> {
        table.contacts().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_full_document_names_those_of_the_user_who_are_there() {
        let mut table = Table::default();
        assert_eq!(table.take(&RegInfo::parse(FULL.as_bytes()).unwrap(), "joe"), Took::News);
        assert_eq!(shown(&table), ["<sip:joe@pc887.example.com>;+sip.instance=\"<urn:uuid:AAAA>\""]);
    }

    #[test]
    fn changes_count_in_their_order_and_a_gap_is_seen() {
        let mut table = Table::default();
        let new = "<contact id='78' state='active'><uri>sip:joe@192.0.2.7</uri></contact>";
        assert_eq!(table.take(&partial(1, new), "joe"), Took::Gap, "before any full one");
        table.take(&RegInfo::parse(FULL.as_bytes()).unwrap(), "joe");
        assert_eq!(table.take(&partial(1, new), "joe"), Took::News);
        assert_eq!(shown(&table).len(), 2);
        assert_eq!(table.take(&partial(1, "<contact id='76' state='terminated'/>"), "joe"), Took::Old);
        assert_eq!(table.take(&partial(3, ""), "joe"), Took::Gap);
        assert_eq!(table.take(&partial(2, "<contact id='76' state='terminated'/>"), "joe"), Took::News);
        assert_eq!(shown(&table), ["<sip:joe@192.0.2.7>"]);
        let old = FULL.replace("version=\"0\"", "version=\"2\"");
        assert_eq!(table.take(&RegInfo::parse(old.as_bytes()).unwrap(), "joe"), Took::Old, "a whole one, too");
        let all = FULL.replace("version=\"0\"", "version=\"9\"");
        assert_eq!(table.take(&RegInfo::parse(all.as_bytes()).unwrap(), "joe"), Took::News);
        assert_eq!(shown(&table).len(), 1);
    }

    #[test]
    fn what_is_no_reginfo_is_refused() {
        let deep = format!("<reginfo version='0' state='full'>{}", "<x>".repeat(100));
        let crowd = "<contact id='1'/>".repeat(MOST + 1);
        let crowd = format!(
            "<reginfo version='0' state='full'><registration aor='sip:a@b' id='1'>{crowd}</registration></reginfo>"
        );
        let long = format!("<reginfo version='0' state='full'>{}</reginfo>", " ".repeat(LONGEST));
        for bad in [
            "",
            "<html/>",
            "<reginfo state='full'/>",
            "<reginfo version='-1' state='full'/>",
            "<reginfo version='4294967296' state='full'/>",
            "<reginfo version='0'/>",
            "<reginfo version='0' state='full'>",
            "<reginfo version='0' state='full'></registration></reginfo>",
            "<reginfo version='0' state='full'/><reginfo version='0' state='full'/>",
            "<!DOCTYPE reginfo SYSTEM 'https://evil.example/'><reginfo version='0' state='full'/>",
            &deep,
            &crowd,
            &long,
        ] {
            assert!(RegInfo::parse(bad.as_bytes()).is_err(), "{}", &bad[..bad.len().min(80)]);
        }
        assert!(RegInfo::parse(b"<reginfo version='0' state='full'/>").is_ok());
    }

    #[test]
    fn an_instance_cannot_break_out_of_its_quotes() {
        let text = FULL.replace("&lt;urn:uuid:AAAA&gt;", "&lt;a&quot;;x=1&gt;");
        let mut table = Table::default();
        table.take(&RegInfo::parse(text.as_bytes()).unwrap(), "joe");
        assert_eq!(shown(&table), ["<sip:joe@pc887.example.com>"]);
    }
}
