//! A picture of a codebook, written by hand as SVG: a row a target, its light on the left and its
//! spectrum on the right.

use std::fmt::Write as _;

use evoked::stimulus::{Codebook, LightSpectrum, Timing};

use super::args::PreviewArgs;
use super::check::shows;
use super::{read_codebook, short, write};
use crate::failure::Failure;

/// Most targets in a picture.
const MOST_TARGETS: usize = 64;
/// Most frames in a picture.
const MOST_FRAMES: usize = 600;

const ROW: f64 = 26.0;
const GAP: f64 = 5.0;
const TOP: f64 = 78.0;
const LEFT: f64 = 148.0;
const RASTER: f64 = 720.0;
const SPECTRUM: f64 = 250.0;
const BETWEEN: f64 = 26.0;

pub(crate) fn run(args: &PreviewArgs) -> Result<(), Failure> {
    if args.output.extension().is_none_or(|extension| !extension.eq_ignore_ascii_case("svg")) {
        let name = args.output.display();
        return Err(Failure::new(format!("{name}: only SVG can be drawn; name it .svg")));
    }
    let codebook = read_codebook(&args.codebook, args.refresh)?;
    let picture = picture(&codebook, args.count.clamp(1, MOST_FRAMES))?;
    write(&args.output, picture.as_bytes(), args.force)?;
    println!("{}: {} targets", args.output.display(), codebook.len().min(MOST_TARGETS));
    Ok(())
}

fn picture(codebook: &Codebook, count: usize) -> Result<String, Failure> {
    let (timing, frames) = (Timing::of(codebook)?, codebook.frames(count)?);
    let rows = codebook.len().min(MOST_TARGETS);
    let bottom = TOP + rows as f64 * (ROW + GAP);
    let (width, height) = (LEFT + RASTER + BETWEEN + SPECTRUM + 24.0, bottom + 58.0);
    let mut svg = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}' \
         viewBox='0 0 {width} {height}' font-family='Helvetica, Arial, sans-serif' font-size='12'>\n\
         <rect width='100%' height='100%' fill='#fbfbfd'/>\n"
    );
    heading(&mut svg, codebook, &timing, rows);
    for (place, row) in frames.rows().take(rows).enumerate() {
        let y = TOP + place as f64 * (ROW + GAP);
        let target = &codebook.targets()[place];
        let middle = y + ROW / 2.0;
        text(&mut svg, LEFT - 12.0, middle - 1.0, "end", "#20242c", &target.label);
        let small = shows(&target.modulation);
        text_small(&mut svg, LEFT - 12.0, middle + 11.0, "end", &small);
        raster(&mut svg, row, y);
        spectrum(&mut svg, &timing.targets[place].spectrum, timing.refresh_hz, y);
    }
    axes(&mut svg, count, timing.refresh_hz, bottom);
    svg += "</svg>\n";
    Ok(svg)
}

fn heading(svg: &mut String, codebook: &Codebook, timing: &Timing, rows: usize) {
    let count = codebook.len();
    let title = match rows < count {
        true => format!("The first {rows} of {count} targets"),
        false => format!("{count} targets"),
    };
    let _ = writeln!(
        svg,
        "<text x='24' y='32' font-size='18' font-weight='bold' fill='#20242c'>{title}</text>"
    );
    let repeats = match timing.period_frames {
        Some(period) => {
            format!("repeats after {period} frames, {} s", short(period as f64 / timing.refresh_hz))
        }
        None => "does not repeat".to_owned(),
    };
    let below = format!("display of {} Hz; the set {repeats}", short(timing.refresh_hz));
    let _ = writeln!(svg, "<text x='24' y='52' fill='#667085'>{below}</text>");
    text_small(svg, LEFT, TOP - 8.0, "start", "luminance, frame by frame");
    let x = LEFT + RASTER + BETWEEN;
    text_small(svg, x, TOP - 8.0, "start", "amplitude in the light, by frequency");
}

/// Neighbouring frames of the same grey are one rectangle.
fn raster(svg: &mut String, row: &[f64], y: f64) {
    let cell = RASTER / row.len() as f64;
    let grey = |luminance: f64| (255.0 * luminance.powf(1.0 / 2.2)).round() as u8;
    let mut frame = 0;
    for run in row.chunk_by(|a, b| grey(*a) == grey(*b)) {
        let (x, width) = (LEFT + frame as f64 * cell, run.len() as f64 * cell);
        let value = grey(run[0]);
        let _ = writeln!(
            svg,
            "<rect x='{x:.2}' y='{y}' width='{:.2}' height='{ROW}' fill='#{value:02x}{value:02x}{value:02x}'/>",
            // A hair wider, so that no light comes through between.
            width + if frame + run.len() < row.len() { 0.3 } else { 0.0 }
        );
        frame += run.len();
    }
    let _ = writeln!(
        svg,
        "<rect x='{LEFT}' y='{y}' width='{RASTER}' height='{ROW}' fill='none' stroke='#98a2b3' stroke-width='0.6'/>"
    );
}

