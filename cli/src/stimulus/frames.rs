use evoked::stimulus::{Codebook, Frames, Timing};

use super::args::FramesArgs;
use super::{read_codebook, write};
use crate::failure::Failure;

pub(crate) fn run(args: &FramesArgs) -> Result<(), Failure> {
    let codebook = read_codebook(&args.codebook, args.refresh)?;
    let count = match args.count {
        Some(count) => count,
        None => usual_count(&codebook)?,
    };
    let frames = codebook.frames(count.max(1))?;
    let screen = codebook.screen().unwrap_or_default();
    let value = |luminance: f64| match args.drive {
        true => f64::from(screen.drive_u8(luminance)),
        false => luminance,
    };
    let extension = args.output.extension().map(|extension| extension.to_ascii_lowercase());
    let bytes = match extension.as_ref().and_then(|extension| extension.to_str()) {
        Some("csv") => csv(&codebook, &frames, value),
        Some("npy") => npy(&frames, value),
        _ => {
            let name = args.output.display();
            return Err(Failure::new(format!("{name}: name it .csv or .npy")));
        }
    };
    write(&args.output, &bytes, args.force)?;
    println!("{}: {} targets, {} frames", args.output.display(), codebook.len(), frames.len());
    Ok(())
}

/// Until all targets repeat, or 10 s.
pub(super) fn usual_count(codebook: &Codebook) -> Result<usize, Failure> {
    let timing = Timing::of(codebook)?;
    let ten_s = (10.0 * timing.refresh_hz).ceil();
    let period = timing.period_frames.map_or(f64::INFINITY, |period| period as f64);
    Ok(period.min(ten_s) as usize)
}

/// One row a frame: its number, its time, then the targets.
fn csv(codebook: &Codebook, frames: &Frames, value: impl Fn(f64) -> f64) -> Vec<u8> {
    let mut text = "frame,time_s".to_owned();
    for target in codebook.targets() {
        text += &format!(",\"{}\"", target.label.replace('"', "\"\""));
    }
    text.push('\n');
    let rows: Vec<&[f64]> = frames.rows().collect();
    let refresh_hz = codebook.refresh_hz().unwrap_or(f64::NAN);
    for frame in 0..frames.len() {
        text += &format!("{frame},{}", frame as f64 / refresh_hz);
        for row in &rows {
            text += &format!(",{}", value(row[frame]));
        }
        text.push('\n');
    }
    text.into_bytes()
}

/// An array of doubles, targets × frames.
fn npy(frames: &Frames, value: impl Fn(f64) -> f64) -> Vec<u8> {
    let shape = (frames.rows().len(), frames.len());
    let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape:?}, }}");
    // The numbers start at a multiple of 64 bytes.
    let len = (10 + header.len() + 1).next_multiple_of(64) - 10;
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((len as u16).to_le_bytes());
    bytes.extend(format!("{header:width$}\n", width = len - 1).into_bytes());
    bytes.extend(frames.rows().flatten().flat_map(|&luminance| value(luminance).to_le_bytes()));
    bytes
}
