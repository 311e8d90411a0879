//! `evoked fit`: a decoder and its stopping rule, learned from a user's recordings.

mod args;

use std::path::Path;

use evoked::decode::{Direction, Light, Method};
use evoked::evaluate::{EvaluateError, Fitted, Replay, Split, Stopping, Subject};
use evoked::online::stopping::Criterion;
use evoked::signal::EventPattern;
use evoked::stimulus::Codebook;

pub(crate) use args::FitArgs;

use crate::evaluate::{Front, Loaded, Named, Person, SubjectsBy, people};
use crate::failure::Failure;
use crate::output::free;
use crate::suited;

/// Ending of the files that it writes.
const ENDING: &str = "evm";

pub(crate) fn run(args: &FitArgs) -> Result<(), Failure> {
    writable(&args.output, args.force)?;
    let person = user(args)?;
    let Some(loaded) = Loaded::open(&person, args.sought())? else {
        return Err(Failure::new(format!("{}: no recording that can be read", person.name)));
    };
    for (file, what) in &loaded.warnings {
        eprintln!("warning: {file}: {what}");
    }
    let (codebook, subject) = (&loaded.codebook, loaded.subject()?);
    let named = args.method.unwrap_or_else(|| usual(codebook));
    suited::check(named.method, codebook)?;
    let rate_hz = subject.rate_hz().unwrap_or(0.0);
    let front = named.front(&args.front, Direction::Causal, codebook, rate_hz)?;
    let replay = replay(args, &loaded, named.method, &front)?;
    let fitted = replay.fit(&subject, args.stopping).map_err(|error| refused(args, &error))?;
    fitted.model.save(&args.output)?;
    print(args, &loaded, named, &front, &replay, &fitted);
    println!("{}", replayed(&replay, &subject));
    println!("decide live with it: {}", live(args, &loaded));
    Ok(())
}

/// The command that decides with it; the file does not tell which event starts a trial.
fn live(args: &FitArgs, loaded: &Loaded) -> String {
    let onsets: Vec<&str> = loaded.onsets.iter().map(EventPattern::as_str).collect();
    let onset = match onsets.join(",") {
        none if none.is_empty() => none,
        onsets => format!(" --onset {onsets}"),
    };
    format!("evoked listen ADDRESS --decoder {}{onset}", args.output.display())
}

/// Refuses a name that is taken, or is that of something else.
fn writable(path: &Path, force: bool) -> Result<(), Failure> {
    if path.extension().is_none_or(|extension| !extension.eq_ignore_ascii_case(ENDING)) {
        let path = path.display();
        return Err(Failure::new(format!("--output {path}: name it .{ENDING}")));
    }
    free(path, force)
}

/// All recordings are those of one user.
fn user(args: &FitArgs) -> Result<Person, Failure> {
    let people = people(&args.paths, SubjectsBy::Path)?;
    let names: Vec<&str> = people.iter().map(|person| person.name.as_str()).collect();
    let (name, found) = (names.join(", "), people.iter().all(|person| person.found));
    Ok(Person { name, found, files: people.into_iter().flat_map(|person| person.files).collect() })
}

/// The method where nobody names one.
fn usual(codebook: &Codebook) -> Named {
    match Light::of(codebook) {
        Light::Frequencies => Named { method: Method::Cca, banked: true },
        Light::Codes => Named { method: Method::Rcca, banked: false },
        Light::Other => Named { method: Method::ETrca, banked: false },
    }
}

fn replay<'a>(
    args: &FitArgs,
    loaded: &'a Loaded,
    method: Method,
    front: &Front,
) -> Result<Replay<'a>, Failure> {
    let start_s = suited::start_s(args.start, &loaded.codebook)?;
    let none = || Failure::new("nobody says how long the trials are: give --length in seconds");
    let latest_s = args.length.or_else(|| loaded.longest_window_s(start_s)).ok_or_else(none)?;
    if args.earliest > latest_s {
        let message = format!(
            "--earliest {}: the longest window has {latest_s} s; give less, or more with --length",
            args.earliest
        );
        return Err(Failure::new(message));
    }
    Ok(Replay {
        codebook: &loaded.codebook,
        method,
        settings: front.settings.clone(),
        bank: front.preprocess.bank.clone(),
        notch_hz: front.preprocess.notch_hz,
        start_s,
        step_s: args.step,
        earliest_s: args.earliest,
        latest_s,
        stopping: vec![args.stopping],
        split: Split::LeaveOneBlockOut,
    })
}

