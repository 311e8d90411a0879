use super::assignment::best_assignment;
use super::finding::list;
use super::mains::Mains;
use super::{Case, Finding, Severity, Topic};
use crate::decode::{FilterBank, Method, Preprocess, Settings, Shape, decode_trials};
use crate::dsp::{BandPass, Family};
use crate::signal::{Stream, Trial};

/// Trials of each target that are needed, two for each half.
const LEAST_TRIALS: usize = 4;
/// More targets than these are not paired anew.
const MOST_TARGETS: usize = 128;
/// How much more often the other pairing must be right.
const FAR_BETTER: f64 = 0.2;
/// How seldom chance may make it so.
const CHANCE: f64 = 0.001;
const LATENCY_S: f64 = 0.14;
const SHORTEST_S: f64 = 1.0;
const MOST_NAMES: usize = 8;

/// A labelled trial and its scores.
struct Scored {
    label: usize,
    scores: Vec<f64>,
}

/// Pairs labels anew with the targets that their spectra fit best. The pairing is made on one half
/// of the trials and judged on the other, so that chance does not make one up.
pub(super) fn examine(
    case: &Case<'_>,
    stream: &Stream,
    mains: Option<&Mains>,
    findings: &mut Vec<Finding>,
) {
    let Some(codebook) = case.codebook.filter(|codebook| codebook.len() <= MOST_TARGETS) else {
        return;
    };
    let targets = codebook.len();
    let Some(scored) = score(case, stream, mains) else { return };
    let (even, odd) = halves(&scored, targets);
    let enough = |label| {
        let trials = scored.iter().filter(|trial| trial.label == label).count();
        trials == 0 || trials >= LEAST_TRIALS
    };
    if !(0..targets).all(enough) || even.is_empty() || odd.is_empty() {
        return;
    }
    let (mut only_own, mut only_other, mut own, mut other) = (0_u64, 0_u64, 0_usize, 0_usize);
    for (fitted, judged) in [(&even, &odd), (&odd, &even)] {
        let pairing = pair(fitted, targets);
        for trial in judged.iter() {
            let decided = decide(&trial.scores);
            let (is_own, is_other) = (decided == trial.label, decided == pairing[trial.label]);
            own += usize::from(is_own);
            other += usize::from(is_other);
            only_own += u64::from(is_own && !is_other);
            only_other += u64::from(is_other && !is_own);
        }
    }
    let share = |right: usize| right as f64 / scored.len() as f64;
    if share(other) < share(own) + FAR_BETTER || sign_test(only_other, only_own) > CHANCE {
        return;
    }
    let all: Vec<&Scored> = scored.iter().collect();
    let pairing = pair(&all, targets);
    let name = |target: usize| codebook.targets()[target].label.as_str();
    let moved = (0..targets)
        .filter(|&label| all.iter().any(|trial| trial.label == label) && pairing[label] != label)
        .map(|label| format!("what is labelled {} fits {}", name(label), name(pairing[label])))
        .collect::<Vec<_>>();
    let what = format!(
        "the labels do not fit the spectra: {}. Paired like that, {other} of {} trials are right, by the labels {own}",
        list(&moved, MOST_NAMES),
        scored.len()
    );
    findings.push(
        Finding::new(Topic::Labels, Severity::Problem, what)
            .because(
                "every accuracy is counted against the labels, and calibrated decoders learn them",
            )
            .advise("check which event means which target, and give it with --label EVENT=TARGET"),
    );
}

