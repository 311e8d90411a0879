use std::hash::{BuildHasher, RandomState};
use std::path::Path;

use evoked::frame::write_recording;
use evoked::signal::Recording;
use evoked::stimulus::Codebook;

use crate::args::ConvertArgs;
use crate::failure::Failure;
use crate::open::{open, warn};
use crate::output::Output;
use crate::targets;

pub(crate) fn run(args: &ConvertArgs) -> Result<(), Failure> {
    let opened = open(&args.input, args.rate)?;
    warn(&opened);
    let codebook = targets::codebook(&args.targets, opened.codebook)?;
    // The standard library draws its hash keys at random, which is all a tag needs.
    let tag = RandomState::new().hash_one(args.output.as_os_str()) as u16;
    let written = write(&args.output, args.force, &opened.recording, codebook, tag)?;
    println!(
        "{}: {} streams, {} events, {written} bytes",
        args.output.display(),
        opened.recording.streams().len(),
        opened.recording.events().len()
    );
    Ok(())
}

/// Writes a recording as frames.
pub(crate) fn write(
    path: &Path,
    force: bool,
    recording: &Recording,
    codebook: Option<Codebook>,
    tag: u16,
) -> Result<u64, Failure> {
    let output = Output::create(path, force)?;
    let writer = write_recording(recording, codebook, tag, output)?;
    writer.keep()
}
