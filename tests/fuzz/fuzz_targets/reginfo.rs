#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| ringfence::phone::fuzz::reginfo(data));
