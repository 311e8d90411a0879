//! `evoked evaluate --online`: recordings sample by sample through the live path, beside the figures of
//! whole windows.
//!
//! | file | idea |
//! |---|---|
//! | `result` | what was found; means over subjects |
//! | `table` | what is printed, and CSV |

mod result;
mod table;

use evoked::decode::FilterBank;
use evoked::evaluate::{
    Accuracy, Plan, Replay, Replayed, Split, Stopping, Subject, Watched, Watching, itr_bits_per_min,
};
use evoked::online::Statistic;
use evoked::stimulus::{Codebook, Modulation};
use serde_json::to_writer_pretty;
use std::io::Write;

use super::args::EvaluateArgs;
use super::load::{Loaded, same_targets};
use super::method::{Front, Named};
use super::paths::Person;
use super::{bar, free, jobs, windows, write};
use crate::failure::Failure;
use crate::suited;
use evoked::decode::{Light, Method};
use result::{Evaluation, Person as Found, Row, Watch};

/// The shortest window, where nobody says.
const EARLIEST_S: f64 = 0.25;

pub(crate) fn run(args: &EvaluateArgs, people: &[Person]) -> Result<(), Failure> {
    if let Some(path) = &args.report {
        let message =
            "--report: there is none with --online yet; --json and --csv hold all figures";
        return Err(Failure::new(message).in_file(path));
    }
    for path in [&args.json, &args.csv].into_iter().flatten() {
        free(path, args.force)?;
    }
    let threads = args
        .jobs
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get));
    let study = Study::new(args, people)?;
    let progress = bar(people.len() as u64);
    let job = |place: usize| study.person(&people[place]);
    let found = jobs::run(people.len(), threads, job, || progress.inc(1));
    progress.finish_and_clear();
    let people: Vec<Found> = found?.into_iter().flatten().collect();
    let evaluation = study.evaluation(people);
    table::print(&evaluation, &mut std::io::stdout().lock())?;
    if let Some(path) = &args.json {
        write(path, |out| {
            to_writer_pretty(&mut *out, &evaluation).map_err(std::io::Error::from)?;
            writeln!(out)
        })?;
    }
    if let Some(path) = &args.csv {
        write(path, |out| table::csv(&evaluation, out))?;
    }
    Ok(())
}

/// What all subjects have in common.
struct Study<'a> {
    args: &'a EvaluateArgs,
    codebook: Codebook,
    methods: Vec<Named>,
    stopping: Vec<Stopping>,
    start_s: f64,
    latest_s: f64,
}

impl<'a> Study<'a> {
    fn new(args: &'a EvaluateArgs, people: &[Person]) -> Result<Self, Failure> {
        for person in people {
            let Some(first) = Loaded::open(person, args.sought())? else { continue };
            let codebook = flickering(&first.codebook)?;
            let methods = match args.methods.as_slice() {
                [] => usual(&codebook),
                asked => asked.to_vec(),
            };
            methods.iter().try_for_each(|named| suited::check(named.method, &codebook))?;
            let start_s = suited::start_s(args.start, &codebook)?;
            let windows_s = windows(args, &first, start_s)?;
            let latest_s = windows_s.into_iter().fold(0.0, f64::max);
            let stopping = match args.stopping.as_slice() {
                [] if args.split() == Split::Untrained => vec![Stopping::Fixed],
                [] => vec![Stopping::Fixed, Stopping::Bayes { accuracy: 0.95 }],
                asked => asked.to_vec(),
            };
            let codebook = first.codebook.clone();
            return Ok(Self { args, codebook, methods, stopping, start_s, latest_s });
        }
        let named: Vec<_> = args.paths.iter().map(|path| path.display().to_string()).collect();
        Err(Failure::new(format!("{}: no recording that can be read", named.join(", "))))
    }

    /// `None` where none of a subject's files is a recording.
    fn person(&self, person: &Person) -> Result<Option<Found>, Failure> {
        let in_file = |failure: Failure| match person.files.first() {
            Some(file) => failure.in_file(file),
            None => failure,
        };
        let Some(loaded) = Loaded::open(person, self.args.sought())? else { return Ok(None) };
        same_targets(&loaded.codebook, &self.codebook).map_err(in_file)?;
        let subject = loaded.subject().map_err(in_file)?;
        let rate_hz = subject.rate_hz().unwrap_or(0.0);
        let mut found = Found { name: person.name.clone(), ..Found::default() };
        for named in &self.methods {
            let front = named
                .front(&self.args.front, self.args.direction(), &loaded.codebook, rate_hz)
                .map_err(in_file)?;
            let method = named.to_string();
            self.cued(named, &front, &subject, &mut found.rows).map_err(in_file)?;
            if self.args.rest.is_some()
                && let Some(statistic) = Statistic::of(named.method)
            {
                let watched = self.watched(&front, statistic, &subject).map_err(in_file)?;
                found.watched.push((method, watched));
            }
        }
        Ok(Some(found))
    }