/// The labelled trials with a whole window, scored without calibration.
fn score(case: &Case<'_>, stream: &Stream, mains: Option<&Mains>) -> Option<Vec<Scored>> {
    let codebook = case.codebook?;
    let labelled: Vec<Trial> =
        case.trials.iter().filter(|trial| trial.label.is_some()).cloned().collect();
    let rate_hz = stream.rate_hz();
    let (start_s, length_s) = case.window_s.or_else(|| usual_window_s(case, rate_hz))?;
    let shape = Shape::of_window(stream.channels().len(), length_s, rate_hz);
    let settings =
        Settings { mains_hz: mains.map(|mains| mains.nominal_hz), ..Settings::default() };
    let decoder = Method::Whitened.build(codebook, shape, &settings).ok()?;
    let high_hz = f64::min(60.0, 0.45 * rate_hz);
    let band = BandPass { family: Family::Butterworth, order: 4, low_hz: 4.0, high_hz };
    let samples = Preprocess { bank: Some(FilterBank::single(band)), ..Preprocess::default() }
        .apply(stream)
        .ok()?;
    let start = (start_s.max(0.0) * rate_hz).round() as u64;
    let decisions = decode_trials(decoder.as_ref(), &samples, &labelled, start);
    let scored = labelled.iter().zip(decisions).filter_map(|(trial, decision)| {
        let scores = decision.ok()?.scores;
        trial.label.filter(|&label| label < scores.len()).map(|label| Scored { label, scores })
    });
    Some(level(scored.collect()))
}

/// From the usual latency to the next onset of the shortest trial.
fn usual_window_s(case: &Case<'_>, rate_hz: f64) -> Option<(f64, f64)> {
    let ends =
        case.trial_ends.iter().zip(case.trials).map(|(end, trial)| end - trial.onset.min(*end));
    let apart = case.trials.windows(2).map(|pair| pair[1].onset.saturating_sub(pair[0].onset));
    let shortest =
        ends.filter(|&len| len > 0).min().or_else(|| apart.filter(|&len| len > 0).min())?;
    let length_s = shortest as f64 / rate_hz - LATENCY_S;
    (length_s >= SHORTEST_S).then_some((LATENCY_S, length_s.min(10.0)))
}

/// Takes from each target's scores their mean, so that none is favoured in all trials.
fn level(mut scored: Vec<Scored>) -> Vec<Scored> {
    let count = scored.len().max(1) as f64;
    let targets = scored.first().map_or(0, |trial| trial.scores.len());
    for target in 0..targets {
        let mean = scored.iter().map(|trial| trial.scores[target]).sum::<f64>() / count;
        scored.iter_mut().for_each(|trial| trial.scores[target] -= mean);
    }
    scored
}

/// The trials of each label in turn to the one half and the other.
fn halves(scored: &[Scored], targets: usize) -> (Vec<&Scored>, Vec<&Scored>) {
    let mut seen = vec![0_usize; targets];
    scored.iter().partition(|trial| {
        seen[trial.label] += 1;
        seen[trial.label].is_multiple_of(2)
    })
}

/// For each label, the target that it fits best where every target is taken once.
fn pair(trials: &[&Scored], targets: usize) -> Vec<usize> {
    let mut fit = vec![vec![0.0; targets]; targets];
    let mut counts = vec![0.0_f64; targets];
    for trial in trials {
        counts[trial.label] += 1.0;
        fit[trial.label].iter_mut().zip(&trial.scores).for_each(|(fit, score)| *fit += score);
    }
    for (row, count) in fit.iter_mut().zip(&counts) {
        row.iter_mut().for_each(|fit| *fit /= count.max(1.0));
    }
    best_assignment(&fit)
}

fn decide(scores: &[f64]) -> usize {
    (0..scores.len()).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap_or(0)
}

/// How likely a fair coin falls at least `wins` times this way in `wins + losses` throws.
fn sign_test(wins: u64, losses: u64) -> f64 {
    let throws = wins + losses;
    let mut term = 0.5_f64.powi(throws.min(1000) as i32);
    let mut sum = 0.0;
    for k in 0..=throws {
        if k >= wins {
            sum += term;
        }
        term *= (throws - k) as f64 / (k + 1) as f64;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sign_test_counts_throws() {
        assert_eq!(sign_test(0, 0), 1.0);
        assert!((sign_test(3, 0) - 0.125).abs() < 1e-12);
        // 1 + 5 of 32.
        assert!((sign_test(4, 1) - 6.0 / 32.0).abs() < 1e-12);
    }
}
