//! `evoked evaluate`: how well methods decode recordings of one or more subjects.
//!
//! | file | idea |
//! |---|---|
//! | `args` | the options |
//! | `paths` | which files belong to which subject |
//! | `load` | files → recordings with their trials |
//! | `method` | methods by name, with the filters in front of them |
//! | `online/` | the same recordings sample by sample, with stopping rules |
//! | `jobs` | subjects × methods on all cores |
//! | `mains` | a warning where harmonics fall on the mains |
//! | `result` | what was found; means over subjects |
//! | `table`, `csv` | the ways to write it |

mod args;
mod csv;
mod jobs;
mod load;
mod mains;
mod method;
mod online;
mod paths;
pub(crate) mod result;
mod table;

use std::fs::File;
use std::io::{BufWriter, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;

use evoked::evaluate::{EvaluateError, Filtered, Outcome, Plan, Responses, Scope, Split, Subject};
use evoked::stimulus::Codebook;
use indicatif::{ProgressBar, ProgressStyle};

pub(crate) use args::{EvaluateArgs, SubjectsBy};
use args::{LearningBy, ScopeArg};
use jobs::Shared;
use load::same_targets;
pub(crate) use load::{Loaded, Sought};
pub(crate) use method::{Front, Named};
use method::{USUAL, usual};
pub(crate) use paths::{Person, people};
use result::{Cell, Evaluation, Place, Response, Setting, SubjectResult, count, means};

use crate::failure::Failure;
use crate::output::free;
use crate::{page, suited};

/// The longest window.
const LONGEST_S: f64 = 3600.0;

pub(crate) fn run(args: &EvaluateArgs) -> Result<(), Failure> {
    check(args)?;
    let people = people(&args.paths, args.subjects_by)?;
    note_sessions(&people);
    if args.online {
        return online::run(args, &people);
    }
    let study = Study::new(args, people)?;
    let evaluation = study.run()?;
    warn(&evaluation);
    let mut out = std::io::stdout().lock();
    table::print(&evaluation, &mut out)?;
    if let Some(path) = &args.json {
        write(path, |out| {
            serde_json::to_writer_pretty(&mut *out, &evaluation).map_err(std::io::Error::from)?;
            writeln!(out)
        })?;
    }
    if let Some(path) = &args.csv {
        write(path, |out| csv::write(&evaluation, out))?;
    }
    if let Some(path) = &args.report {
        write(path, |out| out.write_all(page::html(&evaluation).as_bytes()))?;
    }
    Ok(())
}

/// Tells what was odd about the files; what is odd about many of them once.
fn warn(evaluation: &Evaluation) {
    let mut told: Vec<(&str, &str, usize)> = Vec::new();
    for (file, what) in evaluation.subjects.iter().flat_map(|subject| &subject.warnings) {
        match told.iter_mut().find(|(_, other, _)| other == what) {
            Some((_, _, more)) => *more += 1,
            None => told.push((file, what, 0)),
        }
    }
    if let Some(warning) = mains::warning(evaluation) {
        eprintln!("warning: {warning}");
    }
    for (file, what, more) in told {
        match more {
            0 => eprintln!("warning: {file}: {what}"),
            1 => eprintln!("warning: {file} and another: {what}"),
            more => eprintln!("warning: {file} and {more} others: {what}"),
        }
    }
}

/// Says where files were taken for sessions, which a study with a file a subject would not want.
fn note_sessions(people: &[Person]) {
    for person in people.iter().filter(|person| person.files.len() > 1) {
        eprintln!(
            "note: the {} files of {} are taken for sessions of one subject; --subjects-by file takes each for a subject",
            person.files.len(),
            person.name
        );
    }
}

/// What can be said before anything is read.
fn check(args: &EvaluateArgs) -> Result<(), Failure> {
    for path in [&args.json, &args.csv, &args.report].into_iter().flatten() {
        free(path, args.force)?;
    }
    if !(args.pause.is_finite() && args.pause >= 0.0) {
        return Err(Failure::new(format!("--pause {}: give 0 or more seconds", args.pause)));
    }
    if let Some(window_s) = args.windows.iter().find(|s| !(**s > 0.0 && **s <= LONGEST_S)) {
        let message = format!("--windows {window_s}: give seconds, above 0");
        return Err(Failure::new(message));
    }
    Ok(())
}

/// The methods that were asked for, or the usual ones, if all can be used.
fn methods(args: &EvaluateArgs, codebook: &Codebook) -> Result<Vec<Named>, Failure> {
    let methods = match args.methods.as_slice() {
        [] => usual(codebook).to_vec(),
        asked => asked.to_vec(),
    };
    methods.iter().try_for_each(|named| suited::check(named.method, codebook))?;
    let fitted = |named: &&Named| named.method.needs_calibration() || args.rest.is_some();
    let calibrated = methods.iter().find(fitted);
    if let (Some(named), Split::Untrained) = (calibrated, args.split()) {
        let message =
            format!("--split none: {named} has to be fitted to trials; give --split block");
        return Err(Failure::new(message));
    }
    Ok(methods)
}

/// Writes a file that appears under its name only when it is whole.
fn write(
    path: &Path,
    content: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>,
) -> Result<(), Failure> {
    let named = |error: std::io::Error| Failure::from(error).in_file(path);
    let mut partial = path.as_os_str().to_owned();
    partial.push(".part");
    let mut out = BufWriter::new(File::create(&partial).map_err(named)?);
    content(&mut out).and_then(|()| out.flush()).map_err(named)?;
    std::fs::rename(&partial, path).map_err(named)
}

/// Subjects × methods.
struct Study<'a> {
    args: &'a EvaluateArgs,
    people: Vec<Person>,
    shelf: Vec<Shared<Option<Loaded>>>,
    codebook: Codebook,
    methods: Vec<Named>,
    start_s: f64,
    windows_s: Vec<f64>,
}

