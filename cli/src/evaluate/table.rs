//! What is printed for people.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::result::{Cell, Evaluation, Mean, SubjectResult};

/// Most targets whose responses are listed.
const MOST_TARGETS: usize = 12;
/// Most reasons that are told.
const MOST_NOTES: usize = 8;

pub(crate) fn print(evaluation: &Evaluation, out: &mut impl Write) -> io::Result<()> {
    head(evaluation, out)?;
    figures(evaluation, out)?;
    if evaluation.subjects.len() > 1 {
        for &window_s in &evaluation.settings.windows_s {
            per_subject(evaluation, window_s, out)?;
        }
    }
    learning(evaluation, out)?;
    responses(evaluation, out)?;
    notes(evaluation, out)
}

fn head(evaluation: &Evaluation, out: &mut impl Write) -> io::Result<()> {
    let setting = &evaluation.settings;
    let subjects = &evaluation.subjects;
    let sum = |of: fn(&SubjectResult) -> usize| subjects.iter().map(of).sum::<usize>();
    let files = subjects.iter().map(|subject| subject.files.len()).sum();
    writeln!(
        out,
        "{} in {}, {}, {} trials of {} targets: {}",
        plural(subjects.len(), "subject"),
        plural(files, "file"),
        plural(sum(|s| s.sessions), "session"),
        sum(|s| s.trials),
        setting.targets.len(),
        listed(&setting.targets, MOST_TARGETS)
    )?;
    if let Some(first) = subjects.first() {
        let channels = listed(&first.channels, 16).replace(", ", " ");
        writeln!(out, "{} channels at {} Hz: {channels}", first.channels.len(), first.rate_hz)?;
        let mut seen = Vec::new();
        for cell in &first.cells {
            if !seen.contains(&&cell.bands) {
                seen.push(&cell.bands);
            }
        }
        let bands: Vec<&str> = seen.iter().map(|bands| bands.as_str()).collect();
        let (direction, scope) = (setting.direction, setting.scope);
        writeln!(out, "{}; {direction}, {scope} filtered by itself", bands.join("; "))?;
    }
    let flickers = setting.frequencies_hz.iter().any(Option::is_some);
    let harmonics =
        if flickers { format!("{} harmonics; ", setting.harmonics) } else { String::new() };
    writeln!(
        out,
        "windows from {:.2} s after the onset; {harmonics}calibrated methods: {}",
        setting.start_s, setting.split
    )?;
    let interval = evaluation.means.first().map_or("Wilson", |mean| mean.interval);
    writeln!(
        out,
        "ITR at T = {:.2} s + window + {:.2} s; 95 % intervals: {interval}; chance {:.1} %",
        setting.start_s,
        setting.pause_s,
        100.0 / setting.targets.len() as f64
    )
}

fn figures(evaluation: &Evaluation, out: &mut impl Write) -> io::Result<()> {
    let width = width(evaluation.settings.methods.iter(), "method");
    writeln!(
        out,
        "\n{:<width$}  {:>8}  {:>10}  {:>13}  {:>10}  {:>9}",
        "method", "window s", "accuracy %", "95 %", "balanced %", "bits/min"
    )?;
    for mean in evaluation.means.iter().filter(|mean| mean.training.is_none()) {
        let (low, high) = mean.accuracy_95;
        writeln!(
            out,
            "{:<width$}  {:>8}  {:>10.1}  {:>13}  {:>10.1}  {:>9}",
            mean.method,
            mean.window_s,
            100.0 * mean.accuracy,
            format!("{:.1}–{:.1}", 100.0 * low, 100.0 * high),
            100.0 * mean.balanced_accuracy,
            mean.itr_bits_per_min.map_or("–".to_owned(), |itr| format!("{itr:.1}"))
        )?;
    }
    Ok(())
}

fn per_subject(evaluation: &Evaluation, window_s: f64, out: &mut impl Write) -> io::Result<()> {
    let methods = &evaluation.settings.methods;
    let names = evaluation.subjects.iter().map(|subject| &subject.name);
    let width = width(names, "subject");
    let columns: Vec<usize> = methods.iter().map(|name| name.chars().count().max(6)).collect();
    write!(out, "\naccuracy % at {window_s} s\n{:<width$}  {:>6}", "subject", "trials")?;
    for (method, column) in methods.iter().zip(&columns) {
        write!(out, "  {method:>column$}")?;
    }
    writeln!(out)?;
    for subject in &evaluation.subjects {
        write!(out, "{:<width$}  {:>6}", subject.name, subject.trials)?;
        for (method, column) in methods.iter().zip(&columns) {
            let is_here = |cell: &&Cell| {
                cell.method == *method && cell.window_s == window_s && cell.training.is_none()
            };
            let accuracy = subject.cells.iter().find(is_here).and_then(|cell| cell.accuracy);
            write!(out, "  {:>column$}", percent(accuracy))?;
        }
        writeln!(out)?;
    }
    write!(out, "{:<width$}  {:>6}", "mean", "")?;
    for (method, column) in methods.iter().zip(&columns) {
        let is_here = |mean: &&Mean| {
            mean.method == *method && mean.window_s == window_s && mean.training.is_none()
        };
        let accuracy = evaluation.means.iter().find(is_here).map(|mean| mean.accuracy);
        write!(out, "  {:>column$}", percent(accuracy))?;
    }
    writeln!(out)
}

