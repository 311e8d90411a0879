use super::finding::list;
use super::gaps::plural;
use super::mains::Mains;
use super::{Case, Finding, Severity, Topic};
use crate::signal::Stream;
use crate::stimulus::{Modulation, Target};

/// Harmonics that are looked at.
const HARMONICS: u32 = 3;
/// Harmonics that decoders use unless told otherwise.
const USUAL_HARMONICS: u32 = 2;
/// A harmonic this close to the mains can't be told from them.
const MAINS_WIDTH_HZ: f64 = 1.0;
/// The window that is taken where none is known.
const USUAL_WINDOW_S: f64 = 4.0;
/// The screen that is taken where none is known.
const USUAL_REFRESH_HZ: f64 = 60.0;
const MOST_NAMES: usize = 4;

pub(super) fn examine(
    case: &Case<'_>,
    stream: &Stream,
    mains: Option<&Mains>,
    findings: &mut Vec<Finding>,
) {
    let targets = case.codebook.map_or(&[][..], |codebook| codebook.targets());
    let frequency =
        |target: &Target| Some((target.label.clone(), target.modulation.frequency_hz()?));
    let frequencies: Vec<(String, f64)> = targets.iter().filter_map(frequency).collect();
    on_mains(case, stream, &frequencies, mains, findings);
    shared(case, &frequencies, findings);
    above_nyquist(stream, &frequencies, findings);
    on_screen(case, targets, findings);
}

fn on_mains(
    case: &Case<'_>,
    stream: &Stream,
    frequencies: &[(String, f64)],
    mains: Option<&Mains>,
    findings: &mut Vec<Finding>,
) {
    let known = mains.map(|mains| mains.nominal_hz).or(case.mains_hz);
    let candidates = known.map_or_else(|| vec![50.0, 60.0], |hz| vec![hz]);
    for mains_hz in candidates {
        let severity = |harmonic: u32| match (mains, known) {
            (Some(_), _) if harmonic <= USUAL_HARMONICS => Severity::Problem,
            (Some(_), _) | (None, Some(_)) => Severity::Warning,
            (None, None) => Severity::Note,
        };
        let on_mains = |hz: f64| {
            (1..=HARMONICS).find(|&k| {
                let place_hz = hz * f64::from(k);
                (place_hz - mains_hz).abs() < MAINS_WIDTH_HZ && place_hz < stream.rate_hz() / 2.0
            })
        };
        let first = frequencies.iter().filter_map(|(_, hz)| on_mains(*hz)).min().unwrap_or(1);
        let advice = match first - 1 {
            0 => "choose another frequency next time".to_owned(),
            clear => format!(
                "decode with --harmonics {clear}, so that all targets are compared by harmonics that are clear of the mains, or leave out these alone with --mains {mains_hz}; choose another frequency next time"
            ),
        };
        let hit = |(label, hz): &(String, f64)| {
            let harmonic = on_mains(*hz)?;
            let what = match harmonic {
                1 => format!("target {label}: it is the mains of {mains_hz} Hz itself"),
                _ => format!(
                    "target {label}: its {} is at {} Hz, on the mains of {mains_hz} Hz",
                    ordinal(harmonic),
                    hz * f64::from(harmonic)
                ),
            };
            Some((severity(harmonic), what))
        };
        for (severity, what) in frequencies.iter().filter_map(hit) {
            findings.push(
                Finding::new(Topic::TargetOnMains, severity, what)
                    .because("the mains look like a response to this target, in every trial")
                    .advise(advice.clone()),
            );
        }
    }
}

