#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| ringfence::provider_api::fuzz::notices(data));
