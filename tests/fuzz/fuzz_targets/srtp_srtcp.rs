#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| ringfence::media::fuzz::srtp_srtcp(data));
