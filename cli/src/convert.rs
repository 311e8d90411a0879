use std::path::Path;

use evoked::formats::{WriteFormat, save};

use crate::args::ConvertArgs;
use crate::failure::Failure;
use crate::open::{open, warn};
use crate::output::free;
use crate::targets;

pub(crate) fn run(args: &ConvertArgs) -> Result<(), Failure> {
    // What can't be written is said before a long file is read.
    let format = WriteFormat::from_path(&args.output)?;
    free(&args.output, args.force)?;
    let opened = open(&args.input, &args.reading, &args.channels)?;
    warn(&opened);
    let codebook = targets::codebook(&args.targets, opened.codebook)?;
    let lost = save(&args.output, &opened.recording, codebook.as_ref(), format)?;
    for lost in &lost {
        eprintln!("not carried over: {lost}");
    }
    println!(
        "{}: {format}, {} streams, {} events, {} bytes",
        args.output.display(),
        opened.recording.streams().len(),
        opened.recording.events().len(),
        size(&args.output)?
    );
    Ok(())
}

fn size(path: &Path) -> Result<u64, Failure> {
    Ok(std::fs::metadata(path)?.len())
}
