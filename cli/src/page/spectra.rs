//! Amplitude spectra, one a target, with its harmonics marked.

use super::scale::{Scale, round_top};
use super::svg::{Anchor, Svg};
use crate::evaluate::result::Evaluation;

const WIDTH: f64 = 372.0;
const HEIGHT: f64 = 204.0;
const LEFT: f64 = 40.0;
const RIGHT: f64 = 10.0;
const TOP: f64 = 44.0;
const BOTTOM: f64 = 30.0;
/// The highest frequency drawn.
const HIGHEST_HZ: f64 = 60.0;
/// Below this lies drift, which would make the rest small.
const LOWEST_HZ: f64 = 3.0;

/// A spectrum over several subjects.
struct Mean {
    step_hz: f64,
    amplitude: Vec<f64>,
    narrow_snr_db: f64,
}

/// A panel a target that was measured.
pub(super) fn draw(evaluation: &Evaluation) -> Vec<String> {
    let setting = &evaluation.settings;
    let means: Vec<Option<Mean>> =
        (0..setting.targets.len()).map(|target| mean(evaluation, target)).collect();
    let highest = means.iter().flatten().map(Mean::highest).fold(0.0, f64::max);
    let panels = means.iter().enumerate().filter_map(|(target, mean)| {
        let (mean, hz) = (mean.as_ref()?, setting.frequencies_hz.get(target).copied().flatten()?);
        Some(panel(&setting.targets[target], hz, mean, round_top(highest)))
    });
    panels.collect()
}

/// The mean over the subjects whose spectra have the points of the first.
fn mean(evaluation: &Evaluation, target: usize) -> Option<Mean> {
    let responses = || evaluation.subjects.iter().filter_map(|subject| subject.response.as_ref());
    let step_hz = responses().next()?.step_hz;
    let own: Vec<_> = responses()
        .filter(|response| (response.step_hz - step_hz).abs() < 1e-9)
        .filter_map(|response| response.targets.get(target)?.as_ref())
        .collect();
    let bins = own.iter().map(|response| response.amplitude.len()).min()?;
    let count = own.len() as f64;
    let at = |bin: usize| own.iter().map(|response| response.amplitude[bin]).sum::<f64>() / count;
    let narrow_snr_db = own.iter().map(|response| response.narrow_snr_db).sum::<f64>() / count;
    Some(Mean { step_hz, amplitude: (0..bins).map(at).collect(), narrow_snr_db })
}

impl Mean {
    /// Frequencies and amplitudes that are drawn.
    fn points(&self) -> impl Iterator<Item = (f64, f64)> {
        let point = |(bin, &amplitude): (usize, &f64)| (bin as f64 * self.step_hz, amplitude);
        let drawn = |point: &(f64, f64)| (LOWEST_HZ..=HIGHEST_HZ).contains(&point.0);
        self.amplitude.iter().enumerate().map(point).filter(drawn)
    }

    fn highest(&self) -> f64 {
        self.points().map(|(_, amplitude)| amplitude).fold(0.0, f64::max)
    }

    fn highest_hz(&self) -> f64 {
        let last = self.amplitude.len().saturating_sub(1) as f64 * self.step_hz;
        last.min(HIGHEST_HZ)
    }
}

fn panel(name: &str, hz: f64, mean: &Mean, top: f64) -> String {
    let mut svg = Svg::new(WIDTH, HEIGHT, &format!("Spectrum of target {name}"));
    let x = Scale { from: (LOWEST_HZ, mean.highest_hz()), to: (LEFT, WIDTH - RIGHT) };
    let y = Scale { from: (0.0, top), to: (HEIGHT - BOTTOM, TOP) };
    for tick in y.ticks(3) {
        svg.line("grid", (LEFT, y.at(tick)), (WIDTH - RIGHT, y.at(tick)));
        svg.text("tick", (LEFT - 6.0, y.at(tick) + 4.0), Anchor::End, &tick.to_string());
    }
    for tick in x.ticks(6) {
        svg.text("tick", (x.at(tick), HEIGHT - BOTTOM + 16.0), Anchor::Middle, &tick.to_string());
    }
    let harmonics = (1..).map(|h| (h, f64::from(h) * hz));
    for (harmonic, at_hz) in harmonics.take_while(|(_, at_hz)| *at_hz <= mean.highest_hz()).take(8)
    {
        let class = if harmonic == 1 { "mark first" } else { "mark" };
        svg.line(class, (x.at(at_hz), TOP - 4.0), (x.at(at_hz), HEIGHT - BOTTOM));
        let label = if harmonic == 1 { "f".to_owned() } else { format!("{harmonic}f") };
        svg.text("mark-name", (x.at(at_hz), TOP - 7.0), Anchor::Middle, &label);
    }
    let points: Vec<(f64, f64)> = mean.points().map(|(hz, a)| (x.at(hz), y.at(a))).collect();
    svg.polyline("spectrum", &points);
    svg.line("axis", (LEFT, y.at(0.0)), (WIDTH - RIGHT, y.at(0.0)));
    let snr = format!("{name} · {:.1} dB", mean.narrow_snr_db);
    svg.text("panel", (LEFT, 14.0), Anchor::Start, &snr);
    svg.finish()
}
