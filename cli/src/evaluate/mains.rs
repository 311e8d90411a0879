//! A word of warning where harmonics of targets fall on mains that the spectra show.

use super::result::{Evaluation, Response};

const MAINS_HZ: [f64; 2] = [50.0, 60.0];
/// A line stands out with so many times the amplitude around it.
const STANDS_OUT: f64 = 3.0;
/// Where the line is looked for, and what counts as around it.
const LINE_HZ: f64 = 0.3;
const AROUND_HZ: (f64, f64) = (1.5, 4.0);
/// A harmonic this close to the mains is left out by `--mains`.
const WIDTH_HZ: f64 = 1.0;
/// Most targets that are named.
const MOST: usize = 6;

/// What to say, where harmonics were not left out.
pub(crate) fn warning(evaluation: &Evaluation) -> Option<String> {
    let setting = &evaluation.settings;
    if setting.mains_hz.is_some() {
        return None;
    }
    let responses = || evaluation.subjects.iter().filter_map(|subject| subject.response.as_ref());
    let mains_hz =
        MAINS_HZ.into_iter().find(|&hz| responses().any(|response| has_line(response, hz)))?;
    let harmonics = 1..=setting.harmonics;
    let falls = |hz: f64| {
        let near = |h: usize| (h as f64 * hz - mains_hz).abs() < WIDTH_HZ;
        harmonics.clone().any(near)
    };
    let targets = setting.targets.iter().zip(&setting.frequencies_hz);
    let names: Vec<&str> =
        targets.filter(|(_, hz)| hz.is_some_and(falls)).map(|(name, _)| name.as_str()).collect();
    if names.is_empty() {
        return None;
    }
    let more = if names.len() > MOST { ", …" } else { "" };
    let named = names.iter().take(MOST).copied().collect::<Vec<_>>().join(", ");
    Some(format!(
        "the recordings have mains of {mains_hz} Hz, on which harmonics of {named}{more} fall, so that these targets are taken for the answer: try --mains {mains_hz}"
    ))
}

/// Whether the mean spectrum over the targets has a line here.
fn has_line(response: &Response, hz: f64) -> bool {
    let spectra: Vec<&[f64]> =
        response.targets.iter().flatten().map(|target| target.amplitude.as_slice()).collect();
    let bins = spectra.iter().map(|spectrum| spectrum.len()).min().unwrap_or(0);
    let within = |low_hz: f64, high_hz: f64| {
        (0..bins)
            .filter(|&bin| (low_hz..=high_hz).contains(&(bin as f64 * response.step_hz - hz).abs()))
            .map(|bin| spectra.iter().map(|spectrum| spectrum[bin]).sum::<f64>())
            .collect::<Vec<f64>>()
    };
    let line = within(0.0, LINE_HZ).into_iter().fold(0.0, f64::max);
    let mut around = within(AROUND_HZ.0, AROUND_HZ.1);
    around.sort_by(f64::total_cmp);
    around.get(around.len() / 2).is_some_and(|&middle| middle > 0.0 && line > STANDS_OUT * middle)
}
