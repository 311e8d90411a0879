use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{BufWriter, Write};
use std::path::Path;

use evoked::frame::encode_recording;
use evoked::signal::Recording;
use evoked::stimulus::Codebook;

use crate::args::ConvertArgs;
use crate::failure::Failure;
use crate::open::{open, warn};
use crate::targets;

pub(crate) fn run(args: &ConvertArgs) -> Result<(), Failure> {
    let opened = open(&args.input)?;
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

/// Writes a recording as frames; the file appears under its name only when it is whole.
pub(crate) fn write(
    path: &Path,
    force: bool,
    recording: &Recording,
    codebook: Option<Codebook>,
    tag: u16,
) -> Result<u64, Failure> {
    if path.extension().is_none_or(|extension| !extension.eq_ignore_ascii_case("vep")) {
        let message = format!("{}: only VEP frames can be written; name it .vep", path.display());
        return Err(Failure::new(message));
    }
    if path.exists() && !force {
        let message = format!("{} exists; use --force to replace it", path.display());
        return Err(Failure::new(message));
    }
    let partial = path.with_extension("vep.part");
    let named = |error: std::io::Error| Failure::new(format!("{}: {error}", partial.display()));
    let mut out = BufWriter::new(File::create(&partial).map_err(named)?);
    let mut written = 0;
    let mut failed = Ok(());
    encode_recording(recording, codebook, tag, |bytes| {
        if failed.is_ok() {
            failed = out.write_all(bytes);
            written += bytes.len() as u64;
        }
    })?;
    failed.and_then(|()| out.flush()).map_err(named)?;
    drop(out);
    std::fs::rename(&partial, path).map_err(named)?;
    Ok(written)
}
