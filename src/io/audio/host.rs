//! cpal, and nothing but: which host, which device, which configuration, and a stream with one of our taps in it.
//! Slow (milliseconds, seconds if a sound server hangs): only the keeper's thread calls this.

use std::sync::Arc;
use std::time::Duration;

use cpal::traits::{DeviceTrait as _, HostTrait as _, StreamTrait as _};
use cpal::{Device, ErrorKind, Host, HostId, SampleFormat, StreamConfig, SupportedStreamConfig};
use rtrb::{Consumer, Producer, RingBuffer};

use super::callbacks::{CaptureTap, Health, PlaybackTap, RING};
use super::config::choose;
use super::waker::Waker;
use crate::port::media::DeviceInfo;

/// How long a sound server may take to answer before it counts as absent.
const PATIENCE: Duration = Duration::from_secs(2);

/// Which way sound goes through a device.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// It records.
    Input,
    /// It plays.
    Output,
}

/// The media thread's end of a ring, and the rate of the samples in it.
#[derive(Debug)]
pub enum RingEnd {
    /// What the device records, mono.
    Capture(Consumer<f32>, u32),
    /// What the device is to play, mono, and whether it ran dry.
    Playback(Producer<f32>, u32, Arc<Health>),
}

/// An open device. Dropping it closes the device and may take as long as its callback.
pub struct Open {
    /// Keeps the device running.
    _stream: cpal::Stream,
    /// What its callback says.
    pub health: Arc<Health>,
    /// Stable id.
    pub id: String,
    /// Name for people.
    pub name: String,
}

/// What an open device tells others: that frames are there, and that it has failed.
pub struct With {
    /// Woken every 10 ms of frames.
    pub waker: Waker,
    /// Called from one of cpal's threads when the device has to be opened again.
    pub failed: Arc<dyn Fn(String) + Send + Sync>,
}

/// Why a device cannot be opened or does not go on, in the operating system's words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct HostError(pub String);

impl From<cpal::Error> for HostError {
    fn from(error: cpal::Error) -> HostError {
        // A sentence goes on around these words.
        let absent = error.kind() == ErrorKind::DeviceNotAvailable;
        HostError(if absent { "none was found".into() } else { error.to_string().trim_end_matches('.').to_owned() })
    }
}

/// What there is at one moment.
#[derive(Default)]
pub struct Look {
    /// What a person may choose.
    pub shown: Vec<DeviceInfo>,
    /// Everything, plugins and monitors too.
    pub present: Vec<(Way, String)>,
    /// The id of the default microphone.
    pub default_input: Option<String>,
    /// The id of the default loudspeaker.
    pub default_output: Option<String>,
}

/// The connection to the sound system; forgotten when it breaks.
#[derive(Default)]
pub struct System {
    host: Option<Host>,
    /// A sound server was there once: then libasound is no replacement while the server restarts, for it would take
    /// the card away from it.
    server: bool,
}

impl System {
    /// Whether devices can be listed often: with ALSA each look opens them all.
    pub fn is_server(&self) -> bool {
        self.server
    }

    /// Forgets a broken connection.
    pub fn forget(&mut self) {
        self.host = None;
    }

    fn host(&mut self) -> Result<&Host, HostError> {
        hush();
        let host = match self.host.take() {
            Some(host) => host,
            None => self.connect()?,
        };
        self.server |= !is_plain(host.id());
        Ok(self.host.insert(host))
    }

    fn connect(&self) -> Result<Host, HostError> {
        let host = cpal::default_host();
        if self.server && is_plain(host.id()) {
            return Err(HostError("the sound server is gone".to_owned()));
        }
        Ok(host)
    }

    /// Which devices there are now.
    ///
    /// # Errors
    /// If the sound system does not answer.
    pub fn look(&mut self) -> Result<Look, HostError> {
        let host = self.host()?;
        let id = |device: Option<Device>| device.and_then(|device| device.id().ok()).map(|id| id.to_string());
        let mut look = Look {
            default_input: id(host.default_input_device()),
            default_output: id(host.default_output_device()),
            ..Look::default()
        };
        for device in host.devices()? {
            let (Ok(id), Ok(description)) = (device.id(), device.description()) else { continue };
            let (input, output) = (fits(Way::Input, &device), fits(Way::Output, &device));
            look.present.extend(input.then(|| (Way::Input, id.to_string())));
            look.present.extend(output.then(|| (Way::Output, id.to_string())));
            if (input || output) && !is_hidden(id.id()) {
                let name = description.name().to_owned();
                merge(&mut look.shown, DeviceInfo { id: id.to_string(), name, input, output });
            }
        }
        Ok(look)
    }

    /// Opens the device named `id`, or the default one, and starts it.
    ///
    /// # Errors
    /// If there is none, or it refuses every configuration.
    pub fn open(&mut self, way: Way, id: Option<&str>, with: &With) -> Result<(Open, RingEnd), HostError> {
        let device = match id {
            Some(id) => self.find(way, id)?,
            None => {
                let host = self.host()?;
                let device = match way {
                    Way::Input => host.default_input_device(),
                    Way::Output => host.default_output_device(),
                };
                device.ok_or_else(|| HostError("there is none".to_owned()))?
            }
        };
        let opened = open_device(way, &device, with);
        if opened.is_err() {
            self.forget();
        }
        opened
    }

    fn find(&mut self, way: Way, id: &str) -> Result<Device, HostError> {
        let wanted: cpal::DeviceId = id.parse().map_err(|_| HostError(format!("`{id}` is no device id")))?;
        let host = self.host()?;
        let found = if wanted.host() == host.id() {
            host.devices()?.find(|device| device.id().is_ok_and(|id| id == wanted) && fits(way, device))
        } else {
            cpal::host_from_id(wanted.host())?.device_by_id(&wanted)
        };
        found.ok_or_else(|| HostError("it is not connected".to_owned()))
    }
}

