//! What holds for any bytes that are read as the three files of a BrainVision recording.

use evoked::formats::{Options, open_with};

use super::{converted, file};

/// What stands between header, markers and samples.
const BETWEEN: &[u8] = b"\n\0\n";

/// The first byte says what is done with the recording.
pub(crate) fn check(bytes: &[u8]) {
    let Some((&choice, bytes)) = bytes.split_first() else { return };
    let (header, rest) = split(bytes);
    let (markers, samples) = split(rest);
    let folder = converted::folder("brainvision");
    let path = folder.join("a.vhdr");
    for (ending, content) in [("vhdr", header), ("vmrk", markers), ("eeg", samples)] {
        std::fs::write(path.with_extension(ending), content).expect("a temporary file");
    }
    let read = |options: Options<'_>| open_with(&path, options);
    if let Some(opened) = file::as_it_is(bytes, || read(Options::default())) {
        converted::check(&opened, choice);
        file::each_alone(&opened, read);
        file::a_part(&opened, read);
    }
    std::fs::remove_dir_all(&folder).expect("a folder of our own");
}

/// What stands before the next border, and after it.
fn split(bytes: &[u8]) -> (&[u8], &[u8]) {
    let border = bytes.windows(BETWEEN.len()).position(|window| window == BETWEEN);
    match border {
        Some(at) => (&bytes[..=at], &bytes[at + BETWEEN.len()..]),
        None => (bytes, &[]),
    }
}
