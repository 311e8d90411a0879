//! What holds for any bytes that are read as GDF.

use std::io::Cursor;

use evoked::formats::{Options, read};

use super::{converted, file};

/// The first byte says what version the rest is made to look like, and what is done with the
/// recording.
pub(crate) fn check(bytes: &[u8]) {
    let Some((&choice, bytes)) = bytes.split_first() else { return };
    let mut bytes = bytes.to_vec();
    let magic: &[u8] = match choice & 3 {
        0 => b"GDF 1.25",
        1 => b"GDF 2.20",
        2 => b"GDF ",
        _ => &[],
    };
    if let Some(start) = bytes.get_mut(..magic.len()) {
        start.copy_from_slice(magic);
    }
    let Some(opened) = file::as_it_is(&bytes, || read(Cursor::new(&bytes[..]), Options::default()))
    else {
        return;
    };
    converted::check(&opened, choice >> 2);
    file::each_alone(&opened, |options| read(Cursor::new(&bytes[..]), options));
    file::a_part(&opened, |options| read(Cursor::new(&bytes[..]), options));
}
