//! An evaluation as one page that needs nothing else: no scripts, no fonts, no pictures from
//! elsewhere.
//!
//! | file | idea |
//! |---|---|
//! | `svg` | drawings as text |
//! | `scale` | numbers to pixels, round numbers for axes |
//! | `curves` | figures over something, with intervals as bands |
//! | `dots` | figures of methods in a single window |
//! | `matrix` | the confusion matrix |
//! | `spectra` | amplitude spectra with the harmonics marked |
//! | `tables` | figures, subjects, signal-to-noise ratios |
//! | `style.css` | colours (of Okabe & Ito, told apart by the colour-blind), light and dark |

mod curves;
mod dots;
mod matrix;
mod scale;
mod spectra;
mod svg;
mod tables;

use std::fmt::Write;

use curves::{Axes, Point, Series};
use dots::Dot;
use svg::escape;

use crate::evaluate::result::{Evaluation, Mean};

const STYLE: &str = include_str!("style.css");

/// Spectra that are shown at once.
const MOST_PANELS: usize = 12;

/// What is drawn: an accuracy or a rate, with its interval.
type Figure = fn(&Mean) -> Option<(f64, Option<(f64, f64)>)>;

/// The whole page.
pub(crate) fn html(evaluation: &Evaluation) -> String {
    let title = title(evaluation);
    let mut body = head(evaluation, &title);
    body.push_str(&windows(evaluation));
    body.push_str(&learning(evaluation));
    body.push_str(&confusion(evaluation));
    body.push_str(&responses(evaluation));
    body.push_str(&subjects(evaluation));
    body.push_str(&made_by(evaluation));
    let title = escape(&title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )
}

fn title(evaluation: &Evaluation) -> String {
    let targets = evaluation.settings.targets.len();
    match evaluation.subjects.as_slice() {
        [one] => format!("{}: {targets} targets", one.name),
        many => format!("{} subjects, {targets} targets", many.len()),
    }
}

/// The figures with all training trials.
fn whole(evaluation: &Evaluation) -> impl Iterator<Item = &Mean> {
    evaluation.means.iter().filter(|mean| mean.training.is_none())
}

/// The highest by a figure; of equals the first.
fn best<'a>(means: impl Iterator<Item = &'a Mean>, of: fn(&Mean) -> f64) -> Option<&'a Mean> {
    means.reduce(|best, next| if of(next) > of(best) { next } else { best })
}

fn head(evaluation: &Evaluation, title: &str) -> String {
    let trials: usize = evaluation.subjects.iter().map(|subject| subject.trials).sum();
    let mut tiles = String::new();
    let mut tile = |value: String, what: String| {
        let _ = writeln!(
            tiles,
            "<div class=\"tile\"><b>{}</b><span>{}</span></div>",
            escape(&value),
            escape(&what)
        );
    };
    if let Some(mean) = best(whole(evaluation), |mean| mean.accuracy) {
        let (low, high) = mean.accuracy_95;
        let interval = format!("{:.1}–{:.1} %", 100.0 * low, 100.0 * high);
        let what = format!("highest accuracy: {} at {} s ({interval})", mean.method, mean.window_s);
        tile(format!("{:.1} %", 100.0 * mean.accuracy), what);
    }
    if let Some(mean) = best(whole(evaluation), |mean| mean.itr_bits_per_min.unwrap_or(-1.0))
        && let Some(itr) = mean.itr_bits_per_min
    {
        let what = format!(
            "highest ITR: {} at {} s, T = {:.2} s",
            mean.method, mean.window_s, mean.selection_s
        );
        tile(format!("{itr:.1} bits/min"), what);
    }
    let chance = 100.0 / evaluation.settings.targets.len().max(1) as f64;
    tile(format!("{chance:.1} %"), "chance".to_owned());
    tile(trials.to_string(), "trials with a known target".to_owned());
    let setting = &evaluation.settings;
    let targets: Vec<&str> = setting.targets.iter().take(16).map(String::as_str).collect();
    let more = if setting.targets.len() > 16 { ", …" } else { "" };
    format!(
        "<header><h1>{}</h1>\n<p class=\"soft\">{}{more}</p>\n<p class=\"soft\">{} from {} s after the onset</p></header>\n<div class=\"tiles\">\n{tiles}</div>\n",
        escape(title),
        escape(&targets.join(", ")),
        escape(&setting.methods.join(", ")),
        setting.start_s
    )
}

