use std::io::{self, Write};

use super::result::{Cell, Evaluation};

/// A line for each subject, method, window and limit.
pub(crate) fn write(evaluation: &Evaluation, out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "subject,method,window_s,training,right,total,accuracy,wilson_low,wilson_high,balanced_accuracy,itr_bits_per_min,selection_s,left_out,error"
    )?;
    for subject in &evaluation.subjects {
        for cell in &subject.cells {
            writeln!(out, "{},{}", quoted(&subject.name), line(cell))?;
        }
    }
    Ok(())
}

fn line(cell: &Cell) -> String {
    let number = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
    [
        quoted(&cell.method),
        cell.window_s.to_string(),
        cell.training.map_or(String::new(), |limit| limit.to_string()),
        cell.right.to_string(),
        cell.total.to_string(),
        number(cell.accuracy),
        number(cell.wilson_95.map(|(low, _)| low)),
        number(cell.wilson_95.map(|(_, high)| high)),
        number(cell.balanced_accuracy),
        number(cell.itr_bits_per_min),
        cell.selection_s.to_string(),
        cell.left_out.to_string(),
        quoted(cell.error.as_deref().unwrap_or_default()),
    ]
    .join(",")
}

/// A cell as RFC 4180 has it.
pub(crate) fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
