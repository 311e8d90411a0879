//! What holds for any bytes that are read as a table or as a file of the OpenBCI GUI.

use std::io::Cursor;

use evoked::formats::{Options, read};

use super::{converted, file};

/// The first byte says whether a rate is given, and what is done with the recording.
pub(crate) fn check(bytes: &[u8]) {
    let Some((&choice, bytes)) = bytes.split_first() else { return };
    let rate_hz = (choice & 1 == 1).then_some(250.0);
    let read = |mut options: Options<'_>| {
        options.rate_hz = rate_hz;
        read(Cursor::new(bytes), options)
    };
    if let Some(opened) = file::as_it_is(bytes, || read(Options::default())) {
        converted::check(&opened, choice >> 1);
        file::each_alone(&opened, read);
        file::a_part(&opened, read);
    }
}
