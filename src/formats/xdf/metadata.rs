//! Free metadata: what the headers say besides.

use std::collections::{BTreeMap, BTreeSet};

use super::raw::Contents;

/// The metadata of a recording whose second 0 was `zero_s` on the clock of the recorder.
///
/// What concerns a stream has its name before it where there are several, and the stream's number
/// after that where two have the same name.
pub(super) fn metadata(contents: &Contents, zero_s: Option<f64>) -> BTreeMap<String, String> {
    let mut metadata = BTreeMap::new();
    for (name, text) in &contents.facts {
        let name = match name.as_str() {
            "version" => continue,
            "datetime" => "start_time",
            name => name,
        };
        metadata.insert(name.to_owned(), text.clone());
    }
    if let Some(zero_s) = zero_s {
        metadata.insert("lsl_time_of_second_0".to_owned(), zero_s.to_string());
    }
    let (mut names, mut twice) = (BTreeSet::new(), BTreeSet::new());
    for raw in &contents.streams {
        if !names.insert(raw.header.name.as_str()) {
            twice.insert(raw.header.name.as_str());
        }
    }
    for raw in &contents.streams {
        let name = raw.header.name.as_str();
        let prefix = match contents.streams.len() {
            1 => String::new(),
            _ if name.is_empty() || twice.contains(name) => format!("{name}#{}.", raw.id),
            _ => format!("{name}."),
        };
        if contents.streams.len() == 1 && !name.is_empty() {
            metadata.entry("name".to_owned()).or_insert_with(|| name.to_owned());
        }
        for (name, text) in &raw.header.facts {
            metadata.entry(format!("{prefix}{name}")).or_insert_with(|| text.clone());
        }
    }
    metadata
}
