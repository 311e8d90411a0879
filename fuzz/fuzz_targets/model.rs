#![no_main]
#![allow(dead_code, reason = "each target runs one of the properties")]

#[path = "../../tests/common/properties/mod.rs"]
mod properties;

libfuzzer_sys::fuzz_target!(|data: &[u8]| properties::saved_model::check(data));