    /// Rows of a method: whole windows, and rules.
    fn cued(
        &self,
        named: &Named,
        front: &Front,
        subject: &Subject<'_>,
        rows: &mut Vec<Row>,
    ) -> Result<(), Failure> {
        let args = self.args;
        let own = flickering(&self.codebook)?;
        let method = named.to_string();
        let plan = Plan {
            codebook: &own,
            method: named.method,
            settings: front.settings.clone(),
            preprocess: front.preprocess.clone(),
            scope: args.scope(),
            start_s: self.start_s,
            windows_s: vec![self.latest_s],
            split: args.split(),
            limits: vec![None],
        };
        for outcome in plan.run(subject)? {
            let decided = outcome.result?;
            let accuracy = decided.confusion.accuracy();
            rows.push(self.row(&method, "batch", accuracy, self.latest_s));
        }
        let replay = Replay {
            codebook: &self.codebook,
            method: named.method,
            settings: front.settings.clone(),
            bank: front.preprocess.bank.clone(),
            notch_hz: front.preprocess.notch_hz,
            start_s: self.start_s,
            step_s: args.step,
            earliest_s: args.earliest.unwrap_or(EARLIEST_S.min(self.latest_s)),
            latest_s: self.latest_s,
            stopping: self.stopping.clone(),
            split: args.split(),
        };
        let replayed = replay.run(subject)?;
        self.fixed_rows(&method, &replayed, rows);
        for rule in &replayed.rules {
            let (accuracy, window_s) = (rule.accuracy(), rule.mean_window_s());
            let name = rule.stopping.to_string();
            rows.push(self.row(&method, &name, accuracy, window_s.unwrap_or(self.latest_s)));
        }
        Ok(())
    }

    /// A row for a window as long as at each look, to choose the best of with hindsight.
    fn fixed_rows(&self, method: &str, replayed: &Replayed, rows: &mut Vec<Row>) {
        for (look, window_s) in replayed.looks_s.iter().enumerate() {
            rows.push(self.row(method, result::EACH_LOOK, replayed.fixed(look), *window_s));
        }
    }

    fn row(&self, method: &str, rule: &str, accuracy: Accuracy, window_s: f64) -> Row {
        let rate = accuracy.rate();
        let targets = flickering(&self.codebook).map_or(0, |own| own.len());
        let selection_s = self.start_s + window_s + self.args.pause;
        Row {
            method: method.to_owned(),
            rule: rule.to_owned(),
            right: accuracy.right,
            total: accuracy.total,
            accuracy: rate,
            window_s,
            itr_bits_per_min: rate.and_then(|rate| itr_bits_per_min(targets, rate, selection_s)),
        }
    }

    fn watched(
        &self,
        front: &Front,
        statistic: Statistic,
        subject: &Subject<'_>,
    ) -> Result<Watched, Failure> {
        let args = self.args;
        let bank: Option<FilterBank> = front.preprocess.bank.clone();
        let watching = Watching {
            codebook: &self.codebook,
            statistic,
            settings: front.settings.clone(),
            bank,
            notch_hz: front.preprocess.notch_hz,
            window_s: args.watch.unwrap_or(self.latest_s / 2.0),
            step_s: args.step,
            dwell_s: args.dwell,
            refractory_s: args.refractory,
            activations_per_min: args.activations,
            split: args.split(),
        };
        Ok(watching.run(subject)?)
    }

    fn evaluation(&self, people: Vec<Found>) -> Evaluation {
        let args = self.args;
        let watch = args.rest.as_ref().map(|_| Watch {
            window_s: args.watch.unwrap_or(self.latest_s / 2.0),
            dwell_s: args.dwell,
            refractory_s: args.refractory,
            activations_per_min: args.activations,
        });
        Evaluation {
            command: std::env::args().collect(),
            version: env!("CARGO_PKG_VERSION"),
            start_s: self.start_s,
            step_s: args.step,
            latest_s: self.latest_s,
            pause_s: args.pause,
            split: args.split().name(),
            watch,
            people,
        }
    }
}

/// The targets that show something.
fn flickering(codebook: &Codebook) -> Result<Codebook, Failure> {
    let targets = codebook.targets().iter();
    let shown = targets.filter(|target| target.modulation != Modulation::Blank).cloned();
    Ok(Codebook::new(shown.collect())?)
}

/// The methods that are replayed where nobody names any.
fn usual(codebook: &Codebook) -> Vec<Named> {
    let plain = |method| Named { method, banked: false };
    match Light::of(codebook) {
        Light::Frequencies => {
            vec![plain(Method::Cca), Named { method: Method::Cca, banked: true }]
        }
        Light::Codes => vec![plain(Method::Rcca)],
        Light::Other => vec![plain(Method::ETrca)],
    }
}
