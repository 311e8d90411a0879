use std::path::Path;

use evoked::signal::EventPattern;
use evoked::stimulus::{Codebook, Target};

use crate::args::TargetArgs;
use crate::failure::Failure;

/// A frequency that somebody typed is that of a recording's target up to this, since labels show
/// three digits.
const SAME_HZ: f64 = 1e-3;

/// The codebook that the options ask for, or the recording's own; with the labels worked in.
pub(crate) fn codebook(
    args: &TargetArgs,
    own: Option<Codebook>,
) -> Result<Option<Codebook>, Failure> {
    let codebook = match &args.codebook {
        Some(path) => Some(read(path)?),
        None if args.targets.is_empty() => own,
        None => Some(chosen(&args.targets, own.as_ref())?),
    };
    match codebook {
        Some(codebook) if !args.labels.is_empty() => Ok(Some(labelled(&codebook, &args.labels)?)),
        None if !args.labels.is_empty() => {
            Err(Failure::new("--label needs targets: give --targets or --codebook"))
        }
        codebook => Ok(codebook),
    }
}

/// Targets of these frequencies: those of the recording where it has them, with their events and
/// phases, else sinusoids.
fn chosen(frequencies_hz: &[f64], own: Option<&Codebook>) -> Result<Codebook, Failure> {
    let plain = Codebook::sinusoids(frequencies_hz)?;
    let Some(own) = own else { return Ok(plain) };
    let known = |target: &Target| {
        let wanted_hz = target.modulation.frequency_hz()?;
        let same = |hz: f64| (hz - wanted_hz).abs() < SAME_HZ;
        own.targets().iter().find(|own| own.modulation.frequency_hz().is_some_and(same)).cloned()
    };
    let targets = plain.targets().iter().map(|target| known(target).unwrap_or(target.clone()));
    let codebook = Codebook::new(targets.collect())?;
    Ok(match own.refresh_hz() {
        Some(rate_hz) => codebook.with_refresh_hz(rate_hz)?,
        None => codebook,
    })
}

/// The events that name a target, with the target's index.
pub(crate) fn label_events(codebook: &Codebook) -> Vec<(EventPattern, usize)> {
    let pattern = |(index, target): (usize, &Target)| {
        target.event.as_ref().and_then(|event| event.parse().ok()).map(|pattern| (pattern, index))
    };
    codebook.targets().iter().enumerate().filter_map(pattern).collect()
}

fn read(path: &Path) -> Result<Codebook, Failure> {
    let named =
        |error: &dyn std::fmt::Display| Failure::new(format!("{}: {error}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| named(&error))?;
    Codebook::from_json(&text).map_err(|error| named(&error))
}

fn labelled(codebook: &Codebook, labels: &[String]) -> Result<Codebook, Failure> {
    let mut targets = codebook.targets().to_vec();
    targets.iter_mut().for_each(|target| target.event = None);
    for label in labels {
        let Some((event, wanted)) = label.split_once('=') else {
            let message = format!("--label {label}: expected EVENT=TARGET, such as 33025=13");
            return Err(Failure::new(message));
        };
        let Some(place) = find(&targets, wanted.trim()) else {
            let have: Vec<_> = targets.iter().map(|target| target.label.as_str()).collect();
            let message =
                format!("--label {label}: no target {wanted:?}; there are {}", have.join(", "));
            return Err(Failure::new(message));
        };
        if let Some(first) = targets[place].event.replace(event.trim().to_owned()) {
            let message = format!("--label {label}: event {first} already means this target");
            return Err(Failure::new(message));
        }
    }
    let mut labelled = Codebook::new(targets)?;
    if let Some(rate_hz) = codebook.refresh_hz() {
        labelled = labelled.with_refresh_hz(rate_hz)?;
    }
    if let Some(screen) = codebook.screen() {
        labelled = labelled.with_screen(screen)?;
    }
    Ok(match codebook.origin() {
        Some(origin) => labelled.with_origin(origin.clone()),
        None => labelled,
    })
}

/// The target with this label or frequency.
fn find(targets: &[Target], wanted: &str) -> Option<usize> {
    let by_label = targets.iter().position(|target| target.label == wanted);
    let frequency: Option<f64> = wanted.trim_end_matches("Hz").trim().parse().ok();
    by_label.or_else(|| {
        let same = |f: f64| frequency.is_some_and(|wanted| (f - wanted).abs() < 1e-9);
        targets.iter().position(|target| target.modulation.frequency_hz().is_some_and(same))
    })
}
