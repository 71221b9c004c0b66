//! Loading of vectors, and the content they are made of.

use serde_json::Value;

/// Loads tests/vectors/`name`.json.
pub fn load(name: &str) -> Value {
    let path = format!("{}/tests/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The cases of a section; a renamed or emptied section fails the test.
pub fn cases<'a>(file: &'a Value, section: &str) -> &'a [Value] {
    let cases = file[section].as_array().expect(section);
    assert!(!cases.is_empty(), "{section} is empty");
    cases
}

pub fn text<'a>(case: &'a Value, field: &str) -> &'a str {
    case[field]
        .as_str()
        .unwrap_or_else(|| panic!("{field} in {case}"))
}

pub fn number(case: &Value, field: &str) -> u64 {
    case[field]
        .as_u64()
        .unwrap_or_else(|| panic!("{field} in {case}"))
}

pub fn unhex(hex: &str) -> Vec<u8> {
    assert_eq!(hex.len() % 2, 0);
    (0..hex.len() / 2)
        .map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
        .collect()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// The bytes of a `*_hex` field.
pub fn bytes(case: &Value, field: &str) -> Vec<u8> {
    unhex(text(case, field))
}

/// The bytes of a `*_hex` field of known length.
pub fn array<const N: usize>(case: &Value, field: &str) -> [u8; N] {
    bytes(case, field).try_into().unwrap()
}

/// fibhash32: the content all vectors use, at any offset.
pub fn content_at(seed: u64, offset: u64, buffer: &mut [u8]) {
    for (i, slot) in (offset..).zip(buffer) {
        let hashed = (i.wrapping_add(seed) as u32).wrapping_mul(2_654_435_761);
        *slot = (hashed >> 24) as u8;
    }
}

/// The whole content of a case.
pub fn content(case: &Value) -> Vec<u8> {
    let mut content = vec![0; usize::try_from(number(case, "size")).unwrap()];
    content_at(number(case, "content_seed"), 0, &mut content);
    content
}
