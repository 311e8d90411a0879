//! Words for content that nobody here can read.

/// First bytes and what they stand for; the longer of two with the same start comes first.
const SIGNATURES: &[(&[u8], &str)] = &[
    (b"0       ", "it starts like EDF, but there are no numbers where its header has them"),
    (b"\xffBIOSEMI", "it looks like BDF"),
    (b"XDF:", "it looks like XDF"),
    (
        b"MATLAB 7.3 MAT-file",
        "it is a MATLAB v7.3 file (HDF5): load it in MATLAB and save it again with -v7",
    ),
    (b"\x89HDF\r\n\x1a\n", "it looks like HDF5"),
    (b"PK\x03\x04", "it looks like a ZIP archive without arrays in it; unpack it first"),
    (
        b"\x1f\x8b",
        "it looks like a gzip file inside of another, or of an old kind; unpack it first",
    ),
    (b"\xff\xfe", "it looks like text in UTF-16; save it as UTF-8"),
    (b"\xfe\xff", "it looks like text in UTF-16; save it as UTF-8"),
    (b"\x28\xb5\x2f\xfd", "it looks like a Zstandard file; unpack it first"),
    (b"\x00\x00\x00\x64\x00\x00\x00\x1f", "it looks like FIF"),
    (b"Version 3.0", "it looks like Neuroscan CNT"),
    (b"\x89PNG", "it looks like a PNG image"),
    (b"\xff\xd8\xff", "it looks like a JPEG image"),
    (b"%PDF", "it looks like a PDF document"),
    (b"<?xml", "it looks like XML"),
    (b"{", "it looks like JSON or other text"),
];

/// One phrase on what a file that starts with `head` may be.
pub(super) fn describe(head: &[u8]) -> String {
    if head.is_empty() {
        return "the file is empty".to_owned();
    }
    if head.iter().all(|&byte| byte == 0) {
        return "it starts with nothing but zeros".to_owned();
    }
    let known = SIGNATURES.iter().find(|(signature, _)| head.starts_with(signature));
    if let Some((_, words)) = known {
        return (*words).to_owned();
    }
    if is_matlab4(head) {
        return "it is a MATLAB v4 file: load it in MATLAB and save it again with -v7".to_owned();
    }
    if is_text(head) {
        let line = String::from_utf8_lossy(head);
        let line: String = line.lines().next().unwrap_or_default().chars().take(40).collect();
        return format!("it looks like text that starts with {line:?}");
    }
    let first: Vec<String> = head.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("it starts with the bytes {}", first.join(" "))
}

/// Whether a matrix of MATLAB v4 starts here: its kind in four decimal digits, rows, columns, a
/// flag, and the length of the name that follows, whose last byte is zero.
fn is_matlab4(head: &[u8]) -> bool {
    let Some((words, name)) = head.split_first_chunk::<20>() else { return false };
    let (words, _) = words.as_chunks::<4>();
    [u32::from_le_bytes, u32::from_be_bytes].into_iter().any(|word| {
        let numbers = words.iter().map(|bytes| word(*bytes)).collect::<Vec<u32>>();
        let [kind, rows, columns, imaginary, len] = *numbers.as_slice() else { return false };
        let name = name.get(..len as usize).and_then(<[u8]>::split_last);
        let is_name = name.is_some_and(|(end, name)| {
            let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
            *end == 0 && !name.is_empty() && name.iter().all(is_letter)
        });
        let is_kind = kind < 2000 && kind / 100 % 10 == 0 && kind / 10 % 10 < 6 && kind % 10 < 3;
        is_kind && rows > 0 && columns > 0 && imaginary < 2 && is_name
    })
}

fn is_text(head: &[u8]) -> bool {
    let valid = match std::str::from_utf8(head) {
        Ok(_) => head,
        // The head may end inside a character.
        Err(error) if head.len() - error.valid_up_to() < 4 => &head[..error.valid_up_to()],
        Err(_) => return false,
    };
    !valid.is_empty() && valid.iter().all(|&byte| byte >= b' ' || b"\t\r\n".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::describe;

    #[test]
    fn common_content_is_named() {
        for (head, word) in [
            (&b""[..], "empty"),
            (&[0; 20], "zeros"),
            (b"0       X X X X", "EDF"),
            (b"\xffBIOSEMI  ", "BDF"),
            (b"\x89PNG\r\n", "PNG"),
            (b"PK\x03\x04\x14", "ZIP"),
            (b"\x1f\x8b\x08", "gzip"),
            (b"\x89HDF\r\n\x1a\n", "HDF5"),
            (b"MATLAB 7.3 MAT-file, Platform", "v7.3"),
            (b"\0\0\0\0\x01\0\0\0\x02\0\0\0\0\0\0\0\x02\0\0\0x\0\0\0", "v4"),
            (b"time,Oz\nzero,one\n", "text that starts with \"time,Oz\""),
            ("höhe".as_bytes(), "text"),
            (&"hö".as_bytes()[..2], "text"),
            (b"\x01\x02\xab", "01 02 ab"),
        ] {
            let found = describe(head);
            assert!(found.contains(word), "{head:?}: {found}");
        }
    }
}
