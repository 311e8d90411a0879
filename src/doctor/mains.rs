use super::channels::median;
use super::finding::list;
use super::{Finding, Severity, Topic};
use crate::dsp::{SpectrumPlan, SpectrumScratch, Window};
use crate::signal::Stream;

/// Length of the spectra in which the mains are looked for.
const SPECTRUM_S: f64 = 4.0;
/// Spectra that are taken of a recording, spread over it.
const MOST_SPECTRA: usize = 64;
/// Length of the spectra that tell the frequency.
const FINE_S: f64 = 60.0;
/// The mains stand out where their bin has so many times the power of those around.
const PRESENT: f64 = 6.0;
/// Clear enough to tell their frequency.
const CLEAR: f64 = 50.0;
/// The frequency is looked for so far from the nominal one.
const SEARCH: f64 = 0.01;

/// The mains in a recording.
pub(super) struct Mains {
    /// 50 or 60 Hz, or what was said.
    pub nominal_hz: f64,
    /// Where the line lies by the recording's own clock, where that is clear.
    pub line_hz: Option<f64>,
    /// For each channel, RMS of the line in the unit of the channel.
    rms: Vec<f64>,
    /// For each channel, RMS of what is between 4 and 40 Hz.
    band_rms: Vec<f64>,
    /// Power at the line over that around it; the median over channels.
    pub ratio: f64,
}

/// The mains as the recording has them; `None` where it has none, or is too short.
pub(super) fn measure(stream: &Stream, known_hz: Option<f64>) -> Option<Mains> {
    let candidates = known_hz.map_or_else(|| vec![50.0, 60.0], |hz| vec![hz]);
    let found = candidates.into_iter().filter_map(|hz| at(stream, hz));
    let best = found.max_by(|a, b| a.ratio.total_cmp(&b.ratio))?;
    (best.ratio >= PRESENT).then_some(best)
}

fn at(stream: &Stream, nominal_hz: f64) -> Option<Mains> {
    let rate_hz = stream.rate_hz();
    if !(nominal_hz > 10.0 && nominal_hz + 4.0 < rate_hz / 2.0) {
        return None;
    }
    let len = (SPECTRUM_S * rate_hz) as usize;
    let plan = SpectrumPlan::new(len, len, Window::Hann).ok()?;
    let bin = |hz: f64| (hz * len as f64 / rate_hz).round() as usize;
    let mut mains =
        Mains { nominal_hz, line_hz: None, rms: Vec::new(), band_rms: Vec::new(), ratio: 0.0 };
    let mut ratios = Vec::new();
    for row in 0..stream.channels().len() {
        let Some(power) = mean_power(stream, row, &plan) else { continue };
        let around: Vec<f64> = (bin(nominal_hz - 4.0)..=bin(nominal_hz + 4.0))
            .filter(|&k| k.abs_diff(bin(nominal_hz)) > bin(1.0))
            .filter_map(|k| power.get(k).copied())
            .collect();
        let floor = median(around);
        // A line that is off by some tenths, or not stable, is in the bins beside, too.
        let near = bin(nominal_hz).saturating_sub(1)..=bin(nominal_hz) + 1;
        let line = power.get(near).unwrap_or(&[]).iter().copied().fold(0.0, f64::max);
        let band: f64 = power.get(bin(4.0)..=bin(40.0)).unwrap_or(&[]).iter().sum();
        if floor > 0.0 {
            ratios.push(line / floor);
        }
        mains.rms.push(line.sqrt());
        // Hann's noise bandwidth is 1.5 bins.
        mains.band_rms.push((band / 1.5).sqrt());
    }
    mains.ratio = median(ratios);
    if mains.ratio >= CLEAR {
        mains.line_hz = line_hz(stream, nominal_hz, &mains.rms);
    }
    Some(mains)
}

