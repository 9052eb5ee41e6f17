//! Which of a device's configurations to ask for: 48 kHz, `f32`, one channel in and two out, 10 ms at a time; else
//! the nearest, and the ends convert.

use cpal::{
    BufferSize, SampleFormat, StreamConfig, SupportedBufferSize, SupportedStreamConfig, SupportedStreamConfigRange,
};

use super::host::Way;

/// Our own rate.
const RATE: u32 = 48_000;

/// The best of `ranges`, or `default` if that is all there is. `None` if no format is one of ours. Never
/// `BufferSize::Default`: with a PulseAudio server that means two seconds.
pub(super) fn choose(
    way: Way,
    ranges: &[SupportedStreamConfigRange],
    default: Option<&SupportedStreamConfig>,
) -> Option<(StreamConfig, SampleFormat)> {
    let ours = ranges.iter().filter(|range| format_cost(range.sample_format()).is_some());
    let best = ours.min_by_key(|range| cost(way, range, default));
    match (best, default) {
        (Some(range), default) => {
            let rate = nearest_rate(range, default);
            let buffer = ten_milliseconds(rate, range.buffer_size());
            let config = StreamConfig { channels: range.channels(), sample_rate: rate, buffer_size: buffer };
            Some((config, range.sample_format()))
        }
        (None, Some(default)) => {
            format_cost(default.sample_format())?;
            let rate = default.sample_rate();
            let buffer = ten_milliseconds(rate, default.buffer_size());
            let config = StreamConfig { channels: default.channels(), sample_rate: rate, buffer_size: buffer };
            Some((config, default.sample_format()))
        }
        (None, None) => None,
    }
}

/// Lower is better: rate, then channels, then format.
fn cost(way: Way, range: &SupportedStreamConfigRange, default: Option<&SupportedStreamConfig>) -> (u8, u16, u8) {
    let rate = nearest_rate(range, default);
    let rate_cost = if rate == RATE { 0 } else { 1 + u8::from(rate < RATE) };
    let wanted: u16 = match way {
        Way::Input => 1,
        Way::Output => 2,
    };
    (rate_cost, range.channels().abs_diff(wanted), format_cost(range.sample_format()).unwrap_or(u8::MAX))
}

/// 48 kHz if the range has it, else the device's own rate, else the end of the range that is nearer.
fn nearest_rate(range: &SupportedStreamConfigRange, default: Option<&SupportedStreamConfig>) -> u32 {
    let (low, high) = (range.min_sample_rate(), range.max_sample_rate());
    if (low..=high).contains(&RATE) {
        return RATE;
    }
    let own = default.map(SupportedStreamConfig::sample_rate).filter(|rate| (low..=high).contains(rate));
    own.unwrap_or(if RATE < low { low } else { high })
}

/// `None` for formats that the taps are not built for.
#[expect(clippy::wildcard_enum_match_arm, reason = "cpal's enum may grow; what is new is not ours")]
fn format_cost(format: SampleFormat) -> Option<u8> {
    match format {
        SampleFormat::F32 => Some(0),
        SampleFormat::I32 => Some(1),
        SampleFormat::I24 => Some(2),
        SampleFormat::I16 => Some(3),
        SampleFormat::U8 => Some(4),
        _ => None,
    }
}

/// 10 ms of frames, or as near as the device can.
fn ten_milliseconds(rate: u32, supported: &SupportedBufferSize) -> BufferSize {
    let frames = rate / 100;
    BufferSize::Fixed(match *supported {
        SupportedBufferSize::Range { min, max } if min <= max => frames.clamp(min, max),
        SupportedBufferSize::Range { .. } | SupportedBufferSize::Unknown => frames,
    })
}

#[cfg(test)]
mod tests {
    use cpal::SupportedStreamConfigRange as Range;

    use super::*;

    const ANY: SupportedBufferSize = SupportedBufferSize::Range { min: 1, max: 100_000 };

    #[test]
    fn the_perfect_configuration_is_taken() {
        let ranges = [
            Range::new(1, 8000, 192_000, ANY, SampleFormat::I16),
            Range::new(2, 8000, 192_000, ANY, SampleFormat::F32),
            Range::new(1, 8000, 192_000, ANY, SampleFormat::F32),
            Range::new(6, 8000, 192_000, ANY, SampleFormat::F32),
        ];
        let (input, format) = choose(Way::Input, &ranges, None).unwrap();
        assert_eq!((input.channels, input.sample_rate, format), (1, 48_000, SampleFormat::F32));
        assert_eq!(input.buffer_size, BufferSize::Fixed(480));
        let (output, _) = choose(Way::Output, &ranges, None).unwrap();
        assert_eq!(output.channels, 2);
    }

    #[test]
    fn a_card_that_knows_only_44100_integer_samples_is_taken_as_it_is() {
        let ranges = [Range::new(2, 44_100, 44_100, ANY, SampleFormat::I16)];
        let (config, format) = choose(Way::Input, &ranges, None).unwrap();
        assert_eq!((config.channels, config.sample_rate, format), (2, 44_100, SampleFormat::I16));
        assert_eq!(config.buffer_size, BufferSize::Fixed(441));
    }

    #[test]
    fn forty_eight_kilohertz_are_worth_more_than_the_right_number_of_channels() {
        let ranges = [
            Range::new(1, 16_000, 16_000, ANY, SampleFormat::F32),
            Range::new(4, 48_000, 48_000, ANY, SampleFormat::I16),
        ];
        assert_eq!(choose(Way::Input, &ranges, None).unwrap().0.channels, 4);
    }

    #[test]
    fn the_buffer_is_never_left_to_the_server() {
        let small = SupportedBufferSize::Range { min: 16, max: 256 };
        let ranges = [Range::new(2, 48_000, 48_000, small, SampleFormat::F32)];
        assert_eq!(choose(Way::Output, &ranges, None).unwrap().0.buffer_size, BufferSize::Fixed(256));
        let unknown = SupportedStreamConfig::new(2, 48_000, SupportedBufferSize::Unknown, SampleFormat::I16);
        assert_eq!(choose(Way::Output, &[], Some(&unknown)).unwrap().0.buffer_size, BufferSize::Fixed(480));
    }

    #[test]
    fn formats_that_nobody_converts_are_refused() {
        let ranges = [Range::new(2, 48_000, 48_000, ANY, SampleFormat::F64)];
        assert!(choose(Way::Output, &ranges, None).is_none());
    }
}