/// What a job found.
enum Found {
    Subject(Box<SubjectResult>),
    Cells(Vec<Cell>),
    /// The files are no recordings.
    Nobody,
}

impl<'a> Study<'a> {
    fn new(args: &'a EvaluateArgs, people: Vec<Person>) -> Result<Self, Failure> {
        // One job for the subject itself and one a method; the first is looked at here, too.
        let methods_count = if args.methods.is_empty() { USUAL } else { args.methods.len() };
        let users = methods_count + 1;
        let shelf: Vec<_> = people.iter().map(|_| Shared::new(users + 1)).collect();
        for (person, shared) in people.iter().zip(&shelf) {
            let loaded = shared.get(|| Loaded::open(person, args.sought()))?;
            let Some(first) = loaded.as_ref() else { continue };
            let codebook = first.codebook.clone();
            let methods = methods(args, &codebook)?;
            let start_s = suited::start_s(args.start, &codebook)?;
            let windows_s = windows(args, first, start_s)?;
            return Ok(Self { args, people, shelf, codebook, methods, start_s, windows_s });
        }
        let named: Vec<_> = args.paths.iter().map(|path| path.display().to_string()).collect();
        Err(Failure::new(format!("{}: no recording that can be read", named.join(", "))))
    }

    fn run(&self) -> Result<Evaluation, Failure> {
        let tasks = self.methods.len() + 1;
        let jobs = self.people.len() * tasks;
        let threads = self.args.jobs.unwrap_or_else(|| {
            std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
        });
        let bar = bar(jobs as u64);
        let job = |job: usize| self.job(job / tasks, job % tasks);
        let found = jobs::run(jobs, threads, job, || bar.inc(1));
        bar.finish_and_clear();
        let mut subjects: Vec<SubjectResult> = Vec::new();
        for found in found? {
            match (found, subjects.last_mut()) {
                (Found::Subject(subject), _) => subjects.push(*subject),
                (Found::Cells(cells), Some(subject)) => subject.cells.extend(cells),
                _ => {}
            }
        }
        let means = means(&subjects, &self.codebook);
        if means.is_empty() {
            let errors = || subjects.iter().flat_map(|s| s.cells.iter().map(move |c| (s, c)));
            let told = errors().find_map(|(subject, cell)| {
                let error = cell.error.as_ref()?;
                let Cell { method, window_s, .. } = cell;
                Some(format!("{}, {method} at {window_s} s: {error}", subject.name))
            });
            return Err(Failure::new(told.unwrap_or_else(|| "nothing was decoded".to_owned())));
        }
        let command = std::env::args().collect();
        let version = env!("CARGO_PKG_VERSION");
        Ok(Evaluation { command, version, settings: self.setting(), subjects, means })
    }

    fn job(&self, person: usize, task: usize) -> Result<Found, Failure> {
        let own = &self.people[person];
        let loaded = self.shelf[person].get(|| Loaded::open(own, self.args.sought()))?;
        let Some(loaded) = Arc::as_ref(&loaded) else { return Ok(Found::Nobody) };
        let in_file = |failure: Failure| match own.files.first() {
            Some(file) => failure.in_file(file),
            None => failure,
        };
        let subject = loaded.subject().map_err(in_file)?;
        match task.checked_sub(1).and_then(|method| self.methods.get(method)) {
            None => {
                same_targets(&loaded.codebook, &self.codebook).map_err(in_file)?;
                self.describe(own, loaded, &subject).map(Box::new).map(Found::Subject)
            }
            Some(named) => self.decode(*named, loaded, &subject).map(Found::Cells),
        }
        .map_err(in_file)
    }