/// Mean power a bin of a row, scaled so that a sinusoid shows its mean square in its bin.
fn mean_power(stream: &Stream, row: usize, plan: &SpectrumPlan) -> Option<Vec<f64>> {
    let mut sum = vec![0.0; plan.bins()];
    let mut scratch = SpectrumScratch::default();
    let mut amplitudes = vec![0.0; plan.bins()];
    let windows = windows(stream, row, plan.signal_len(), MOST_SPECTRA);
    for window in &windows {
        plan.amplitude_with_scratch(window, &mut amplitudes, &mut scratch).ok()?;
        sum.iter_mut()
            .zip(&amplitudes)
            .for_each(|(sum, amplitude)| *sum += amplitude.powi(2) / 2.0);
    }
    let count = windows.len() as f64;
    sum.iter_mut().for_each(|sum| *sum /= count);
    (!windows.is_empty() && sum.iter().all(|power| power.is_finite())).then_some(sum)
}

/// Stretches of a row without a gap, less their mean, spread over the recording.
fn windows(stream: &Stream, row: usize, len: usize, most: usize) -> Vec<Vec<f64>> {
    let samples = stream.samples();
    let starts: Vec<u64> = samples
        .segments()
        .iter()
        .flat_map(|segment| (0..segment.len / len.max(1)).map(|n| segment.first + (n * len) as u64))
        .collect();
    let step = starts.len().div_ceil(most).max(1);
    let cut = |&start: &u64| {
        let epoch = samples.epoch(start, len).ok()?;
        let values: Vec<f64> = epoch.channel(row).iter().copied().map(f64::from).collect();
        let mean = values.iter().sum::<f64>() / len as f64;
        Some(values.into_iter().map(|value| value - mean).collect())
    };
    starts.iter().step_by(step).filter_map(cut).collect()
}

/// Where the line lies, to some thousandths of a Hz: the median over long stretches of the channel
/// that has most of it.
fn line_hz(stream: &Stream, nominal_hz: f64, rms: &[f64]) -> Option<f64> {
    let row = (0..rms.len()).max_by(|&a, &b| rms[a].total_cmp(&rms[b]))?;
    let rate_hz = stream.rate_hz();
    let len = (FINE_S * rate_hz) as usize;
    let plan = SpectrumPlan::new(len, len, Window::Hann).ok()?;
    let bin_hz = rate_hz / len as f64;
    let place = |window: &Vec<f64>| {
        let amplitudes = plan.amplitude(window).ok()?;
        let span = (nominal_hz * (1.0 - SEARCH) / bin_hz) as usize
            ..=(nominal_hz * (1.0 + SEARCH) / bin_hz) as usize;
        let peak = span.max_by(|&a, &b| amplitudes[a].total_cmp(&amplitudes[b]))?;
        // The top of the parabola through the logarithms of three bins.
        let [a, b, c] = [peak - 1, peak, peak + 1].map(|k| amplitudes[k].max(1e-300).ln());
        Some((peak as f64 + 0.5 * (a - c) / (a - 2.0 * b + c)) * bin_hz)
    };
    let places: Vec<f64> =
        windows(stream, row, len, MOST_SPECTRA).iter().filter_map(place).collect();
    (!places.is_empty()).then(|| median(places))
}

pub(super) fn examine(stream: &Stream, mains: Option<&Mains>, findings: &mut Vec<Finding>) {
    let Some(mains) = mains else { return };
    let level = |row: usize| mains.rms[row] / mains.band_rms[row].max(f64::MIN_POSITIVE);
    let strong: Vec<String> = (0..mains.rms.len())
        .filter(|&row| level(row) > 1.0)
        .map(|row| {
            let channel = &stream.channels()[row];
            format!("{} ({:.1} {})", channel.label, mains.rms[row], channel.unit.as_str())
        })
        .collect();
    let hz = mains.nominal_hz;
    let finding = if strong.is_empty() {
        let decibels = 10.0 * mains.ratio.log10();
        let what = format!("the mains of {hz} Hz stand {decibels:.0} dB above what is around them");
        Finding::new(Topic::Mains, Severity::Note, what)
    } else {
        let what = format!(
            "the mains of {hz} Hz are stronger than everything from 4 to 40 Hz in {}",
            list(&strong, 8)
        );
        Finding::new(Topic::Mains, Severity::Warning, what)
    };
    findings.push(
        finding
            .because("harmonics of targets that fall on them can't be told from them")
            .advise(format!("decode with --notch {hz} or --mains {hz}; keep cables short and away from power supplies")),
    );
}
