//! What holds for any bytes that are read as XDF.

use std::io::Cursor;

use evoked::formats::{Options, read};

use super::{converted, file};

/// The first byte says what is done with the recording; the rest follows the magic.
pub(crate) fn check(bytes: &[u8]) {
    let Some((&choice, bytes)) = bytes.split_first() else { return };
    let bytes = [b"XDF:", bytes].concat();
    let opened = file::as_it_is(&bytes, || read(Cursor::new(&bytes[..]), Options::default()));
    if let Some(opened) = opened {
        converted::check(&opened, choice);
    }
}