    fn describe(
        &self,
        person: &Person,
        loaded: &Loaded,
        subject: &Subject<'_>,
    ) -> Result<SubjectResult, Failure> {
        let rate_hz = subject.rate_hz().unwrap_or(0.0);
        Ok(SubjectResult {
            name: person.name.clone(),
            files: loaded.files.iter().map(|file| file.display().to_string()).collect(),
            rate_hz,
            channels: loaded.channels.clone(),
            sessions: subject.sessions(),
            blocks: subject.blocks(),
            trials: subject.trials().len(),
            unlabelled: subject.unlabelled(),
            truth: subject.trials().iter().map(|cut| cut.target).collect(),
            response: self.response(loaded, subject, rate_hz)?,
            warnings: loaded.warnings.clone(),
            other_events: loaded.other_events.clone(),
            cells: Vec::new(),
        })
    }

    /// The response in the longest window, in the band of the methods without a bank.
    fn response(
        &self,
        loaded: &Loaded,
        subject: &Subject<'_>,
        rate_hz: f64,
    ) -> Result<Option<Response>, Failure> {
        let plain = Named { method: evoked::decode::Method::Cca, banked: false };
        let front =
            plain.front(&self.args.front, self.args.direction(), &loaded.codebook, rate_hz)?;
        let window_s = self.windows_s.iter().copied().fold(0.0, f64::max);
        let start = (self.start_s * rate_hz).round() as u64;
        let len = (window_s * rate_hz).round() as usize;
        let filtered = Filtered::new(subject, &front.preprocess, Scope::Trial, 0..0)?;
        let responses = Responses::of(subject, &filtered, &loaded.codebook, start, len);
        Ok(responses.map(|responses| Response::of(responses, &loaded.channels, window_s)))
    }

    fn decode(
        &self,
        named: Named,
        loaded: &Loaded,
        subject: &Subject<'_>,
    ) -> Result<Vec<Cell>, Failure> {
        let args = self.args;
        let rate_hz = subject.rate_hz().unwrap_or(0.0);
        let front = named.front(&args.front, args.direction(), &loaded.codebook, rate_hz)?;
        let plan = Plan {
            codebook: &loaded.codebook,
            method: named.method,
            settings: front.settings,
            preprocess: front.preprocess,
            scope: args.scope(),
            start_s: self.start_s,
            windows_s: self.windows_s.clone(),
            split: args.split(),
            limits: args.limits(),
        };
        let place = |window_s: f64, training| Place {
            method: named.to_string(),
            bands: front.bands.clone(),
            window_s,
            training,
            selection_s: self.start_s + window_s + args.pause,
        };
        let cell =
            |outcome: Outcome| Cell::of(place(outcome.window_s, outcome.limit.map(count)), outcome);
        Ok(match plan.run(subject) {
            Ok(outcomes) => outcomes.into_iter().map(cell).collect(),
            // A subject may be too small for a split that suits the others.
            Err(error @ EvaluateError::Split { .. }) => {
                let failed = |&window_s| Cell::failed(place(window_s, None), error.to_string());
                self.windows_s.iter().map(failed).collect()
            }
            Err(error) => return Err(error.into()),
        })
    }

    fn setting(&self) -> Setting {
        let args = self.args;
        let split = match args.split() {
            Split::Chronological { folds } => format!("{folds} chronological folds"),
            Split::Stratified { folds, seed } => format!("{folds} stratified folds, seed {seed}"),
            other => other.name().to_owned(),
        };
        Setting {
            methods: self.methods.iter().map(Named::to_string).collect(),
            targets: self.codebook.targets().iter().map(|target| target.label.clone()).collect(),
            frequencies_hz: self
                .codebook
                .targets()
                .iter()
                .map(|target| target.modulation.frequency_hz())
                .collect(),
            start_s: self.start_s,
            windows_s: self.windows_s.clone(),
            pause_s: args.pause,
            split,
            learning: args.learning.clone(),
            learning_by: match args.learning_by {
                LearningBy::Blocks => "blocks",
                LearningBy::Trials => "trials",
            },
            harmonics: args.front.harmonics,
            mains_hz: args.front.mains,
            notch_hz: args.front.notch,
            direction: if args.causal { "causal" } else { "zero-phase" },
            scope: match args.scope {
                ScopeArg::Trial => "each trial",
                ScopeArg::Window => "each window",
                ScopeArg::Recording => "each recording",
            },
        }
    }
}

/// The windows asked for, or one to the end of the shortest trial of the first subject.
fn windows(args: &EvaluateArgs, first: &Loaded, start_s: f64) -> Result<Vec<f64>, Failure> {
    if !args.windows.is_empty() {
        return Ok(args.windows.clone());
    }
    let none = || Failure::new("nobody says how long the trials are: give --windows in seconds");
    Ok(vec![first.longest_window_s(start_s).ok_or_else(none)?])
}

/// A bar on stderr, where somebody is watching.
fn bar(jobs: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(jobs);
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}
