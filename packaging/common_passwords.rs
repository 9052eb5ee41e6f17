//! Makes `assets/passwords/common.bf8` from a list of common passwords: `packaging/common-passwords` runs it.
//! The same list gives the same bytes.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;

use ringfence::phone::password_policy::common::key;
use xorf::{BinaryFuse8, DmaSerializable as _};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(list), Some(filter)) = (arguments.next(), arguments.next()) else {
        return Err("usage: common_passwords LIST.json FILTER".into());
    };
    let list: Vec<String> = serde_json::from_slice(&fs::read(list)?)?;
    let keys: BTreeSet<u64> = list.iter().map(|password| key(password)).collect();
    let built = BinaryFuse8::try_from_iterator(keys.into_iter().collect::<Vec<u64>>().into_iter())?;
    let mut bytes = vec![0; BinaryFuse8::DESCRIPTOR_LEN];
    built.dma_copy_descriptor_to(&mut bytes);
    bytes.extend_from_slice(built.dma_fingerprints());
    fs::write(filter, bytes)?;
    Ok(())
}
