use std::ops::Range;

use evoked::simulate::{ArtifactKind, Simulated};
use evoked::stimulus::Codebook;
use serde::Serialize;

use crate::failure::Failure;

/// What a session holds, in one line.
pub(crate) fn summary(simulated: &Simulated) -> String {
    let of = |kind| simulated.artifacts.iter().filter(|artifact| artifact.kind == kind).count();
    let optional = [
        (simulated.no_control.len(), "no-control period"),
        (of(ArtifactKind::Blink), "blink"),
        (of(ArtifactKind::Burst), "muscle burst"),
        (of(ArtifactKind::Pop), "electrode pop"),
    ];
    let mut parts = vec![counted(simulated.truth.len(), "trial")];
    parts.extend(optional.iter().filter(|(n, _)| *n > 0).map(|&(n, what)| counted(n, what)));
    let rate_hz = simulated.recording.streams().first().map_or(1.0, |stream| stream.rate_hz());
    let lost: u64 = simulated.lost.iter().map(|lost| lost.end - lost.start).sum();
    if lost > 0 {
        let gaps = counted(simulated.lost.len(), "gap");
        parts.push(format!("{gaps} ({:.1} s lost)", lost as f64 / rate_hz));
    }
    parts.push(format!("{:.1} s", simulated.recording.duration_s()));
    parts.join(", ")
}

fn counted(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// All that is known of a session; positions count samples, ends are those of the samples after.
#[derive(Serialize)]
struct Truth<'a> {
    rate_hz: f64,
    trials: Vec<Shown<'a>>,
    no_control: Vec<Stretch>,
    lost: Vec<Stretch>,
    artifacts: Vec<Disturbed<'a>>,
}

#[derive(Serialize)]
struct Shown<'a> {
    onset: u64,
    target: Option<&'a str>,
}

#[derive(Serialize)]
struct Stretch {
    start: u64,
    end: u64,
}

#[derive(Serialize)]
struct Disturbed<'a> {
    kind: ArtifactKind,
    #[serde(flatten)]
    stretch: Stretch,
    channels: Vec<&'a str>,
}

pub(crate) fn json(simulated: &Simulated, codebook: &Codebook) -> Result<String, Failure> {
    let Some(stream) = simulated.recording.streams().first() else {
        return Err(Failure::new("the session holds no samples"));
    };
    let stretch = |samples: &Range<u64>| Stretch { start: samples.start, end: samples.end };
    let stretches = |list: &[Range<u64>]| list.iter().map(stretch).collect();
    let label = |index: usize| codebook.targets().get(index).map(|target| target.label.as_str());
    let trials = simulated.truth.iter();
    let artifacts = simulated.artifacts.iter();
    let labels = |channels: &Range<usize>| {
        let channels = stream.channels().get(channels.clone()).unwrap_or_default();
        channels.iter().map(|channel| channel.label.as_str()).collect()
    };
    let truth = Truth {
        rate_hz: stream.rate_hz(),
        trials: trials
            .map(|trial| Shown { onset: trial.onset, target: trial.label.and_then(label) })
            .collect(),
        no_control: stretches(&simulated.no_control),
        lost: stretches(&simulated.lost),
        artifacts: artifacts
            .map(|artifact| Disturbed {
                kind: artifact.kind,
                stretch: stretch(&artifact.samples),
                channels: labels(&artifact.channels),
            })
            .collect(),
    };
    serde_json::to_string_pretty(&truth).map_err(|error| Failure::new(error.to_string()))
}