fn accuracy(mean: &Mean) -> Option<(f64, Option<(f64, f64)>)> {
    let (low, high) = mean.accuracy_95;
    Some((100.0 * mean.accuracy, Some((100.0 * low, 100.0 * high))))
}

fn rate(mean: &Mean) -> Option<(f64, Option<(f64, f64)>)> {
    Some((mean.itr_bits_per_min?, mean.itr_95))
}

fn windows(evaluation: &Evaluation) -> String {
    let setting = &evaluation.settings;
    let chance = 100.0 / setting.targets.len().max(1) as f64;
    let (left, right, over) = if setting.windows_s.len() > 1 {
        let x = "window, s";
        let level = Some((chance, "chance"));
        let axes = Axes {
            title: "Accuracy over window length",
            x,
            y: "accuracy, %",
            top: Some(100.0),
            level,
        };
        let left = curves::draw(&axes, &series(evaluation, accuracy));
        let axes =
            Axes { title: "ITR over window length", x, y: "ITR, bits/min", top: None, level: None };
        (left, curves::draw(&axes, &series(evaluation, rate)), " over window length")
    } else {
        let left = dots::draw("Accuracy", "accuracy, %", Some(100.0), &dots(evaluation, accuracy));
        (left, dots::draw("ITR", "ITR, bits/min", None, &dots(evaluation, rate)), "")
    };
    let interval = evaluation.means.first().map_or("", |mean| mean.interval);
    format!(
        "<h2>Accuracy and ITR{over}</h2>\n<p class=\"soft\">Bands: 95 % intervals ({}). ITR of one selection every T = {} s + window + {} s.</p>\n<div class=\"row\"><div class=\"card\"><h3>Accuracy</h3>{left}</div><div class=\"card\"><h3>Information transfer rate</h3>{right}</div></div>\n<details><summary>the numbers</summary>{}</details>\n",
        escape(interval),
        setting.start_s,
        setting.pause_s,
        tables::figures(evaluation)
    )
}

fn series(evaluation: &Evaluation, figure: Figure) -> Vec<Series> {
    let one = |(color, name): (usize, &String)| {
        let own = whole(evaluation).filter(|mean| mean.method == *name);
        let point = |mean: &Mean| {
            let (y, interval) = figure(mean)?;
            Some(Point { x: mean.window_s, y, interval })
        };
        let mut points: Vec<Point> = own.filter_map(point).collect();
        points.sort_by(|a, b| a.x.total_cmp(&b.x));
        Series { name: name.clone(), color, points }
    };
    evaluation.settings.methods.iter().enumerate().map(one).collect()
}

fn dots(evaluation: &Evaluation, figure: Figure) -> Vec<Dot> {
    let methods = &evaluation.settings.methods;
    let one = |mean: &Mean| {
        let (value, interval) = figure(mean)?;
        let color = methods.iter().position(|name| *name == mean.method).unwrap_or(0);
        Some(Dot { name: mean.method.clone(), color, value, interval })
    };
    whole(evaluation).filter_map(one).collect()
}

/// Accuracy over training, in the longest window.
fn learning(evaluation: &Evaluation) -> String {
    let setting = &evaluation.settings;
    let window_s = longest_s(evaluation);
    let one = |(color, name): (usize, &String)| {
        let own = evaluation.means.iter().filter(|m| m.method == *name && m.window_s == window_s);
        let point = |mean: &Mean| {
            let (y, interval) = accuracy(mean)?;
            Some(Point { x: mean.training? as f64, y, interval })
        };
        let mut points: Vec<Point> = own.filter_map(point).collect();
        points.sort_by(|a, b| a.x.total_cmp(&b.x));
        Series { name: name.clone(), color, points }
    };
    let series = setting.methods.iter().enumerate().map(one);
    let series: Vec<Series> = series.filter(|series| !series.points.is_empty()).collect();
    if series.is_empty() {
        return String::new();
    }
    let x = format!("training {}", setting.learning_by);
    let axes =
        Axes { title: "Learning curve", x: &x, y: "accuracy, %", top: Some(100.0), level: None };
    format!(
        "<h2>Learning curve</h2>\n<p class=\"soft\">Trained on the first {} of each fold only; {window_s} s windows.</p>\n<div class=\"row\"><div class=\"card narrow\">{}</div></div>\n",
        setting.learning_by,
        curves::draw(&axes, &series)
    )
}

fn longest_s(evaluation: &Evaluation) -> f64 {
    evaluation.settings.windows_s.iter().copied().fold(0.0, f64::max)
}

