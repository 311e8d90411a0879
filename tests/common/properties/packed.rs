//! What holds for any bytes that are read as MATLAB or NumPy files, which may be packed.

use std::io::{Cursor, Write};

use evoked::formats::{Options, read};
use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::converted;
use super::memory::Meter;

/// What a packed part may grow to, as the readers have it, and what is made of that: the bytes, the
/// samples, and a copy while they grow.
const ALLOWANCE_BYTES: usize = 64 << 20;
const GROWTH: usize = 100;
const COPIES: usize = 4;

/// The first byte says how the rest is laid out, and what is done with the recording.
pub(crate) fn matlab(bytes: &[u8]) {
    let Some((&choice, bytes)) = bytes.split_first() else { return };
    let mut file = b"MATLAB 5.0 MAT-file, simulated".to_vec();
    file.resize(124, b' ');
    file.extend(if choice & 1 == 0 { b"\x00\x01IM" } else { b"\x01\x00MI" });
    if choice & 2 == 0 {
        file.extend(bytes);
    } else {
        let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(bytes).expect("memory");
        let packed = packed.finish().expect("memory");
        let words = [15, packed.len() as u32];
        let words =
            words.map(|word| if choice & 1 == 0 { word.to_le_bytes() } else { word.to_be_bytes() });
        file.extend(words.concat());
        file.extend(packed);
    }
    check(&file, choice >> 2);
}

/// The first byte says whether the rest is an array, or an archive of several, whose lengths the
/// second byte tells.
pub(crate) fn numpy(bytes: &[u8]) {
    let Some((&[choice, part], bytes)) = bytes.split_first_chunk() else { return };
    if choice & 1 == 0 {
        return check(&[b"\x93NUMPY", bytes].concat(), choice >> 2);
    }
    if choice & 2 == 0 {
        return check(&[b"PK\x03\x04", bytes].concat(), choice >> 2);
    }
    let parts: Vec<&[u8]> = bytes.chunks(usize::from(part).max(16)).collect();
    let names = ["X", "fs", "y", "freq_hz", "V", "ch", "onset_sample"];
    let files: Vec<_> =
        names.iter().zip(parts).map(|(name, part)| (format!("{name}.npy"), part)).collect();
    check(&archive(&files), choice >> 2);
}

/// An archive of stored files; their checksums are not looked at.
fn archive(files: &[(String, &[u8])]) -> Vec<u8> {
    let (mut bytes, mut list) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let content = [b"\x93NUMPY", *content].concat();
        let offset = bytes.len() as u32;
        let sizes = [content.len() as u32; 2].map(u32::to_le_bytes).concat();
        let name_len = (name.len() as u16).to_le_bytes();
        bytes.extend([&b"PK\x03\x04"[..], &[0; 14], &sizes, &name_len, &[0; 2]].concat());
        bytes.extend(name.as_bytes());
        bytes.extend(content);
        let start = offset.to_le_bytes();
        list.extend([&b"PK\x01\x02"[..], &[0; 16], &sizes, &name_len, &[0; 12], &start].concat());
        list.extend(name.as_bytes());
    }
    let (len, start) = ((list.len() as u32).to_le_bytes(), (bytes.len() as u32).to_le_bytes());
    [&bytes[..], &list, b"PK\x05\x06", &[0; 8], &len, &start, &[0; 2]].concat()
}

fn check(bytes: &[u8], choice: u8) {
    let meter = Meter::start();
    let options = Options::default();
    let options = if choice & 1 == 0 { options } else { options.rate_hz(250.0) };
    let result = read(Cursor::new(bytes), options);
    let most = COPIES * (ALLOWANCE_BYTES + GROWTH * bytes.len());
    assert!(meter.peak() <= most, "{} bytes taken for a file of {}", meter.peak(), bytes.len());
    match result {
        Ok(opened) => {
            assert!(opened.recording.duration_s() >= 0.0);
            converted::check(&opened, choice >> 1);
        }
        Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
    }
}
