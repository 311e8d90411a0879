//! A subject's files → recordings with their trials.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use evoked::evaluate::{Margins, Subject, session_numbers};
use evoked::formats::{Opened, Warning};
use evoked::signal::{EventPattern, Recording, Stream, Trial};
use evoked::stimulus::{Codebook, Modulation, Target};

use super::paths::Person;
use crate::args::{ReadArgs, TargetArgs};
use crate::failure::Failure;
use crate::open::open_quietly;
use crate::{targets, trials};

/// What is taken of recordings, as the options ask.
#[derive(Clone, Copy)]
pub(crate) struct Sought<'a> {
    pub(crate) reading: &'a ReadArgs,
    pub(crate) targets: &'a TargetArgs,
    /// The event of trials at rest, which are to be a class of their own.
    pub(crate) rest: Option<&'a str>,
    pub(crate) onset: &'a [EventPattern],
    pub(crate) channels: &'a [String],
}

/// Windows that nobody asked for are cut to hundredths of a second.
const STEPS_A_SECOND: f64 = 100.0;

/// The recordings of a subject.
pub(crate) struct Loaded {
    parts: Vec<Part>,
    pub(crate) codebook: Codebook,
    /// The events that start trials in the first of them; those of the targets where this is empty.
    pub(crate) onsets: Vec<EventPattern>,
    pub(crate) channels: Vec<String>,
    /// Seconds from an onset to the end of its trial, the shortest of all.
    pub(crate) shortest_s: Option<f64>,
    pub(crate) files: Vec<PathBuf>,
    /// What was odd: file and what.
    pub(crate) warnings: Vec<(String, String)>,
    /// Events that neither start nor label a trial, and how many of each.
    pub(crate) other_events: BTreeMap<String, usize>,
}

/// One recording.
struct Part {
    recording: Recording,
    rows: Vec<usize>,
    trials: Vec<Trial>,
    ends: Vec<u64>,
    sessions: Vec<usize>,
}

impl Loaded {
    /// `None` where none of the files that were found is a recording.
    pub(crate) fn open(person: &Person, args: Sought<'_>) -> Result<Option<Self>, Failure> {
        let mut loaded: Option<Self> = None;
        let mut warnings = Vec::new();
        for file in &person.files {
            let opened = match open_quietly(file, args.reading) {
                Ok(opened) => opened,
                Err(failure) if person.found && failure.is_no_recording() => {
                    let what = "no recording: left out".to_owned();
                    warnings.push((file.display().to_string(), what));
                    continue;
                }
                Err(failure) => return Err(failure),
            };
            let of_file = |warning: &Warning| (file.display().to_string(), warning.to_string());
            warnings.extend(opened.warnings.iter().map(of_file));
            let added = match &mut loaded {
                None => Self::first(opened, args).map(|first| loaded = Some(first)),
                Some(loaded) => loaded.add(opened, args),
            };
            added.map_err(|failure| failure.in_file(file))?;
            loaded.iter_mut().for_each(|loaded| loaded.files.push(file.clone()));
        }
        if let Some(loaded) = &mut loaded {
            loaded.warnings = warnings;
            loaded.check_labels(person)?;
        }
        Ok(loaded)
    }

    fn first(opened: Opened, args: Sought<'_>) -> Result<Self, Failure> {
        let codebook = own_codebook(&opened, args)?;
        let stream = stream(&opened.recording)?;
        let channels = match args.channels {
            [] => stream.channels().iter().map(|channel| channel.label.clone()).collect(),
            labels => labels.to_vec(),
        };
        let mut loaded = Self {
            parts: Vec::new(),
            codebook,
            onsets: Vec::new(),
            channels,
            shortest_s: None,
            files: Vec::new(),
            warnings: Vec::new(),
            other_events: BTreeMap::new(),
        };
        loaded.add(opened, args)?;
        Ok(loaded)
    }

