//! The recorder's filters, from the tables in the header's free text.

use std::collections::BTreeMap;

use super::header::{ChannelHeader, number};
use super::lines::Lines;

/// Names of the columns, and of the metadata they become.
const COLUMNS: [(&str, &str); 3] =
    [("Low Cutoff", "highpass_hz"), ("High Cutoff", "lowpass_hz"), ("Notch", "notch_hz")];
/// Blanks between columns of a table's head.
const COLUMN_GAP: &str = "  ";

/// A table of filters: where each column is among the words of a row, and whether it holds time
/// constants in seconds.
struct Table {
    columns: [Option<(usize, bool)>; 3],
    /// Whether rows hold the channel's name, its input and its resolution.
    is_amplifier: bool,
    has_unit: bool,
}

/// High-pass, low-pass and notch in hertz. A software filter hides the amplifier's.
pub(super) fn metadata(lines: &Lines<'_>, channels: &[ChannelHeader]) -> BTreeMap<String, String> {
    let mut found: [Vec<Option<String>>; 3] = Default::default();
    let mut table: Option<Table> = None;
    for line in lines.comment() {
        let text = line.text.as_ref();
        if let Some(new) = text.starts_with('#').then(|| Table::of(text)).flatten() {
            table = Some(new);
            found = [(); 3].map(|()| vec![None; channels.len()]);
            continue;
        }
        let Some(known) = &table else { continue };
        if text.is_empty() {
            table = None;
            continue;
        }
        let Some((index, values)) = known.row(text, channels) else { continue };
        for (column, value) in found.iter_mut().zip(values) {
            if let Some(cell) = column.get_mut(index) {
                *cell = value;
            }
        }
    }
    let named = COLUMNS.iter().zip(&found);
    named
        .filter_map(|((_, name), cells)| Some(((*name).to_owned(), summary(cells, channels)?)))
        .collect()
}

impl Table {
    fn of(head: &str) -> Option<Self> {
        let names: Vec<&str> =
            head.split(COLUMN_GAP).map(str::trim).filter(|name| !name.is_empty()).collect();
        let is_amplifier = names.get(1).is_some_and(|name| *name == "Name");
        let has_unit = names.iter().any(|name| name.contains("/ Unit"));
        // A row's number is taken off first, and so is its name.
        let before = if is_amplifier { 2 } else { 1 };
        let place = |wanted: &str| {
            let index = names.iter().position(|name| name.starts_with(wanted))?;
            Some((index.checked_sub(before)?, names.get(index)?.contains("[s]")))
        };
        let columns = COLUMNS.map(|(name, _)| place(name));
        columns.iter().any(Option::is_some).then_some(Self { columns, is_amplifier, has_unit })
    }

    /// Channel and filters of a row.
    fn row(&self, text: &str, channels: &[ChannelHeader]) -> Option<(usize, [Option<String>; 3])> {
        let (index, rest) = text.split_once(char::is_whitespace)?;
        let index = index.parse::<usize>().ok()?.checked_sub(1)?;
        let mut rest = rest.trim_start();
        if self.is_amplifier {
            // Names may hold blanks.
            rest = rest.strip_prefix(channels.get(index)?.label.as_str())?;
        }
        let mut words: Vec<&str> = rest.split_whitespace().collect();
        if self.is_amplifier && self.has_unit && words.len() > 2 && cutoff(words[2]).is_none() {
            words.remove(2);
        }
        let values = self.columns.map(|column| {
            let (place, is_time) = column?;
            Some(in_hertz(cutoff(words.get(place)?)?, is_time))
        });
        Some((index, values))
    }
}

/// A cutoff; infinite where there is no filter.
fn cutoff(word: &str) -> Option<f64> {
    match word {
        "DC" | "Off" | "NaN" => Some(f64::INFINITY),
        word => number(word).map(|number| if number == 0.0 { f64::INFINITY } else { number }),
    }
}

fn in_hertz(value: f64, is_time: bool) -> String {
    if value.is_infinite() {
        return "off".to_owned();
    }
    let hertz = if is_time { 1.0 / (std::f64::consts::TAU * value) } else { value };
    format!("{}", (hertz * 1e6).round() / 1e6)
}

/// `0.5` where it holds for all channels, else `0.5 (Fz, Cz); off (Oz)`.
fn summary(cells: &[Option<String>], channels: &[ChannelHeader]) -> Option<String> {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut places = BTreeMap::new();
    for (cell, channel) in cells.iter().zip(channels) {
        let Some(value) = cell else { continue };
        let place = *places.entry(value).or_insert_with(|| {
            groups.push((value, Vec::new()));
            groups.len() - 1
        });
        groups[place].1.push(&channel.label);
    }
    match groups.as_slice() {
        [] => None,
        [(value, labels)] if labels.len() == channels.len() => Some((*value).to_owned()),
        groups => {
            let words =
                |(value, labels): &(&str, Vec<&str>)| format!("{value} ({})", labels.join(", "));
            Some(groups.iter().map(words).collect::<Vec<_>>().join("; "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::unit;

    fn found(comment: &str) -> BTreeMap<String, String> {
        let channels = ["Fz", "F 3 a"].map(|label| ChannelHeader {
            label: label.to_owned(),
            reference: String::new(),
            resolution: Some(1.0),
            unit: unit::from_text("uV"),
        });
        metadata(&Lines::new(format!("[Comment]\n{comment}").as_bytes()), &channels)
    }

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn the_amplifiers_table_with_units() {
        let found = found(
            "#     Name      Phys. Chn.    Resolution / Unit   Low Cutoff [s]   High Cutoff [Hz]   \
             Notch [Hz]    Series Res. [kOhm] Gradient         Offset\n\
             1     Fz         1                0.5 µV             10              250       Off   0\n\
             2     F 3 a      2                0.5 C              DC              100       Off   0\n",
        );
        // 1 / (2π · 10 s) = 0.015915 Hz
        let expected = [
            ("highpass_hz", "0.015915 (Fz); off (F 3 a)"),
            ("lowpass_hz", "250 (Fz); 100 (F 3 a)"),
            ("notch_hz", "off"),
        ];
        assert_eq!(found, map(&expected));
    }

    #[test]
    fn a_software_filter_hides_the_amplifiers() {
        let found = found(
            "#     Name      Phys. Chn.    Resolution [µV]  Low Cutoff [s]   High Cutoff [Hz]   Notch [Hz]\n\
             1     Fz          1                0.1               10             1000              Off\n\
             2     F 3 a       2                0.1               10             1000              Off\n\
             \n\
             #     Low Cutoff [Hz]   High Cutoff [s]   Notch [Hz]\n\
             1      0.5              0.004                 50\n\
             2      0.5              0.004                 50\n\n\
             1      7                7                 7\n",
        );
        // 1 / (2π · 0.004 s) = 39.788736 Hz
        let expected = [("highpass_hz", "0.5"), ("lowpass_hz", "39.788736"), ("notch_hz", "50")];
        assert_eq!(found, map(&expected));
    }

    #[test]
    fn tables_that_are_none_say_nothing() {
        for comment in
            ["", "#\n1 2 3\n", "#  Name  Low Cutoff [s]\nx\n9 Fz 1 2 3\n", "# Low Cutoff"]
        {
            assert_eq!(found(comment), map(&[]), "{comment}");
        }
    }
}
