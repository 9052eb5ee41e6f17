//! Which microphone, loudspeaker and ringing device, and whether the voice is processed.

use egui::Ui;

use crate::phone::command::Command;
use crate::phone::settings::Settings;
use crate::phone::view::PhoneView;
use crate::port::media::{Device, DeviceInfo, VoiceProcessing};
use crate::ui::widgets;

const WIDTH: f32 = 168.0;

/// The card, in the settings and during a call.
pub(super) fn card(ui: &mut Ui, view: &PhoneView, out: &mut Vec<Command>) {
    let now = &view.settings.devices;
    let mut wish = now.clone();
    let inputs = choices(&view.audio.devices, |device| device.input, &now.input);
    let outputs = choices(&view.audio.devices, |device| device.output, &now.output);
    let rings = choices(&view.audio.devices, |device| device.output, &now.ring);
    widgets::card(ui, |ui| {
        for (name, all, current, wished) in [
            ("Microphone", &inputs, &now.input, &mut wish.input),
            ("Speaker", &outputs, &now.output, &mut wish.output),
            ("Ringing", &rings, &now.ring, &mut wish.ring),
        ] {
            let all: Vec<(Device, &str)> = all.iter().map(|(device, words)| (device.clone(), words.as_str())).collect();
            let picked = widgets::value_row(ui, name, None, |ui| widgets::choice(ui, name, WIDTH, current, &all));
            if let Some(device) = picked {
                *wished = device;
            }
            widgets::row_line(ui);
        }
        let all = [(VoiceProcessing::On, "On"), (VoiceProcessing::Off, "Off")];
        let words = Some("Removes echo and noise");
        let picked = widgets::value_row(ui, "Clear voice", words, |ui| {
            widgets::segments(ui, "Clear voice", 112.0, &now.voice_processing, &all)
        });
        if let Some(processing) = picked {
            wish.voice_processing = processing;
        }
    });
    if wish != *now {
        out.push(Command::SetSettings(Box::new(Settings { devices: wish, ..view.settings.clone() })));
    }
}

/// The devices of one kind, the default first; the current one even when it is unplugged.
fn choices(all: &[DeviceInfo], kind: impl Fn(&DeviceInfo) -> bool, current: &Device) -> Vec<(Device, String)> {
    let mut list = vec![(Device::Default, "System default".to_owned())];
    list.extend(all.iter().filter(|device| kind(device)).map(|d| (Device::Id(d.id.clone()), d.name.clone())));
    if !list.iter().any(|(device, _)| device == current) {
        let words = match current {
            Device::Id(id) => format!("{id} (not connected)"),
            Device::File(path) => path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
            Device::Null => "None".to_owned(),
            Device::Default => String::new(),
        };
        list.push((current.clone(), words));
    }
    list
}