    fn add(&mut self, opened: Opened, args: Sought<'_>) -> Result<(), Failure> {
        let codebook = own_codebook(&opened, args)?;
        same_targets(&codebook, &self.codebook)?;
        let stream = stream(&opened.recording)?;
        let rows = stream.pick(&self.channels)?;
        let rule = trials::rule(args.onset, &opened.recording, &codebook)?;
        let found = rule.find(&opened.recording, 0);
        if found.is_empty() {
            return Err(Failure::new(trials::none(&rule, &opened.recording)));
        }
        let ends = trials::ends(&opened.recording, stream, &found);
        let sessions = session_numbers(&opened.recording, &found);
        let shortest_s = trials::shortest_s(&opened.recording, stream, &found);
        self.shortest_s = match (self.shortest_s, shortest_s) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        if self.parts.is_empty() {
            self.onsets.clone_from(&rule.onsets);
        }
        let recording = opened.recording;
        for name in trials::others(&rule, &recording) {
            *self.other_events.entry(name).or_insert(0) += 1;
        }
        self.parts.push(Part { recording, rows, trials: found, ends, sessions });
        Ok(())
    }

    fn check_labels(&self, person: &Person) -> Result<(), Failure> {
        if self.parts.iter().any(|part| part.trials.iter().any(|trial| trial.label.is_some())) {
            return Ok(());
        }
        let present = self.parts.first().map(|part| trials::events_present(&part.recording));
        let message = format!(
            "no trial says which target the user looked at, so there is nothing to compare with: tell which events do with --label EVENT=TARGET; {}",
            present.unwrap_or_default()
        );
        let file = person.files.first().map_or(Path::new(""), PathBuf::as_path);
        Err(Failure::new(message).in_file(file))
    }

    /// The window to the end of the shortest trial.
    pub(crate) fn longest_window_s(&self, start_s: f64) -> Option<f64> {
        let length_s = self.shortest_s.map_or(0.0, |shortest_s| shortest_s - start_s);
        let window_s = (length_s * STEPS_A_SECOND + 1e-6).floor() / STEPS_A_SECOND;
        (window_s > 0.0).then_some(window_s)
    }

    /// The trials, cut.
    pub(crate) fn subject(&self) -> Result<Subject<'_>, Failure> {
        let mut subject = Subject::new(Margins::default());
        for part in &self.parts {
            let stream = stream(&part.recording)?;
            subject.add(stream, &part.rows, &part.trials, &part.ends, &part.sessions)?;
        }
        Ok(subject)
    }
}

fn stream(recording: &Recording) -> Result<&Stream, Failure> {
    let none = || Failure::new("the recording holds no samples");
    recording.streams().first().ok_or_else(none)
}

fn own_codebook(opened: &Opened, args: Sought<'_>) -> Result<Codebook, Failure> {
    let codebook = targets::codebook(args.targets, opened.codebook.clone())?.ok_or_else(|| {
        let what = "the recording has no codebook: say what the targets are with --targets 13,17,21 or --codebook FILE";
        Failure::new(format!("{what}; {}", trials::events_present(&opened.recording)))
    })?;
    match args.rest {
        Some(event) => with_rest(&codebook, event),
        None => Ok(codebook),
    }
}

/// One more target, which shows nothing.
fn with_rest(codebook: &Codebook, event: &str) -> Result<Codebook, Failure> {
    let mut targets = codebook.targets().to_vec();
    if targets.iter().any(|target| target.modulation == Modulation::Blank) {
        let message = "--rest: the codebook has a target that shows nothing already";
        return Err(Failure::new(message));
    }
    let (label, event) = ("rest".to_owned(), Some(event.to_owned()));
    targets.push(Target { label, event, modulation: Modulation::Blank });
    let refresh_hz = codebook.refresh_hz();
    let codebook = Codebook::new(targets)?;
    Ok(match refresh_hz {
        Some(rate_hz) => codebook.with_refresh_hz(rate_hz)?,
        None => codebook,
    })
}

/// Refuses targets other than those of the recordings before.
pub(crate) fn same_targets(own: &Codebook, first: &Codebook) -> Result<(), Failure> {
    let key = |target: &Target| (target.label.clone(), target.modulation.clone());
    if own.targets().iter().map(key).eq(first.targets().iter().map(key)) {
        return Ok(());
    }
    let list = |codebook: &Codebook| {
        let names: Vec<_> = codebook.targets().iter().map(|t| t.label.as_str()).take(12).collect();
        names.join(", ")
    };
    let (own, first) = (list(own), list(first));
    Err(Failure::new(format!(
        "its targets are {own}, those of the first recording {first}: take them apart, or say what the targets are with --targets or --codebook"
    )))
}