/// Pairs of targets of which one's harmonic is the other's, the fundamental of one among them.
fn shared(case: &Case<'_>, frequencies: &[(String, f64)], findings: &mut Vec<Finding>) {
    let window_s = case.window_s.map_or(USUAL_WINDOW_S, |(_, length_s)| length_s);
    let resolution_hz = 0.5 / window_s;
    let mut pairs = Vec::new();
    for (label, hz) in frequencies {
        for (other, other_hz) in frequencies.iter().filter(|(other, _)| other != label) {
            let harmonic =
                (2..=HARMONICS).find(|&k| (hz * f64::from(k) - other_hz).abs() < resolution_hz);
            if let Some(harmonic) = harmonic {
                pairs.push(format!("the {} of {label} is {other}", ordinal(harmonic)));
            }
        }
    }
    if pairs.is_empty() {
        return;
    }
    let what = format!(
        "{} each other: {}",
        plural(
            pairs.len(),
            "pair of targets shares harmonics with",
            "pairs of targets share harmonics with"
        ),
        list(&pairs, MOST_NAMES)
    );
    findings.push(
        Finding::new(Topic::TargetsShareHarmonic, Severity::Warning, what)
            .because("a response to the lower one looks like a response to the higher one, too")
            .advise("decode with more --harmonics, so that the lower one's fundamental counts; choose frequencies within an octave next time"),
    );
}

fn above_nyquist(stream: &Stream, frequencies: &[(String, f64)], findings: &mut Vec<Finding>) {
    let highest_hz = stream.rate_hz() / 2.0;
    let names: Vec<String> = frequencies
        .iter()
        .filter(|(_, hz)| *hz >= highest_hz)
        .map(|(label, _)| label.clone())
        .collect();
    if names.is_empty() {
        return;
    }
    let rate_hz = stream.rate_hz();
    let what = format!("{} above half the sampling rate of {rate_hz} Hz", list(&names, MOST_NAMES));
    findings.push(
        Finding::new(Topic::TargetAboveNyquist, Severity::Problem, what)
            .because("nothing of such a response is in the recording, but for its alias")
            .advise("leave these targets out, or record faster"),
    );
}

fn on_screen(case: &Case<'_>, targets: &[Target], findings: &mut Vec<Finding>) {
    let said = case.refresh_hz.or_else(|| case.codebook.and_then(|codebook| codebook.refresh_hz()));
    let refresh_hz = said.unwrap_or(USUAL_REFRESH_HZ);
    let names = |wanted: &dyn Fn(&Modulation) -> bool| -> Vec<String> {
        targets.iter().filter(|t| wanted(&t.modulation)).map(|t| t.label.clone()).collect()
    };
    // At half the refresh rate on and off still fit, at a phase of the frames.
    let beyond = names(&|modulation| match modulation {
        Modulation::Code { bit_rate_hz, .. } => *bit_rate_hz > refresh_hz + 1e-6,
        other => other.frequency_hz().is_some_and(|hz| hz > refresh_hz / 2.0 + 1e-6),
    });
    if !beyond.is_empty() {
        let severity = if said.is_some() { Severity::Problem } else { Severity::Note };
        let what =
            format!("{}: a screen of {refresh_hz} Hz can't show it", list(&beyond, MOST_NAMES));
        findings.push(
            Finding::new(Topic::TargetOnScreen, severity, what)
                .because("above half the refresh rate it shows another frequency")
                .advise("use a faster screen or lamps, or lower frequencies"),
        );
    }
    let uneven = names(&|modulation| match modulation {
        Modulation::Square { frequency_hz, .. } => {
            let frames = refresh_hz / frequency_hz;
            *frequency_hz <= refresh_hz / 2.0 && (frames - frames.round()).abs() > 0.005
        }
        _ => false,
    });
    if let (false, Some(refresh_hz)) = (uneven.is_empty(), said) {
        let what = format!(
            "{}: no whole number of frames a period on a screen of {refresh_hz} Hz",
            list(&uneven, MOST_NAMES)
        );
        findings.push(
            Finding::new(Topic::TargetOnScreen, Severity::Warning, what)
                .because("on and off then last now a frame longer, now a frame shorter, which spreads the response over other frequencies")
                .advise("choose frequencies that divide the refresh rate, or modulate the luminance as a sampled sinusoid"),
        );
    }
}

fn ordinal(harmonic: u32) -> String {
    match harmonic {
        2 => "2nd harmonic".into(),
        3 => "3rd harmonic".into(),
        _ => format!("{harmonic}th harmonic"),
    }
}