/// Why it can't be fitted, and what to do where the rule may be to blame.
fn refused(args: &FitArgs, error: &EvaluateError) -> Failure {
    let mut message = error.to_string();
    if args.stopping.is_learned() {
        message += "; a rule is learned from trials that are held out: record more of each target, or give --stopping fixed";
    }
    Failure::new(message)
}

/// Tells what was made of what.
fn print(
    args: &FitArgs,
    loaded: &Loaded,
    named: Named,
    front: &Front,
    replay: &Replay<'_>,
    fitted: &Fitted,
) {
    let model = &fitted.model;
    println!(
        "{}: {named}, {} targets, {} channels at {} Hz: {}",
        args.output.display(),
        model.codebook().len(),
        model.channels().len(),
        model.rate_hz(),
        loaded.channels.join(" ")
    );
    let Replay { start_s, latest_s, .. } = replay;
    let earliest_s = model.stopping().next_look(0) as f64 / model.rate_hz();
    let window = match args.stopping {
        Stopping::Fixed => format!("{latest_s:.2} s"),
        _ => format!("{earliest_s:.2} to {latest_s:.2} s"),
    };
    println!(
        "{}, forward only; windows of {window} from {start_s:.2} s after the onset",
        front.bands
    );
    match fitted.trials {
        0 => println!("nothing had to be learned"),
        trials => println!("learned from {trials} trials in {}", files(loaded.files.len())),
    }
    println!("{}", rule(model.stopping().criterion()));
    for (place, reason) in &fitted.left_out {
        eprintln!("warning: labelled trial {} is left out: {reason}", place + 1);
    }
}

fn files(count: usize) -> String {
    if count == 1 { "1 file".to_owned() } else { format!("{count} files") }
}

/// When it decides.
fn rule(criterion: &Criterion) -> String {
    match criterion {
        Criterion::Fixed => "decides when the window is over".to_owned(),
        Criterion::Bayes(bayes) => {
            format!("decides when a target is {:.0} % likely", 100.0 * bayes.probability)
        }
        Criterion::Beta(beta) => {
            let percent = 100.0 * beta.probability;
            format!(
                "decides when the best score is {percent:.0} % likely to stand out from the others"
            )
        }
        Criterion::Outlier(outlier) => {
            let percent = 100.0 * outlier.probability;
            format!("decides when the best score is an outlier, with {percent:.0} %")
        }
        Criterion::Margin(margin) => {
            let known = margin.margins.iter().flatten().count();
            let looks = margin.margins.len();
            format!("decides by the lead of the best target, at {known} of {looks} looks")
        }
        _ => "decides when the scores are enough".to_owned(),
    }
}

/// How good it would have been.
fn replayed(replay: &Replay<'_>, subject: &Subject<'_>) -> String {
    let replayed = match replay.run(subject) {
        Ok(replayed) => replayed,
        Err(error) => return format!("how good it is can't be told from these trials: {error}"),
    };
    let Some((rule, mean_s)) =
        replayed.rules.first().and_then(|rule| Some((rule, rule.mean_window_s()?)))
    else {
        return "no trial could be decided in a replay".to_owned();
    };
    let accuracy = rule.accuracy();
    let percent = 100.0 * accuracy.rate().unwrap_or(0.0);
    let learns =
        replay.method.needs_calibration() || replay.stopping.iter().any(|rule| rule.is_learned());
    let how = if learns { ", each block by what the others teach" } else { "" };
    format!(
        "replayed{how}: {} of {} trials right ({percent:.1} %), {mean_s:.2} s a window",
        accuracy.right, accuracy.total
    )
}
