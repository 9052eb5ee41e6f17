#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| ringfence::media::fuzz::rtp_rtcp(data));
