//! The read-back code: a few words from the hash of a signed list's exact bytes, so that a person can ask the provider
//! on the telephone whether that is really the list that it published.

use sha2::{Digest as _, Sha256};

/// 256 words that are not mistaken for one another on the telephone. Our own list.
const WORDS: &str = "acorn alley amber anchor angle apple april apron arch arrow ash attic autumn badge bagel baker bamboo \
     banjo barley barn basil basket beacon bead bean beaver beech bell bench berry birch bison blade blanket \
     bloom board bonnet bottle bowl branch brass bread brick bridge brook broom bucket buffalo button cabin \
     cactus camel candle canoe canyon carbon cargo carpet carrot castle cedar cello chalk cherry chess \
     chimney cider circle clay cliff clock cloud clover coast cobalt coffee comet copper coral corner cotton \
     cradle crane crayon creek cricket crown crystal daisy dawn denim desert diamond dingo dolphin donkey \
     dragon drum duck eagle easel echo elbow ember engine fabric falcon farm feather fern ferry fiddle field \
     finch flag flint flute forest fossil fountain fox galaxy garden garlic gate ginger glacier glove goose \
     granite grape gravel guitar hammer harbour harp harvest hazel hedge heron hill honey hoof horizon hotel \
     igloo indigo iron island ivory ivy jacket jaguar jelly jungle kayak kettle kite kitten koala ladder \
     lagoon lake lantern larch lava leaf lemon lentil lilac lime linen lion lobster locust lotus magnet \
     maize mango maple marble meadow melon meteor mint mirror monkey moss motor museum mustard napkin nectar \
     needle nettle noodle nutmeg oak oasis ocean olive onion orange orbit orchid otter owl paddle palm panda \
     paper parrot pastel peach pebble pencil pepper piano pigeon pillow pine planet plum pocket pond poppy \
     potato prairie pumpkin puzzle quarry quartz rabbit radio raft raven ribbon river robin rocket saddle \
     saffron salmon sandal sapling scarf shell silver spruce squirrel stable tulip turtle velvet walnut \
     window";

/// The code of a list of notices: `HAZEL 42 RIVER 17 CEDAR`. Three words and two numbers from the first 40 bits of the
/// SHA-256 of its exact bytes, 37 bits of them told: whoever has stolen the key would still have to make 10¹¹ lists to
/// find a false one with the code of a true one.
#[must_use]
pub fn read_back_code(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    let byte = |at: usize| hash.get(at).copied().unwrap_or_default();
    let word = |at| WORDS.split_ascii_whitespace().nth(usize::from(byte(at))).unwrap_or_default().to_ascii_uppercase();
    let number = |at| format!("{:02}", u32::from(byte(at)) * 100 / 256);
    [word(0), number(1), word(2), number(3), word(4)].join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_256_different_words() {
        let words: std::collections::BTreeSet<&str> = WORDS.split_ascii_whitespace().collect();
        assert_eq!((words.len(), WORDS.split_ascii_whitespace().count()), (256, 256));
    }

    #[test]
    fn a_code_is_that_of_its_bytes() {
        let code = read_back_code(b"{}");
        let parts: Vec<&str> = code.split(' ').collect();
        assert_eq!(parts.len(), 5, "{code}");
        assert!(parts[1].len() == 2 && parts[3].parse::<u32>().unwrap() < 100, "{code}");
        // SHA-256 of "{}" begins with 44 13 6f a3 55.
        let nth = |n| WORDS.split_ascii_whitespace().nth(n).unwrap().to_ascii_uppercase();
        assert_eq!(code, format!("{} 07 {} 63 {}", nth(0x44), nth(0x6f), nth(0x55)));
        assert_ne!(code, read_back_code(b"{ }"));
    }
}