/// The strongest line of each of the columns, up to half of the light's range.
fn spectrum(svg: &mut String, spectrum: &LightSpectrum, refresh_hz: f64, y: f64) {
    const COLUMNS: usize = 125;
    let (left, half_hz) = (LEFT + RASTER + BETWEEN, refresh_hz / 2.0);
    let mut columns = [0.0_f64; COLUMNS];
    for line in spectrum.lines().iter().skip(1) {
        let column = (line.frequency_hz / half_hz * COLUMNS as f64) as usize;
        let column = &mut columns[column.min(COLUMNS - 1)];
        *column = column.max(line.amplitude);
    }
    let base = y + ROW;
    let _ = writeln!(
        svg,
        "<rect x='{left}' y='{y}' width='{SPECTRUM}' height='{ROW}' fill='#eef1f6'/>"
    );
    // The eye compares within a row; a code's many small lines would vanish beside a sinusoid's one.
    let most = columns.iter().copied().fold(1e-9, f64::max);
    let mut path = String::new();
    for (column, &amplitude) in columns.iter().enumerate().filter(|(_, a)| **a > 5e-4) {
        let x = left + (column as f64 + 0.5) * SPECTRUM / COLUMNS as f64;
        let _ = write!(path, "M{x:.1} {base}V{:.1}", base - (ROW - 2.0) * amplitude / most);
    }
    let _ = writeln!(svg, "<path d='{path}' stroke='#3056d3' stroke-width='1.6' fill='none'/>");
    if let Some(line) = spectrum.strongest(1).first() {
        let label = format!("{} Hz, {:.2}", short(line.frequency_hz), line.amplitude);
        // On the side of the row that the line leaves free.
        let (x, anchor) = match line.frequency_hz < 0.55 * half_hz {
            true => (left + SPECTRUM - 5.0, "end"),
            false => (left + 5.0, "start"),
        };
        let _ = writeln!(
            svg,
            "<text x='{x}' y='{}' text-anchor='{anchor}' font-size='10' fill='#344054' stroke='#eef1f6' \
             stroke-width='3' paint-order='stroke'>{label}</text>",
            y + 11.0
        );
    }
}

fn axes(svg: &mut String, count: usize, refresh_hz: f64, bottom: f64) {
    let seconds = count as f64 / refresh_hz;
    let step = step_of(seconds);
    let mut mark = 0.0;
    while mark <= seconds * 1.0001 {
        tick(svg, LEFT + RASTER * mark / seconds, bottom, &short(mark));
        mark += step;
    }
    text_small(svg, LEFT + RASTER / 2.0, bottom + 40.0, "middle", "seconds after the onset");
    let (left, half_hz) = (LEFT + RASTER + BETWEEN, refresh_hz / 2.0);
    let step = step_of(half_hz);
    let mut mark = 0.0;
    while mark <= half_hz * 1.0001 {
        tick(svg, left + SPECTRUM * mark / half_hz, bottom, &short(mark));
        mark += step;
    }
    text_small(svg, left + SPECTRUM / 2.0, bottom + 40.0, "middle", "Hz");
}

/// A round step that gives three to eight marks.
fn step_of(range: f64) -> f64 {
    let ten = 10_f64.powf((range / 3.0).log10().floor());
    let steps = [5.0, 2.0, 1.0].map(|step| step * ten);
    steps.into_iter().find(|step| range / step >= 3.0).unwrap_or(ten)
}

fn tick(svg: &mut String, x: f64, y: f64, label: &str) {
    let _ = writeln!(svg, "<path d='M{x:.1} {y}v5' stroke='#98a2b3'/>");
    text_small(svg, x, y + 19.0, "middle", label);
}

fn text(svg: &mut String, x: f64, y: f64, anchor: &str, fill: &str, text: &str) {
    let short: String = text.chars().take(18).collect();
    let text = escaped(&short);
    let _ = writeln!(
        svg,
        "<text x='{x:.1}' y='{y:.1}' text-anchor='{anchor}' fill='{fill}'>{text}</text>"
    );
}

fn text_small(svg: &mut String, x: f64, y: f64, anchor: &str, text: &str) {
    let text = escaped(text);
    let _ = writeln!(
        svg,
        "<text x='{x:.1}' y='{y:.1}' text-anchor='{anchor}' font-size='10' fill='#667085'>{text}</text>"
    );
}

/// Text that is no markup.
pub(super) fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut text, character| {
        match character {
            '&' => text += "&amp;",
            '<' => text += "&lt;",
            '>' => text += "&gt;",
            '"' => text += "&quot;",
            '\'' => text += "&#39;",
            // Controls have no place in XML.
            control if control.is_control() => text.push(' '),
            other => text.push(other),
        }
        text
    })
}
