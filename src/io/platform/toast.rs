//! A line among Windows' notifications. Windows wants to know the program by a name, which the installers register:
//! `HKCU\Software\Classes\AppUserModelId\Ringfence`. Without it, and before Windows 10, nothing is shown.

use windows::Data::Xml::Dom::XmlDocument;
use windows::UI::Notifications::{ToastNotification, ToastNotificationManager};
use windows::core::HSTRING;

/// The name.
const ID: &str = "Ringfence";

/// Shows it; it stays in the notification centre until the person takes it away.
pub(super) fn notify(title: &str, body: &str) -> windows::core::Result<()> {
    let document = XmlDocument::new()?;
    document.LoadXml(&HSTRING::from(toast(title, body)))?;
    let toast = ToastNotification::CreateToastNotification(&document)?;
    ToastNotificationManager::CreateToastNotifierWithId(&HSTRING::from(ID))?.Show(&toast)
}

/// The notification as Windows reads it. Both texts are plain.
fn toast(title: &str, body: &str) -> String {
    let text = |text: &str| format!("<text>{}</text>", super::notification::escaped(text));
    format!(
        r#"<toast duration="long"><visual><binding template="ToastGeneric">{}{}</binding></visual></toast>"#,
        text(title),
        text(body)
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn texts_stay_texts() {
        let xml = super::toast("A & B", "</text><action content=\"x\"/>");
        assert!(xml.contains("<text>A &amp; B</text><text>&lt;/text&gt;&lt;action content=\"x\"/&gt;</text>"), "{xml}");
    }
}
