#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| ringfence::sdp::fuzz::description(data));
