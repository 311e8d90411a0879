//! The header of the file and those of its channels.

use std::collections::BTreeSet;

use super::super::channels::{Kind, kind};
use super::super::layout::Width;
use super::super::warn;
use super::ends::{Ends, Map, most};
use super::grid::Grid;
use super::identity::Identity;
use super::lists::Lists;
use super::tracks::Timeline;
use super::{text, unwritable};
use crate::formats::label::Dialect;
use crate::formats::{FormatError, Warning};
use crate::signal::Unit;

/// Characters of a label and of a unit.
const LABEL: usize = 16;
const UNIT: usize = 8;
/// Channels that are named in a warning about several.
const NAMED: usize = 3;

/// A channel as it is written.
#[derive(Debug)]
pub(super) struct Signal {
    /// Its stream's place on the timeline, and its row there.
    pub placed: usize,
    pub row: usize,
    pub label: String,
    pub unit: String,
    pub ends: Ends,
}

/// All channels; says what of them could not be written.
pub(super) fn signals(
    timeline: &Timeline<'_>,
    width: Width,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<Signal>, FormatError> {
    let (mut signals, mut taken) = (Vec::new(), BTreeSet::new());
    let (mut rounded, mut inexact) = (Several::default(), Several::default());
    for (place, placed) in timeline.placed.iter().enumerate() {
        for (row, channel) in placed.stream.channels().iter().enumerate() {
            let label = label(&channel.label, placed.is_status, width, &mut taken);
            if label != channel.label {
                let message = format!("it is called {label:?} in the file");
                warn(warnings, format!("channel {:?}", channel.label), message);
            }
            let unit = unit(&channel.unit, placed.is_status);
            if unit != channel.unit.as_str() && !placed.is_status {
                let message = format!("its unit, {:?}, becomes {unit:?}", channel.unit.as_str());
                warn(warnings, format!("channel {label:?}"), message);
            }
            let samples = placed.stream.samples().channel(row);
            let Some(ends) = Ends::of(channel.quantization, samples, width) else {
                return Err(unwritable(width, format!("channel {label:?} has no range")));
            };
            match ends.map {
                Map::Rounded { scale, .. } => rounded.add(&label, scale.abs()),
                Map::Counts { is_exact: false, .. } => inexact.add(&label, 0.0),
                Map::Counts { .. } => {}
            }
            let lost = samples.iter().filter(|sample| !sample.is_finite()).count();
            if lost > 0 {
                let message =
                    format!("{lost} samples are no numbers; the one before stands in their place");
                warn(warnings, format!("channel {label:?}"), message);
            }
            signals.push(Signal { placed: place, row, label, unit, ends });
        }
    }
    if signals.len() > 9998 {
        return Err(unwritable(width, format!("{} channels, of 9998 at most", signals.len())));
    }
    let bits = width.bits();
    let hint = if width == Width::I16 { "; BDF+ has finer ones" } else { "" };
    let steps = format!("samples are rounded to {bits} bits, in steps of up to {:e}", rounded.most);
    rounded.tell(&(steps + hint), warnings);
    inexact.tell(
        "counts are kept, but the header has no digits for their exact scale: samples may differ \
         by a few millionths",
        warnings,
    );
    Ok(signals)
}

/// Channels that share a loss.
#[derive(Default)]
struct Several {
    labels: Vec<String>,
    count: usize,
    most: f64,
}

impl Several {
    fn add(&mut self, label: &str, size: f64) {
        self.count += 1;
        self.most = self.most.max(size);
        if self.labels.len() < NAMED {
            self.labels.push(label.to_owned());
        }
    }

    fn tell(&self, what: &str, warnings: &mut Vec<Warning>) {
        if self.count > 0 {
            let more = if self.count > self.labels.len() { " …" } else { "" };
            let place = format!("{} channels ({}{more})", self.count, self.labels.join(", "));
            warn(warnings, place, what);
        }
    }
}

/// A label that no other channel has, and that says nothing else to a reader.
fn label(given: &str, is_status: bool, width: Width, taken: &mut BTreeSet<String>) -> String {
    let plain = match text::ascii(given, LABEL) {
        empty if empty.is_empty() => format!("channel {}", taken.len() + 1),
        plain => plain,
    };
    let is_reserved = match kind(&plain) {
        Kind::Annotations => true,
        Kind::Status => width == Width::I24 && !is_status,
        Kind::Samples => false,
    };
    let mut label = plain.clone();
    let mut number = 0;
    while (number == 0 && is_reserved) || !taken.insert(label.clone()) {
        number += 1;
        let suffix = format!("-{number}");
        let kept: String = plain.chars().take(LABEL.saturating_sub(suffix.len())).collect();
        label = format!("{}{suffix}", kept.trim_end());
    }
    label
}

fn unit(unit: &Unit, is_status: bool) -> String {
    if is_status { "Boolean".to_owned() } else { text::ascii(unit.as_str(), UNIT) }
}

/// The bytes of all headers.
pub(super) fn bytes(
    identity: &Identity,
    timeline: &Timeline<'_>,
    grid: &Grid,
    signals: &[Signal],
    lists: &Lists,
    dialect: Dialect,
    width: Width,
) -> Result<Vec<u8>, FormatError> {
    let name = if width == Width::I24 { "BDF" } else { "EDF" };
    let kind = if grid.is_discontinuous() { "D" } else { "C" };
    let count = signals.len() + 1;
    let mut out: Vec<u8> = if width == Width::I24 { b"\xffBIOSEMI" } else { b"0       " }.to_vec();
    let mut put = |text: &str, room: usize| {
        let bytes = text.as_bytes();
        out.extend(bytes.iter().take(room));
        out.extend(std::iter::repeat_n(b' ', room.saturating_sub(bytes.len())));
        bytes.len() <= room
    };
    let mut fits = true;
    // What follows the kind is left to writers. Some programs look at ten characters.
    let reserved = format!("{name}+{kind}     {}", dialect.mark());
    for (text, room) in [
        (identity.patient.as_str(), 80),
        (&identity.recording, 80),
        (&identity.date, 8),
        (&identity.time, 8),
        (&(256 * (count + 1)).to_string(), 8),
        (&reserved, 44),
        (&grid.len().to_string(), 8),
        (&timeline.record_text, 8),
        (&count.to_string(), 4),
    ] {
        fits &= put(text, room);
    }
    let annotations = format!("{name} Annotations");
    let (low, high) = most(width);
    let samples = |signal: &Signal| {
        timeline.placed.get(signal.placed).map_or(String::new(), |p| p.samples.to_string())
    };
    let mut each = |room: usize, own: &dyn Fn(&Signal) -> String, last: &str| {
        for signal in signals {
            fits &= put(&own(signal), room);
        }
        fits &= put(last, room);
    };
    each(LABEL, &|signal| signal.label.clone(), &annotations);
    each(80, &|_| String::new(), "");
    each(UNIT, &|signal| signal.unit.clone(), "");
    each(8, &|signal| signal.ends.physical.0.clone(), "-1");
    each(8, &|signal| signal.ends.physical.1.clone(), "1");
    each(8, &|signal| signal.ends.digital.0.to_string(), &low.to_string());
    each(8, &|signal| signal.ends.digital.1.to_string(), &high.to_string());
    each(80, &|_| identity.prefilter.clone(), "");
    each(8, &samples, &(lists.bytes as u64 / width.bytes()).to_string());
    each(32, &|_| String::new(), "");
    if fits {
        Ok(out)
    } else {
        Err(unwritable(width, "a number takes more characters than its field has".to_owned()))
    }
}
