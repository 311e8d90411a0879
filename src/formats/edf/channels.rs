use super::header::{BLOCK, Header};
use super::{malformed, number, warn};
use crate::formats::fields::text_at;
use crate::formats::unit::{self, Scale};
use crate::formats::{FormatError, Warning, unique};

/// Labels of channels that hold annotations in place of samples.
const ANNOTATIONS: [&str; 2] = ["EDF Annotations", "BDF Annotations"];

/// What a channel's header says.
#[derive(Debug)]
pub(super) struct ChannelHeader {
    pub label: String,
    pub kind: Kind,
    pub unit: Scale,
    /// Lowest and highest physical value; `None` where the field holds no number.
    pub physical: (Option<f64>, Option<f64>),
    /// Lowest and highest count.
    pub digital: (Option<f64>, Option<f64>),
    /// What the signal went through before it was sampled, as text.
    pub prefilter: String,
    pub samples_per_record: u32,
    /// Samples of all channels before it in a record.
    pub first_sample: u64,
}

/// What a channel holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Samples,
    /// Texts with times, byte by byte.
    Annotations,
    /// Trigger lines and state of a BioSemi amplifier, if samples have 24 bits; the first only.
    Status,
}

/// Reads the channels' headers. `samples_in_record` tells how many samples a record must have for
/// the stated records to fill the file, where that is known.
pub(super) fn read(
    bytes: &[u8],
    header: &Header,
    samples_in_record: impl FnOnce() -> Option<u64>,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<ChannelHeader>, FormatError> {
    let count = header.channels;
    // Each field is stored for all channels before the next field starts.
    let at = |i: usize, start: usize, width: usize| BLOCK as usize + count * start + i * width;
    let field = |i, start, width| {
        let at = at(i, start, width);
        bytes.get(at..at + width).unwrap_or(&[])
    };
    let sizes: Vec<_> = (0..count).map(|i| number::parse_count(field(i, 216, 8))).collect();
    let sizes = complete(&sizes, |i| at(i, 216, 8) as u64, samples_in_record, warnings)?;
    let mut channels = Vec::with_capacity(count);
    let (mut first_sample, mut has_status) = (0, false);
    for (i, samples_per_record) in sizes.into_iter().enumerate() {
        let text = |start, width| text_at(bytes, at(i, start, width), width);
        let mut limit = |start| {
            let (at, field) = (at(i, start, 8), field(i, start, 8));
            let number = number::parse(field);
            if let Some(number) = number.filter(|number| !number.is_clean) {
                let (found, value) = (text_at(field, 0, 8), number.value);
                warn(warnings, format!("byte {at}"), format!("{found:?} is read as {value}"));
            }
            number.map(|number| number.value)
        };
        let label = text(0, 16);
        let kind = match kind(&label) {
            Kind::Status if has_status => Kind::Samples,
            kind => kind,
        };
        has_status |= kind == Kind::Status;
        channels.push(ChannelHeader {
            kind,
            label,
            unit: unit::from_text(&text(96, 8)),
            physical: (limit(104), limit(112)),
            digital: (limit(120), limit(128)),
            prefilter: text(136, 80),
            samples_per_record,
            first_sample,
        });
        first_sample += u64::from(samples_per_record);
    }
    Ok(channels)
}

/// What a channel of this label holds.
pub(super) fn kind(label: &str) -> Kind {
    if ANNOTATIONS.iter().any(|known| label.eq_ignore_ascii_case(known)) {
        Kind::Annotations
    } else if label.eq_ignore_ascii_case("Status") {
        Kind::Status
    } else {
        Kind::Samples
    }
}

/// The samples a record of each channel. One that is not stated is what the others leave.
fn complete(
    sizes: &[Option<u32>],
    at: impl Fn(usize) -> u64,
    samples_in_record: impl FnOnce() -> Option<u64>,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<u32>, FormatError> {
    let mut missing = (0..sizes.len()).filter(|&i| sizes.get(i).is_some_and(Option::is_none));
    let Some(first) = missing.next() else { return Ok(sizes.iter().copied().flatten().collect()) };
    let others = sizes.iter().flatten().map(|&size| u64::from(size)).sum();
    let left = samples_in_record().and_then(|all| all.checked_sub(others));
    match (missing.next(), left.and_then(|left| u32::try_from(left).ok())) {
        (None, Some(left)) => {
            let message = format!("no number of samples a record; the file's length says {left}");
            warn(warnings, format!("byte {}", at(first)), message);
            Ok(sizes.iter().map(|size| size.unwrap_or(left)).collect())
        }
        _ => {
            let found = format!("no number of samples a record of channel {}", first + 1);
            Err(malformed(at(first), found, "a whole number"))
        }
    }
}

/// Gives every channel that holds samples a label of its own: where several share one, a running
/// number from 0 is added to each, as MNE does.
pub(super) fn make_unique(channels: &mut [ChannelHeader], warnings: &mut Vec<Warning>) {
    for (i, channel) in channels.iter_mut().enumerate() {
        if channel.label.is_empty() && channel.kind != Kind::Annotations {
            channel.label = format!("channel {}", i + 1);
            warn(warnings, channel.label.clone(), "it has no label; its number serves as one");
        }
    }
    let named = channels.iter_mut().filter(|channel| channel.kind != Kind::Annotations);
    unique::number(named.map(|channel| &mut channel.label), warnings);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_made_unique_as_mne_makes_them() {
        // mne._fiff.meas_info._unique_channel_names(["a", "b", "a", "a-1", "a"]) of MNE 1.13:
        // where "a-1" is taken, the second "a" becomes "a-a", which says less than a number.
        let header = |label: &str| ChannelHeader {
            label: label.to_owned(),
            kind: kind(label),
            unit: unit::from_text("uV"),
            physical: (None, None),
            digital: (None, None),
            prefilter: String::new(),
            samples_per_record: 1,
            first_sample: 0,
        };
        let given = ["a", "b", "a", "EDF Annotations", "EDF Annotations", ""];
        let mut channels = given.map(header);
        let mut warnings = Vec::new();
        make_unique(&mut channels, &mut warnings);
        let labels: Vec<_> = channels.iter().map(|channel| channel.label.as_str()).collect();
        assert_eq!(labels, ["a-0", "b", "a-1", "EDF Annotations", "EDF Annotations", "channel 6"]);
        assert_eq!(warnings.len(), 2);
    }
}