/// A sink and a source of one server may have the same name.
fn fits(way: Way, device: &Device) -> bool {
    match way {
        Way::Input => device.default_input_config().is_ok(),
        Way::Output => device.default_output_config().is_ok(),
    }
}

/// One row for what is listed once as input and once as output.
fn merge(list: &mut Vec<DeviceInfo>, info: DeviceInfo) {
    match list.iter_mut().find(|other| other.id == info.id) {
        Some(other) => {
            other.input |= info.input;
            other.output |= info.output;
        }
        None => list.push(info),
    }
}

/// Plugins and monitors that no person means by "my microphone".
pub(super) fn is_hidden(name: &str) -> bool {
    const PLUGINS: [&str; 11] =
        ["null", "lavrate", "samplerate", "speexrate", "speex", "upmix", "vdownmix", "jack", "oss", "iec958", "dmix"];
    let plugin = name.split_once(':').map_or(name, |(plugin, _)| plugin);
    PLUGINS.contains(&plugin) || plugin.starts_with("surround") || name.ends_with(".monitor")
}

/// Whether this host is the bare system, without a sound server.
#[cfg(target_os = "linux")]
fn is_plain(id: HostId) -> bool {
    id == HostId::Alsa
}

#[cfg(not(target_os = "linux"))]
fn is_plain(_id: HostId) -> bool {
    false
}

/// libasound complains on stderr about every plugin it cannot load; this keeps it from doing so in this thread, and
/// throws away what it said before.
#[cfg(target_os = "linux")]
fn hush() {
    drop(alsa::Output::local_error_handler());
}

#[cfg(not(target_os = "linux"))]
fn hush() {}

fn open_device(way: Way, device: &Device, with: &With) -> Result<(Open, RingEnd), HostError> {
    let (config, format) = configuration(way, device)?;
    let health = Arc::new(Health::default());
    let (producer, consumer) = RingBuffer::new(RING);
    let every = usize::try_from(config.sample_rate / 100).unwrap_or(480);
    let (stream, end) = match way {
        Way::Input => {
            let tap = CaptureTap::new(producer, config.channels, every, with.waker.clone(), Arc::clone(&health));
            (build_input(device, config, format, tap, complaint(with))?, RingEnd::Capture(consumer, config.sample_rate))
        }
        Way::Output => {
            let tap = PlaybackTap::new(consumer, config.channels, Arc::clone(&health));
            let stream = build_output(device, config, format, tap, complaint(with))?;
            (stream, RingEnd::Playback(producer, config.sample_rate, Arc::clone(&health)))
        }
    };
    stream.play()?;
    let id = device.id().map(|id| id.to_string()).unwrap_or_default();
    let name = device.description().map(|description| description.name().to_owned()).unwrap_or_default();
    Ok((Open { _stream: stream, health, id, name }, end))
}

/// cpal's error callback. Interruptions are counted by the taps already, and a refused priority is no failure.
fn complaint(with: &With) -> impl FnMut(cpal::Error) + Send + 'static {
    let failed = Arc::clone(&with.failed);
    move |error| {
        if !matches!(error.kind(), ErrorKind::Xrun | ErrorKind::RealtimeDenied) {
            failed(error.to_string());
        }
    }
}

fn configuration(way: Way, device: &Device) -> Result<(StreamConfig, SampleFormat), HostError> {
    let (ranges, default): (Vec<_>, Result<SupportedStreamConfig, _>) = match way {
        Way::Input => {
            (device.supported_input_configs().map(Iterator::collect).unwrap_or_default(), device.default_input_config())
        }
        Way::Output => (
            device.supported_output_configs().map(Iterator::collect).unwrap_or_default(),
            device.default_output_config(),
        ),
    };
    let default = match default {
        Ok(default) => Some(default),
        Err(error) if ranges.is_empty() => return Err(error.into()),
        Err(_) => None,
    };
    choose(way, &ranges, default.as_ref()).ok_or_else(|| HostError("it knows no format that we know".to_owned()))
}

/// What a macro builds for the type of sample that a format names, or the complaint that we know no such type.
macro_rules! by_format {
    ($format:expr, $build:ident, $complaint:literal) => {
        match $format {
            SampleFormat::F32 => $build!(f32),
            SampleFormat::I16 => $build!(i16),
            SampleFormat::I24 => $build!(cpal::I24),
            SampleFormat::I32 => $build!(i32),
            SampleFormat::U8 => $build!(u8),
            other => return Err(HostError(format!($complaint, other))),
        }
    };
}

fn build_input(
    device: &Device,
    config: StreamConfig,
    format: SampleFormat,
    mut tap: CaptureTap,
    complain: impl FnMut(cpal::Error) + Send + 'static,
) -> Result<cpal::Stream, HostError> {
    macro_rules! build {
        ($sample:ty) => {
            device.build_input_stream(config, move |data: &[$sample], _| tap.take(data), complain, Some(PATIENCE))?
        };
    }
    Ok(by_format!(format, build, "it records in {}"))
}

fn build_output(
    device: &Device,
    config: StreamConfig,
    format: SampleFormat,
    mut tap: PlaybackTap,
    complain: impl FnMut(cpal::Error) + Send + 'static,
) -> Result<cpal::Stream, HostError> {
    macro_rules! build {
        ($sample:ty) => {
            device.build_output_stream(
                config,
                move |data: &mut [$sample], _| tap.give(data),
                complain,
                Some(PATIENCE),
            )?
        };
    }
    Ok(by_format!(format, build, "it plays {}"))
}
