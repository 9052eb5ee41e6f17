//! The other end's `a=fmtp` wishes, read tolerantly (RFC 7587 §6.1 for opus; the others have none that matter).

/// What the other end wants to receive. Absent and unreadable parameters leave the default of RFC 7587.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Wishes {
    /// `useinbandfec`: it makes use of redundancy.
    pub inband_fec: bool,
    /// `usedtx`: it likes silence not to be sent.
    pub dtx: bool,
    /// `cbr`: it wants constant bit rate.
    pub cbr: bool,
    /// `stereo`: it would like two channels. We send one all the same, as RFC 7587 §6.1 allows.
    pub stereo: bool,
    /// `maxaveragebitrate`, bits per second, 6000 to 510000.
    pub max_bitrate: Option<u32>,
    /// `maxplaybackrate`, Hz: more bandwidth would be wasted.
    pub max_rate: Option<u32>,
}

impl Wishes {
    /// Reads `name=value;name=value`, in any case and with any blanks.
    #[must_use]
    pub fn parse(fmtp: &str) -> Wishes {
        let mut wishes = Wishes::default();
        for part in fmtp.split(';') {
            let Some((name, value)) = part.split_once('=') else { continue };
            let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
            let flag = value == "1";
            match name.as_str() {
                "useinbandfec" => wishes.inband_fec = flag,
                "usedtx" => wishes.dtx = flag,
                "cbr" => wishes.cbr = flag,
                "stereo" => wishes.stereo = flag,
                "maxaveragebitrate" => {
                    wishes.max_bitrate = value.parse().ok().map(|rate: u32| rate.clamp(6_000, 510_000))
                }
                "maxplaybackrate" => wishes.max_rate = value.parse().ok(),
                _ => {}
            }
        }
        wishes
    }
}

#[cfg(test)]
mod tests {
    use super::Wishes;

    #[test]
    fn wishes_are_read_in_any_case_and_with_blanks() {
        let wishes = Wishes::parse(
            "minptime=10; UseInbandFEC=1 ;maxaveragebitrate=20000;stereo=1;usedtx=1;cbr=1;maxplaybackrate=16000",
        );
        assert_eq!(
            wishes,
            Wishes {
                inband_fec: true,
                dtx: true,
                cbr: true,
                stereo: true,
                max_bitrate: Some(20_000),
                max_rate: Some(16_000)
            }
        );
    }

    #[test]
    fn nonsense_leaves_the_defaults() {
        assert_eq!(Wishes::parse(";;=;useinbandfec;maxaveragebitrate=-5;annexb=no"), Wishes::default());
        assert_eq!(Wishes::parse("maxaveragebitrate=1").max_bitrate, Some(6_000), "clamped to what RFC 7587 allows");
    }
}