fn learning(evaluation: &Evaluation, out: &mut impl Write) -> io::Result<()> {
    let setting = &evaluation.settings;
    let limited = || evaluation.means.iter().filter(|mean| mean.training.is_some());
    if limited().next().is_none() {
        return Ok(());
    }
    let by = setting.learning_by;
    let width = width(setting.methods.iter(), "method");
    write!(
        out,
        "\naccuracy % with the first training {by}\n{:<width$}  {:>8}",
        "method", "window s"
    )?;
    for count in &setting.learning {
        write!(out, "  {count:>6}")?;
    }
    writeln!(out, "  {:>6}", "all")?;
    for all in evaluation.means.iter().filter(|mean| mean.training.is_none()) {
        let same = |mean: &&Mean| mean.method == all.method && mean.window_s == all.window_s;
        if limited().find(same).is_none() {
            continue;
        }
        write!(out, "{:<width$}  {:>8}", all.method, all.window_s)?;
        for count in &setting.learning {
            let mean = limited().filter(same).find(|mean| mean.training == Some(*count));
            write!(out, "  {:>6}", percent(mean.map(|mean| mean.accuracy)))?;
        }
        writeln!(out, "  {:>6}", percent(Some(all.accuracy)))?;
    }
    Ok(())
}

fn responses(evaluation: &Evaluation, out: &mut impl Write) -> io::Result<()> {
    let targets = &evaluation.settings.targets;
    let found = evaluation.subjects.iter().filter_map(|subject| subject.response.as_ref());
    let found: Vec<_> = found.collect();
    if found.is_empty() || targets.len() > MOST_TARGETS {
        return Ok(());
    }
    let width = width(targets.iter(), "target");
    writeln!(
        out,
        "\n{:<width$}  {:>13}  {:>11}  {:>12}   best channel, mean over trials and subjects",
        "target", "narrow SNR dB", "wide SNR dB", "BCI quotient"
    )?;
    for (place, target) in targets.iter().enumerate() {
        let own = || found.iter().filter_map(|response| response.targets.get(place)?.as_ref());
        let count = own().count() as f64;
        if count > 0.0 {
            let narrow = own().map(|target| target.narrow_snr_db).sum::<f64>() / count;
            let wide = own().map(|target| target.wide_snr_db).sum::<f64>() / count;
            let quotient = own().map(|target| target.bci_quotient).sum::<f64>() / count;
            writeln!(out, "{target:<width$}  {narrow:>13.2}  {wide:>11.2}  {quotient:>12.1}")?;
        }
    }
    Ok(())
}

/// What was not counted, and why.
fn notes(evaluation: &Evaluation, out: &mut impl Write) -> io::Result<()> {
    let unlabelled: usize = evaluation.subjects.iter().map(|subject| subject.unlabelled).sum();
    if unlabelled > 0 {
        writeln!(out, "\nnot counted: {unlabelled} trials without a known target")?;
    }
    let mut others: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, count) in evaluation.subjects.iter().flat_map(|subject| &subject.other_events) {
        *others.entry(name).or_insert(0) += count;
    }
    for (name, count) in others.iter().take(MOST_NOTES) {
        writeln!(out, "\nnot counted: {count} events {name:?}, which are no target's")?;
    }
    let mut reasons: BTreeMap<(String, String), (usize, String)> = BTreeMap::new();
    let cells = evaluation.subjects.iter().flat_map(|s| s.cells.iter().map(move |cell| (s, cell)));
    for (subject, cell) in cells {
        let place = format!("{} at {} s", cell.method, cell.window_s);
        if let Some(error) = &cell.error {
            let entry = reasons.entry((place, "no figures".to_owned()));
            entry.or_insert((0, format!("{}: {error}", subject.name))).0 += 1;
        } else if let Some(because) = &cell.left_out_because {
            let entry = reasons.entry((place, "left out".to_owned()));
            entry.or_insert((0, format!("{}: {because}", subject.name))).0 += cell.left_out;
        }
    }
    for ((place, what), (count, example)) in reasons.iter().take(MOST_NOTES) {
        match what.as_str() {
            "left out" => writeln!(out, "\n{place}: {count} trials left out ({example})")?,
            _ => writeln!(out, "\n{place}: nothing for {count} of the subjects ({example})")?,
        }
    }
    if reasons.len() > MOST_NOTES {
        writeln!(out, "\nand {} more such", reasons.len() - MOST_NOTES)?;
    }
    Ok(())
}

/// So many of something.
pub(crate) fn plural(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

fn percent(part: Option<f64>) -> String {
    part.map_or("–".to_owned(), |part| format!("{:.1}", 100.0 * part))
}

fn width<'a>(names: impl Iterator<Item = &'a String>, head: &str) -> usize {
    names.map(|name| name.chars().count()).max().unwrap_or(0).max(head.len())
}

fn listed(names: &[String], most: usize) -> String {
    let shown = names.iter().take(most).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > most { format!("{shown}, …") } else { shown }
}