fn confusion(evaluation: &Evaluation) -> String {
    let Some(mean) = best(whole(evaluation), |mean| mean.accuracy) else { return String::new() };
    let drawn = matrix::draw(&evaluation.settings.targets, &mean.confusion);
    let ratios = tables::ratios(evaluation);
    let beside = match ratios.as_str() {
        "" => String::new(),
        ratios => format!(
            "<div class=\"card\"><h3>Signal-to-noise ratios</h3><p class=\"soft\">Single trials of {} s at each subject's best channel, mean over trials and subjects (Liu et al. 2020).</p>{ratios}</div>",
            longest_s(evaluation)
        ),
    };
    format!(
        "<h2>Which targets are confused</h2>\n<p class=\"soft\">{} at {} s, trials of all subjects; the shade is the share of a row.</p>\n<div class=\"row\"><div class=\"card narrow\">{drawn}</div>{beside}</div>\n",
        escape(&mean.method),
        mean.window_s
    )
}

fn responses(evaluation: &Evaluation) -> String {
    let mut panels = spectra::draw(evaluation);
    if panels.is_empty() {
        return String::new();
    }
    let more = panels.split_off(panels.len().min(MOST_PANELS));
    let panels = panels.concat();
    let more = match more.len() {
        0 => String::new(),
        count => format!(
            "<details><summary>{count} more targets</summary><div class=\"panels\">{}</div></details>\n",
            more.concat()
        ),
    };
    format!(
        "<h2>Amplitude spectra</h2>\n<p class=\"soft\">Mean over the trials of each target in windows of {} s and over subjects, at each subject's best channel; amplitude in the recording's unit (µV where it is known) over Hz. Marked: the target's frequency f and its harmonics; in dB the narrow-band SNR at f.</p>\n<div class=\"panels\">{panels}</div>\n{more}",
        longest_s(evaluation)
    )
}

fn subjects(evaluation: &Evaluation) -> String {
    let longest_s = longest_s(evaluation);
    let mut tables = tables::subjects(evaluation, longest_s);
    for &window_s in evaluation.settings.windows_s.iter().filter(|s| **s != longest_s) {
        let table = tables::subjects(evaluation, window_s);
        let _ = writeln!(tables, "<details><summary>at {window_s} s</summary>{table}</details>");
    }
    format!(
        "<h2>Subjects</h2>\n<p class=\"soft\">Accuracy in % at {longest_s} s; the best of each subject in bold.</p>\n{tables}"
    )
}

fn made_by(evaluation: &Evaluation) -> String {
    let setting = &evaluation.settings;
    let mut list = String::new();
    let mut entry = |name: &str, value: String| {
        let _ = writeln!(list, "<dt>{name}</dt><dd>{}</dd>", escape(&value));
    };
    let hz = |value: Option<f64>| value.map_or("none".to_owned(), |hz| format!("{hz} Hz"));
    entry("split", setting.split.clone());
    entry("filtered", format!("{}, {} by itself", setting.direction, setting.scope));
    let mut bands: Vec<String> = Vec::new();
    for cell in evaluation.subjects.iter().flat_map(|subject| &subject.cells) {
        let band = format!("{}: {}", cell.method, cell.bands);
        if !bands.contains(&band) {
            bands.push(band);
        }
    }
    entry("bands", bands.join("; "));
    entry("harmonics", setting.harmonics.to_string());
    entry("harmonics on the mains left out", hz(setting.mains_hz));
    entry("notch", hz(setting.notch_hz));
    if let Some(first) = evaluation.subjects.first() {
        entry("channels", format!("{} at {} Hz", first.channels.join(" "), first.rate_hz));
    }
    let unlabelled: usize = evaluation.subjects.iter().map(|subject| subject.unlabelled).sum();
    entry("trials without a known target", unlabelled.to_string());
    let left_out: usize = evaluation
        .subjects
        .iter()
        .flat_map(|subject| subject.cells.iter().map(|cell| cell.left_out))
        .sum();
    entry("decisions left out", left_out.to_string());
    let command: Vec<String> = evaluation.command.iter().map(|word| quoted(word)).collect();
    format!(
        "<h2>How it was made</h2>\n<pre>{}</pre>\n<dl>\n{list}</dl>\n<p class=\"soft\">evoked {}</p>\n",
        escape(&command.join(" ")),
        escape(evaluation.version)
    )
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "-_./,=:+%@".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}
