//! What the fuzzer throws bytes at.

/// One line of input, whatever it holds: must not panic.
pub fn line(data: &[u8]) {
    let (id, request) = super::line::parse(data);
    assert!(!id.is_object() && !id.is_array(), "an id is echoed: it stays a scalar");
    drop(request);
}
