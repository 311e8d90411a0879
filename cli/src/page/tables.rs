//! The page's tables.

use std::fmt::Write;

use super::svg::escape;
use crate::evaluate::result::{Cell, Evaluation, Mean, TargetResponse};

/// Most targets whose ratios are shown at once.
const MOST_RATIOS: usize = 12;

/// All methods and windows: what the charts show, as numbers.
pub(super) fn figures(evaluation: &Evaluation) -> String {
    let mut rows = String::new();
    for mean in evaluation.means.iter().filter(|mean| mean.training.is_none()) {
        let (low, high) = mean.accuracy_95;
        let itr = mean.itr_bits_per_min.map_or("–".to_owned(), |itr| format!("{itr:.1}"));
        let itr_95 = mean
            .itr_95
            .map_or(String::new(), |(low, high)| format!(" <small>{low:.1}–{high:.1}</small>"));
        let _ = writeln!(
            rows,
            "<tr><td>{}</td><td>{}</td><td>{:.1} <small>{:.1}–{:.1}</small></td><td>{:.1}</td><td>{itr}{itr_95}</td><td>{:.2}</td><td>{} / {}</td></tr>",
            escape(&mean.method),
            mean.window_s,
            100.0 * mean.accuracy,
            100.0 * low,
            100.0 * high,
            100.0 * mean.balanced_accuracy,
            mean.selection_s,
            mean.right,
            mean.total
        );
    }
    format!(
        "<div class=\"wide\"><table><thead><tr><th>method</th><th>window s</th><th>accuracy %</th><th>balanced %</th><th>ITR bits/min</th><th>T s</th><th>right / trials</th></tr></thead><tbody>\n{rows}</tbody></table></div>\n"
    )
}

/// A row a subject, a column a method, for one window.
pub(super) fn subjects(evaluation: &Evaluation, window_s: f64) -> String {
    let methods = &evaluation.settings.methods;
    let mut table =
        "<div class=\"wide\"><table><thead><tr><th>subject</th><th>trials</th>".to_owned();
    for method in methods {
        let _ = write!(table, "<th>{}</th>", escape(method));
    }
    table.push_str("</tr></thead><tbody>\n");
    for subject in &evaluation.subjects {
        let _ = write!(table, "<tr><td>{}</td><td>{}</td>", escape(&subject.name), subject.trials);
        let own = |method: &String| {
            let is_here = |cell: &&Cell| {
                cell.method == *method && cell.window_s == window_s && cell.training.is_none()
            };
            subject.cells.iter().find(is_here).and_then(|cell| cell.accuracy)
        };
        let best = methods.iter().filter_map(own).fold(0.0, f64::max);
        methods.iter().for_each(|method| table.push_str(&heat(own(method), best)));
        table.push_str("</tr>\n");
    }
    if evaluation.subjects.len() > 1 {
        table.push_str("<tr class=\"mean\"><td>mean</td><td></td>");
        for method in methods {
            let is_here = |mean: &&Mean| {
                mean.method == *method && mean.window_s == window_s && mean.training.is_none()
            };
            let mean = evaluation.means.iter().find(is_here).map(|mean| mean.accuracy);
            table.push_str(&heat(mean, f64::INFINITY));
        }
        table.push_str("</tr>\n");
    }
    table.push_str("</tbody></table></div>\n");
    table
}

fn heat(accuracy: Option<f64>, best: f64) -> String {
    match accuracy {
        None => "<td>–</td>".to_owned(),
        Some(accuracy) => {
            let best = if accuracy >= best { " best" } else { "" };
            let percent = 100.0 * accuracy;
            format!("<td class=\"heat{best}\" style=\"--share:{accuracy:.3}\">{percent:.1}</td>")
        }
    }
}

/// Signal-to-noise ratios, mean over subjects; empty where there are none.
pub(super) fn ratios(evaluation: &Evaluation) -> String {
    let targets = &evaluation.settings.targets;
    let response = |place: usize| {
        let responses = evaluation.subjects.iter().filter_map(|s| s.response.as_ref());
        responses.filter_map(move |response| response.targets.get(place)?.as_ref())
    };
    let all: Vec<_> = (0..targets.len()).flat_map(response).collect();
    if all.is_empty() {
        return String::new();
    }
    let mut rows = String::new();
    for (place, target) in targets.iter().enumerate() {
        let own: Vec<_> = response(place).collect();
        if !own.is_empty() {
            rows.push_str(&ratio_row("", target, &own));
        }
    }
    let mean = ratio_row(" class=\"mean\"", "mean", &all);
    let head = "<thead><tr><th>target</th><th>trials</th><th>narrow-band SNR dB</th><th>wide-band SNR dB</th><th>BCI quotient</th></tr></thead>";
    let table = |rows: &str| {
        format!("<div class=\"wide\"><table>{head}<tbody>\n{rows}</tbody></table></div>\n")
    };
    if targets.len() <= MOST_RATIOS {
        return table(&format!("{rows}{mean}"));
    }
    format!("{}<details><summary>each target</summary>{}</details>\n", table(&mean), table(&rows))
}

fn ratio_row(class: &str, name: &str, own: &[&TargetResponse]) -> String {
    let mean = |of: fn(&TargetResponse) -> f64| {
        own.iter().map(|response| of(response)).sum::<f64>() / own.len() as f64
    };
    format!(
        "<tr{class}><td>{}</td><td>{}</td><td>{:.2}</td><td>{:.2}</td><td>{:.1}</td></tr>\n",
        escape(name),
        own.iter().map(|response| response.trials).sum::<usize>(),
        mean(|response| response.narrow_snr_db),
        mean(|response| response.wide_snr_db),
        mean(|response| response.bci_quotient)
    )
}
