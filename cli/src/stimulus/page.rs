//! The page that presents a codebook: a template, and the codebook's frames worked into it.

use evoked::stimulus::{Codebook, NOTICE, Timing};
use serde::Serialize;

use super::args::PageArgs;
use super::preview::escaped;
use super::{grid, read_codebook, short, write};
use crate::failure::Failure;

const TEMPLATE: &str = include_str!("page.html");
/// Most values that a page may hold.
const MOST_VALUES: u64 = 1 << 23;

/// What the page's script is told.
#[derive(Serialize)]
struct Settings<'a> {
    codebook: &'a Codebook,
    refresh_hz: f64,
    rows: usize,
    columns: usize,
    trial_frames: usize,
    cue_s: f64,
    pause_s: f64,
    blocks: u32,
    seed: u32,
    /// What each target is driven with, 0 to 255, frame by frame, then target by target.
    drive: String,
    frames: usize,
    /// Between trials.
    rest_drive: u8,
}

pub(crate) fn run(args: &PageArgs) -> Result<(), Failure> {
    let codebook = read_codebook(&args.codebook, args.refresh)?;
    let page = page(&codebook, args)?;
    write(&args.output, page.as_bytes(), args.force)?;
    println!("{}: {} bytes; open it in a browser", args.output.display(), page.len());
    Ok(())
}

fn page(codebook: &Codebook, args: &PageArgs) -> Result<String, Failure> {
    let timing = Timing::of(codebook)?;
    let positive = |seconds: f64, least: f64| (least..=3600.0).contains(&seconds);
    if !(positive(args.trial, 1e-3) && positive(args.cue, 0.0) && positive(args.pause, 0.0)) {
        return Err(Failure::new("--trial, --cue and --pause: expected seconds up to an hour"));
    }
    let trial_frames = (args.trial * timing.refresh_hz).round().max(1.0);
    let period = timing.period_frames.map_or(f64::INFINITY, |period| period as f64);
    let frames = trial_frames.min(period) as usize;
    if frames as u64 * codebook.len() as u64 > MOST_VALUES {
        return Err(Failure::new(
            "the page would be too large: shorten --trial, or take fewer targets",
        ));
    }
    let screen = codebook.screen().unwrap_or_default();
    let shown = codebook.frames(frames)?;
    let rows: Vec<&[f64]> = shown.rows().collect();
    let at = |frame: usize| rows.iter().map(move |row| screen.drive_u8(row[frame]));
    let drive: Vec<u8> = (0..frames).flat_map(at).collect();
    let grid = grid(codebook);
    let settings = Settings {
        codebook,
        refresh_hz: timing.refresh_hz,
        rows: grid.rows,
        columns: grid.columns,
        trial_frames: trial_frames as usize,
        cue_s: args.cue,
        pause_s: args.pause,
        blocks: args.blocks.clamp(1, 1000),
        seed: args.seed,
        drive: base64(&drive),
        frames,
        rest_drive: screen.drive_u8(0.0),
    };
    // A script ends at its closing tag, wherever it stands; `<` inside of JSON may be written so.
    let settings = serde_json::to_string(&settings)?.replace('<', "\\u003c");
    let size = format!("{} targets · {} Hz", codebook.len(), short(timing.refresh_hz));
    Ok(TEMPLATE
        .replacen("%NOTICE%", &escaped(NOTICE), 1)
        .replacen("%SIZE%", &escaped(&size), 1)
        .replacen("%SETTINGS%", &settings, 1))
}

/// Bytes as text (RFC 4648).
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = DIGITS[(group >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64;

    /// The test vectors of RFC 4648, section 10.
    #[test]
    fn bytes_become_text_as_the_standard_says() {
        let texts = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
        for (len, text) in texts.into_iter().enumerate() {
            assert_eq!(base64(&b"foobar"[..len]), text);
        }
    }
}
