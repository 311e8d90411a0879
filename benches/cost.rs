//! How the time of one decision grows with targets, channels and window: a table, and the curves in
//! `docs/cost.svg`, each with its exponent beside it.
//!
//! Not one of Criterion's benches, since it is the growth that counts: `cargo bench --bench cost`.

#![allow(missing_docs, reason = "a program")]
#![allow(clippy::unwrap_used, reason = "a bench that can't run should say so at once")]

use std::f64::consts::TAU;
use std::fmt::Write;
use std::time::{Duration, Instant};

use evoked::decode::{Calibration, DecodeError, Decoder, Method, Scratch, Settings, Shape};
use evoked::signal::Epoch;
use evoked::simulate::Random;
use evoked::stimulus::Codebook;

const RATE_HZ: f64 = 250.0;
const TRIALS: usize = 3;
/// Time spent on one point; the median of what was measured is taken.
const PATIENCE: Duration = Duration::from_millis(200);
const METHODS: [Method; 6] =
    [Method::Cca, Method::Msi, Method::Whitened, Method::ECca, Method::ETrca, Method::Tdca];
const COLOURS: [&str; 6] = ["#0072b2", "#56b4e9", "#009e73", "#d55e00", "#cc79a7", "#e69f00"];

#[derive(Clone, Copy)]
struct Size {
    targets: usize,
    channels: usize,
    window_s: f64,
}

/// Where the other two stay.
const USUAL: Size = Size { targets: 40, channels: 9, window_s: 1.0 };

/// A panel of the figure: what grows, and how far.
struct Axis {
    name: &'static str,
    values: Vec<f64>,
    size: fn(f64) -> Size,
}

/// A method's times on one axis, µs; those it refuses are missing.
struct Curve {
    method: usize,
    points: Vec<(f64, f64)>,
}

fn axes() -> [Axis; 3] {
    let targets = |targets: f64| Size { targets: targets as usize, ..USUAL };
    let channels = |channels: f64| Size { channels: channels as usize, ..USUAL };
    let window = |window_s: f64| Size { window_s, ..USUAL };
    [
        Axis { name: "targets", values: vec![8.0, 16.0, 32.0, 64.0, 128.0, 200.0], size: targets },
        Axis { name: "channels", values: vec![8.0, 16.0, 32.0, 64.0], size: channels },
        Axis { name: "window, s", values: vec![0.2, 0.5, 1.0, 2.0, 5.0], size: window },
    ]
}

fn trial(codebook: &Codebook, target: usize, shape: Shape, random: &mut Random) -> Vec<f64> {
    let hz = codebook.targets()[target].modulation.frequency_hz().unwrap();
    let wave = |n: usize| (TAU * hz * n as f64 / RATE_HZ).sin();
    (0..shape.channels * shape.samples)
        .map(|at| wave(at % shape.samples) + 2.0 * random.normal())
        .collect()
}

/// Median time of one decision, µs.
fn measure(method: Method, size: Size) -> Result<f64, DecodeError> {
    let step_hz = 8.0 / size.targets as f64;
    let codebook = Codebook::jfpm(8.0, step_hz, TAU / 4.0, size.targets).unwrap();
    let shape = Shape::of_window(size.channels, size.window_s, RATE_HZ);
    let settings = Settings { harmonics: 5, ..Settings::default() };
    let mut random = Random::new(1);
    let mut calibration = Calibration::new(shape, &codebook)?;
    if method.needs_calibration() {
        for at in 0..TRIALS * size.targets {
            let planar = trial(&codebook, at / TRIALS, shape, &mut random);
            calibration.add(at / TRIALS, Epoch::from_planar(&planar, size.channels).unwrap())?;
        }
    }
    let decoder: Box<dyn Decoder> = match method.needs_calibration() {
        true => method.fit(&codebook, &calibration, &settings)?,
        false => method.build(&codebook, shape, &settings)?,
    };
    let planar = trial(&codebook, 0, shape, &mut random);
    let epoch = Epoch::from_planar(&planar, size.channels).unwrap();
    let (mut scores, mut scratch) = (vec![0.0; size.targets], Scratch::default());
    decoder.score_into(epoch, &mut scores, &mut scratch)?;
    let (start, mut times) = (Instant::now(), Vec::new());
    while times.len() < 5 || start.elapsed() < PATIENCE {
        let before = Instant::now();
        decoder.score_into(epoch, &mut scores, &mut scratch)?;
        times.push(before.elapsed().as_secs_f64() * 1e6);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2])
}

/// Slope of the least-squares line through the logarithms.
fn exponent(points: &[(f64, f64)]) -> f64 {
    let logs: Vec<(f64, f64)> = points.iter().map(|(x, y)| (x.ln(), y.ln())).collect();
    let count = logs.len() as f64;
    let mean_x = logs.iter().map(|(x, _)| x).sum::<f64>() / count;
    let mean_y = logs.iter().map(|(_, y)| y).sum::<f64>() / count;
    let along: f64 = logs.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    along / logs.iter().map(|(x, _)| (x - mean_x).powi(2)).sum::<f64>()
}

