//! From bytes to text: UTF-8, UTF-16 with a mark, or else Windows-1252, which every other list is written in.

/// What Windows-1252 has where Latin-1 has controls (Unicode's `CP1252.TXT`); zero: nothing.
const WINDOWS: [u16; 32] = [
    0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0, 0,
    0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178,
];

/// The text; `None` if these bytes are none.
#[must_use]
pub fn decode(bytes: &[u8]) -> Option<String> {
    let text = match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes)?,
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes)?,
        _ => std::str::from_utf8(bytes).map_or_else(|_| windows(bytes), str::to_owned),
    };
    // A spreadsheet, a picture or an archive has zeros and controls; a list of calls has none.
    let binary = |c: char| c.is_control() && !"\t\r\n\u{c}\u{1a}".contains(c);
    (!text.chars().any(binary)).then_some(text)
}

fn utf16(bytes: &[u8], join: impl Fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| join(*pair)).collect();
    rest.is_empty().then(|| String::from_utf16(&units).ok()).flatten()
}

fn windows(bytes: &[u8]) -> String {
    let character = |byte: &u8| {
        let special = byte.checked_sub(0x80).and_then(|index| WINDOWS.get(usize::from(index)));
        special.map_or(char::from(*byte), |code| {
            char::from_u32(u32::from(*code)).filter(|c| *c != '\0').unwrap_or('\u{fffd}')
        })
    };
    bytes.iter().map(character).collect()
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn text_in_every_usual_encoding_is_read() {
        for bytes in [
            b"M\xc3\xbcnchen;1,20 \xe2\x82\xac".to_vec(),
            b"\xef\xbb\xbfM\xc3\xbcnchen;1,20 \xe2\x82\xac".to_vec(),
            b"M\xfcnchen;1,20 \x80".to_vec(),
            "\u{feff}München;1,20 €".encode_utf16().flat_map(u16::to_le_bytes).collect(),
            "\u{feff}München;1,20 €".encode_utf16().flat_map(u16::to_be_bytes).collect(),
        ] {
            assert_eq!(decode(&bytes).as_deref(), Some("München;1,20 €"), "{bytes:?}");
        }
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for bytes in [
            b"PK\x03\x04\x14\x00".to_vec(),
            b"\x00\x01\x02".to_vec(),
            b"\xff\xfea".to_vec(),
            b"\x89PNG\r\n\x1a\n\x00".to_vec(),
        ] {
            assert_eq!(decode(&bytes), None, "{bytes:?}");
        }
    }
}