fn curves(axis: &Axis) -> Vec<Curve> {
    let mut curves = Vec::new();
    for (place, method) in METHODS.into_iter().enumerate() {
        let mut points = Vec::new();
        for &value in &axis.values {
            match measure(method, (axis.size)(value)) {
                Ok(time) => points.push((value, time)),
                Err(error) => println!("{method}, {} {value}: {error}", axis.name),
            }
        }
        let times: Vec<String> = points.iter().map(|(x, y)| format!("{x}: {y:.1}")).collect();
        println!(
            "{:<10} {:<10} exponent {:5.2}   µs at {}",
            axis.name,
            method.name(),
            exponent(&points),
            times.join(", ")
        );
        curves.push(Curve { method: place, points });
    }
    curves
}

const PANEL: (f64, f64) = (300.0, 300.0);
const MARGIN: (f64, f64) = (60.0, 46.0);
/// µs at the lower and upper edge.
const RANGE_US: (f64, f64) = (3.0, 40_000.0);

fn figure(panels: &[(Axis, Vec<Curve>)]) -> String {
    let (width, height) = (PANEL.0 + MARGIN.0 + 100.0, PANEL.1 + 2.0 * MARGIN.1);
    let total = width * panels.len() as f64;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {total} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"{total}\" height=\"{height}\" fill=\"white\"/>\n"
    );
    for (place, (axis, curves)) in panels.iter().enumerate() {
        let left = place as f64 * width + MARGIN.0;
        panel(&mut svg, left, axis, curves).unwrap();
    }
    svg.push_str("</svg>\n");
    svg
}

fn panel(svg: &mut String, left: f64, axis: &Axis, curves: &[Curve]) -> std::fmt::Result {
    let (top, bottom, right) = (MARGIN.1, MARGIN.1 + PANEL.1, left + PANEL.0);
    let (low, high) = (axis.values[0].ln(), axis.values[axis.values.len() - 1].ln());
    let x = |value: f64| left + (value.ln() - low) / (high - low) * PANEL.0;
    let span = RANGE_US.1.ln() - RANGE_US.0.ln();
    let y = |us: f64| bottom - (us.ln() - RANGE_US.0.ln()) / span * PANEL.1;
    for us in [10.0, 100.0, 1000.0, 10_000.0] {
        let at = y(us);
        writeln!(svg, "<path d=\"M{left:.0} {at:.1}H{right:.0}\" stroke=\"#ddd\"/>")?;
        let at = at + 4.0;
        writeln!(
            svg,
            "<text x=\"{:.0}\" y=\"{at:.1}\" text-anchor=\"end\">{us}</text>",
            left - 6.0
        )?;
    }
    for &value in &axis.values {
        let (at, below) = (x(value), bottom + 16.0);
        writeln!(
            svg,
            "<text x=\"{at:.1}\" y=\"{below:.0}\" text-anchor=\"middle\">{value}</text>"
        )?;
    }
    writeln!(
        svg,
        "<path d=\"M{left:.0} {top:.0}V{bottom:.0}H{right:.0}\" fill=\"none\" stroke=\"#444\"/>"
    )?;
    let (middle, below) = ((left + right) / 2.0, bottom + 36.0);
    writeln!(
        svg,
        "<text x=\"{middle:.0}\" y=\"{below:.0}\" text-anchor=\"middle\">{}</text>",
        axis.name
    )?;
    writeln!(svg, "<text x=\"{left:.0}\" y=\"{:.0}\">µs a decision</text>", top - 14.0)?;
    let mut labels: Vec<(f64, String, &str)> = Vec::new();
    for curve in curves {
        let colour = COLOURS[curve.method];
        let points: Vec<String> =
            curve.points.iter().map(|&(a, b)| format!("{:.1},{:.1}", x(a), y(b))).collect();
        writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
            points.join(" ")
        )?;
        if let Some(&(_, last)) = curve.points.last() {
            let name = METHODS[curve.method].name();
            labels.push((y(last), format!("{name} {:.2}", exponent(&curve.points)), colour));
        }
    }
    labels.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut free = f64::MIN;
    for (at, label, colour) in labels {
        // A line apart, so that they can be read where curves end side by side.
        free = at.max(free + 14.0);
        let (x, y) = (right + 6.0, free + 4.0);
        writeln!(svg, "<text x=\"{x:.0}\" y=\"{y:.1}\" fill=\"{colour}\">{label}</text>")?;
    }
    Ok(())
}

fn main() {
    // `cargo test --benches` and the like only want to know that it starts.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    println!(
        "one decision, one thread, {RATE_HZ} Hz, 5 harmonics; else 40 targets, 9 channels, 1 s"
    );
    let panels: Vec<_> = axes()
        .into_iter()
        .map(|axis| {
            let curves = curves(&axis);
            (axis, curves)
        })
        .collect();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/cost.svg");
    std::fs::write(path, figure(&panels)).unwrap();
    println!("curves: {path}");
}
