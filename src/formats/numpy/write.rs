//! Writing trials as an archive of arrays, which `numpy.load` reads without pickle.
//!
//! | array | type, shape | what |
//! |---|---|---|
//! | `X` | f4 `[trials, channels, samples]` | samples, in the channels' units |
//! | `y` | i8 `[trials]` | code of the event; the number of its target from 1 where it has none |
//! | `label` | U `[trials]` | label of the event, or its code |
//! | `freq_hz` | f8 `[trials]` | frequency of the target; 0 where there is none |
//! | `phase_rad` | f8 `[trials]` | phase of the target at the onset |
//! | `ch`, `unit` | U `[channels]` | labels and units |
//! | `fs` | f8 | samples a second |
//! | `onset_sample` | i8 | sample of each trial on which its event falls |
//! | `stim_dur_s` | f8 | length of the stimulus, where the trials have one |
//! | `onset_s` | f8 `[trials]` | when the events fall, in seconds of the session |
//! | `codes`, `bit_rate_hz` | u1 `[targets, bits]`, f8 | codes of the targets, where all have one |
//!
//! What is decided here:
//! - With a codebook, the trials are those of the events that its targets name, as `evoked decode`
//!   finds them; without one, every event that lasts for some time or, where none does, every event
//!   starts one.
//! - A trial starts half a second before its event and ends with the stimulus: with the event's
//!   duration, a stop event (32780), the next onset, or a gap, whichever comes first, the shortest of
//!   all trials, and at most 30 s. Where half a second is not there before every event, the trials
//!   start as much later.
//! - `freq_hz`, `phase_rad` and `codes` are left out where there is no codebook, or where its
//!   targets have none.
//! - The channels are those of the first stream. Arrays are stored, not packed.

use std::io::Write;

use flate2::Crc;

use crate::formats::save::{Writer, tell_metadata};
use crate::formats::target::{Part, Target, refused};
use crate::formats::{FormatError, Warning, WriteFormat};
use crate::signal::{Event, EventPattern, Recording, Segment, Stream, Trial, TrialRule};
use crate::stimulus::{Codebook, Modulation};

pub(in crate::formats) const WRITER: Writer =
    Writer { format: WriteFormat::Npz, name: "NPZ of trials", extensions: &["npz"], write };

/// OpenViBE's visual stimulation start and stop.
const START: u32 = 32779;
const STOP: u32 = 32780;
/// The time before an onset that belongs to a trial.
const BEFORE_S: f64 = 0.5;
/// The longest trial after its onset.
const LONGEST_S: f64 = 30.0;

fn write(
    target: &mut Target,
    recording: &Recording,
    codebook: Option<&Codebook>,
    warnings: &mut Vec<Warning>,
) -> Result<(), FormatError> {
    let Some(stream) = recording.streams().first().filter(|s| !s.channels().is_empty()) else {
        return Err(unwritable("it has no samples"));
    };
    tell_metadata(recording.metadata().keys(), warnings);
    if recording.streams().len() > 1 {
        let message = "only the first is written; the others have no place";
        warnings.push(Warning::new("streams", message));
    }
    let found = onsets(recording, codebook);
    let cut = Cut::of(recording, stream, &found).ok_or_else(|| {
        unwritable("no event has samples after it, so there are no trials to write")
    })?;
    let whole: Vec<&Onset> = found.iter().filter(|onset| cut.holds(stream, onset)).collect();
    if whole.len() < found.len() {
        let message = format!(
            "{} of {} trials lack samples; left out",
            found.len() - whole.len(),
            found.len()
        );
        warnings.push(Warning::new("trials", message));
    }
    let used = recording.events().len() - whole.len();
    if used > 0 {
        let message = format!("{used} start no trial; there is no place for them");
        warnings.push(Warning::new("events", message));
    }
    let path = target.path().to_owned();
    let mut archive = Archive { part: target.create(&path)?, at: 0, entries: Vec::new() };
    let written = arrays(&mut archive, stream, codebook, &cut, &whole)
        .and_then(|()| archive.finish())
        .map_err(|error| refused(&path, error));
    written?;
    archive.part.close()
}

fn unwritable(what: &str) -> FormatError {
    FormatError::Unwritable { format: WRITER.name, what: what.to_owned() }
}

/// An event that starts a trial.
struct Onset {
    sample: u64,
    onset_s: f64,
    code: u32,
    label: String,
    /// Length in samples; 0 where nobody says.
    duration: f64,
    target: Option<usize>,
}

fn onsets(recording: &Recording, codebook: Option<&Codebook>) -> Vec<Onset> {
    let patterns = codebook.into_iter().flat_map(Codebook::targets).enumerate();
    let labels: Vec<(EventPattern, usize)> = patterns
        .filter_map(|(index, target)| Some((target.event.as_ref()?.parse().ok()?, index)))
        .collect();
    let is_own = |event: &&Event| event.stream == 0;
    let start = EventPattern::from(START);
    let has_starts = recording.events().iter().filter(is_own).any(|event| start.matches(event));
    let time_s = |sample: u64| {
        recording.streams().first().map_or(0.0, |stream| stream.time_s(sample as f64))
    };
    if !labels.is_empty() {
        let onsets = if has_starts { vec![start] } else { Vec::new() };
        let trials = TrialRule { onsets, labels }.find(recording, 0);
        let onset = |trial: Trial| {
            let at = |event: &&Event| event.stream == 0 && event.sample == trial.onset;
            let event = recording.events().iter().filter(at).max_by_key(|e| e.duration as u64);
            let target = trial.label.and_then(|place| codebook?.targets().get(place));
            let pattern = target.and_then(|target| target.event.as_ref());
            let code = pattern.and_then(|pattern| pattern.parse().ok());
            let place = trial.label.map_or(0, |place| place as u32 + 1);
            Onset {
                sample: trial.onset,
                onset_s: time_s(trial.onset),
                code: code.unwrap_or(place),
                label: target.map(|target| target.label.clone()).unwrap_or_default(),
                duration: event.map_or(0.0, |event| event.duration),
                target: trial.label,
            }
        };
        return trials.into_iter().map(onset).collect();
    }
    let lasts = recording.events().iter().filter(is_own).any(|event| event.duration > 0.0);
    let events = recording.events().iter().filter(is_own);
    let onset = |event: &Event| Onset {
        sample: event.position().round() as u64,
        onset_s: recording.onset_s(event),
        code: event.code,
        label: if event.label.is_empty() { event.code.to_string() } else { event.label.clone() },
        duration: event.duration,
        target: None,
    };
    events.filter(|event| !lasts || event.duration > 0.0).map(onset).collect()
}

/// What of a recording belongs to each trial, in samples.
struct Cut {
    before: u64,
    after: u64,
    /// Whether an event, or a stop, says where the stimulus ends.
    is_stated: bool,
}

impl Cut {
    fn of(recording: &Recording, stream: &Stream, onsets: &[Onset]) -> Option<Self> {
        let stop = EventPattern::from(STOP);
        let stops: Vec<u64> = recording
            .events()
            .iter()
            .filter(|event| event.stream == 0 && stop.matches(event))
            .map(|event| event.sample)
            .collect();
        let most = (LONGEST_S * stream.rate_hz()).min(1e9) as u64;
        let mut cut = Self {
            before: (BEFORE_S * stream.rate_hz()).round().min(1e9) as u64,
            after: most.max(1),
            is_stated: false,
        };
        let mut is_any = false;
        for (place, onset) in onsets.iter().enumerate() {
            let Some(segment) = segment(stream, onset.sample) else { continue };
            let next = onsets.get(place + 1).map_or(u64::MAX, |next| next.sample);
            let stop = stops.get(stops.partition_point(|stop| *stop <= onset.sample));
            let stop = stop.copied().filter(|stop| *stop <= next);
            let own =
                (onset.duration >= 1.0).then(|| onset.sample.saturating_add(onset.duration as u64));
            let end =
                segment.end().min(next).min(stop.unwrap_or(u64::MAX)).min(own.unwrap_or(u64::MAX));
            if end <= onset.sample {
                continue;
            }
            is_any = true;
            cut.is_stated |= stop.is_some() || own.is_some();
            cut.before = cut.before.min(onset.sample - segment.first);
            cut.after = cut.after.min(end - onset.sample);
        }
        is_any.then_some(cut)
    }

    fn len(&self) -> usize {
        (self.before + self.after) as usize
    }

    fn holds(&self, stream: &Stream, onset: &Onset) -> bool {
        let first = onset.sample.checked_sub(self.before);
        first.is_some_and(|first| stream.samples().epoch(first, self.len()).is_ok())
    }
}

/// The stretch without a gap in which a sample lies.
fn segment(stream: &Stream, sample: u64) -> Option<Segment> {
    let segments = stream.samples().segments();
    let place = segments.partition_point(|segment| segment.end() <= sample);
    segments.get(place).copied().filter(|segment| segment.first <= sample)
}

fn arrays(
    archive: &mut Archive,
    stream: &Stream,
    codebook: Option<&Codebook>,
    cut: &Cut,
    onsets: &[&Onset],
) -> std::io::Result<()> {
    let (trials, channels) = (onsets.len(), stream.channels().len());
    let shape = format!("({trials}, {channels}, {},)", cut.len());
    let bytes =
        [trials, channels, cut.len(), 4].into_iter().fold(1_u64, |n, m| n.saturating_mul(m as u64));
    archive.array("X", "<f4", &shape, bytes, &mut |out| {
        for onset in onsets {
            let first = onset.sample.saturating_sub(cut.before);
            let Ok(epoch) = stream.samples().epoch(first, cut.len()) else { continue };
            for row in epoch.rows() {
                let bytes: Vec<u8> = row.iter().flat_map(|sample| sample.to_le_bytes()).collect();
                out(&bytes)?;
            }
        }
        Ok(())
    })?;
    let whole: Vec<i64> = onsets.iter().map(|onset| i64::from(onset.code)).collect();
    archive.integers("y", &format!("({trials},)"), &whole)?;
    let labels: Vec<&str> = onsets.iter().map(|onset| onset.label.as_str()).collect();
    archive.texts("label", &labels)?;
    let names: Vec<&str> = stream.channels().iter().map(|c| c.label.as_str()).collect();
    archive.texts("ch", &names)?;
    let units: Vec<&str> = stream.channels().iter().map(|c| c.unit.as_str()).collect();
    archive.texts("unit", &units)?;
    archive.floats("fs", "()", &[stream.rate_hz()])?;
    archive.integers("onset_sample", "()", &[cut.before as i64])?;
    if cut.is_stated {
        archive.floats("stim_dur_s", "()", &[cut.after as f64 / stream.rate_hz()])?;
    }
    let times: Vec<f64> = onsets.iter().map(|onset| onset.onset_s).collect();
    archive.floats("onset_s", &format!("({trials},)"), &times)?;
    match codebook {
        Some(codebook) => targets(archive, codebook, onsets),
        None => Ok(()),
    }
}

/// What the targets show, as far as all of them show the same kind of thing.
fn targets(archive: &mut Archive, codebook: &Codebook, onsets: &[&Onset]) -> std::io::Result<()> {
    let shape = format!("({},)", onsets.len());
    if codebook.frequencies_hz().is_some() {
        let of = |value: fn(&Modulation) -> Option<f64>| -> Vec<f64> {
            let target = |onset: &&Onset| codebook.targets().get(onset.target?);
            let number = |onset| target(onset).and_then(|target| value(&target.modulation));
            onsets.iter().map(|onset| number(onset).unwrap_or(0.0)).collect()
        };
        archive.floats("freq_hz", &shape, &of(Modulation::frequency_hz))?;
        return archive.floats("phase_rad", &shape, &of(Modulation::phase_rad));
    }
    let codes = codebook.targets().iter().map(|target| match &target.modulation {
        Modulation::Code { bits, bit_rate_hz } => Some((bits.as_slice(), *bit_rate_hz)),
        _ => None,
    });
    let Some(codes) = codes.collect::<Option<Vec<_>>>() else { return Ok(()) };
    let Some(&(first, rate_hz)) = codes.first() else { return Ok(()) };
    let is_even = codes.iter().all(|(bits, rate)| bits.len() == first.len() && *rate == rate_hz);
    if is_even {
        let shape = format!("({}, {},)", codes.len(), first.len());
        let bytes: Vec<u8> =
            codes.iter().flat_map(|(bits, _)| bits.iter().map(|&bit| u8::from(bit))).collect();
        archive.array("codes", "|u1", &shape, bytes.len() as u64, &mut |out| out(&bytes))?;
        archive.floats("bit_rate_hz", "()", &[rate_hz])?;
    }
    Ok(())
}

/// An archive that is being written.
struct Archive {
    part: Part,
    /// Bytes written so far.
    at: u64,
    entries: Vec<Entry>,
}

struct Entry {
    name: String,
    crc: u32,
    len: u64,
    offset: u64,
}

/// Takes bytes of an array.
type Out<'a> = &'a mut dyn FnMut(&[u8]) -> std::io::Result<()>;

impl Archive {
    fn floats(&mut self, name: &str, shape: &str, values: &[f64]) -> std::io::Result<()> {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.array(name, "<f8", shape, bytes.len() as u64, &mut |out| out(&bytes))
    }

    fn integers(&mut self, name: &str, shape: &str, values: &[i64]) -> std::io::Result<()> {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.array(name, "<i8", shape, bytes.len() as u64, &mut |out| out(&bytes))
    }

    fn texts(&mut self, name: &str, texts: &[&str]) -> std::io::Result<()> {
        let len = texts.iter().map(|text| text.chars().count()).max().unwrap_or(0).max(1);
        let mut bytes = Vec::with_capacity(texts.len() * len * 4);
        for text in texts {
            let characters = text.chars().map(u32::from).chain(std::iter::repeat(0)).take(len);
            bytes.extend(characters.flat_map(u32::to_le_bytes));
        }
        let (descr, shape) = (format!("<U{len}"), format!("({},)", texts.len()));
        self.array(name, &descr, &shape, bytes.len() as u64, &mut |out| out(&bytes))
    }

    /// Writes an array of `len` bytes, which `fill` gives. It is run twice: the check sum comes first
    /// in the file.
    fn array(
        &mut self,
        name: &str,
        descr: &str,
        shape: &str,
        len: u64,
        fill: &mut dyn FnMut(Out<'_>) -> std::io::Result<()>,
    ) -> std::io::Result<()> {
        let dictionary =
            format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
        // The data start at a multiple of 64 bytes.
        let padded = (10 + dictionary.len() + 1).next_multiple_of(64) - 11;
        let mut header = b"\x93NUMPY\x01\x00".to_vec();
        header.extend(((padded + 1) as u16).to_le_bytes());
        header.extend(format!("{dictionary:padded$}\n").into_bytes());
        let mut crc = Crc::new();
        crc.update(&header);
        fill(&mut |bytes| {
            crc.update(bytes);
            Ok(())
        })?;
        let len = header.len() as u64 + len;
        let entry = Entry { name: format!("{name}.npy"), crc: crc.sum(), len, offset: self.at };
        let mut local = b"PK\x03\x04".to_vec();
        local.extend(entry.fields());
        local.extend(20_u16.to_le_bytes());
        local.extend(entry.name.as_bytes());
        local.extend(entry.wide(2));
        self.part.write_all(&local)?;
        self.part.write_all(&header)?;
        let part = &mut self.part;
        fill(&mut |bytes| part.write_all(bytes))?;
        self.at += local.len() as u64 + len;
        self.entries.push(entry);
        Ok(())
    }

    /// Writes the directory.
    fn finish(&mut self) -> std::io::Result<()> {
        let mut bytes = Vec::new();
        for entry in &self.entries {
            bytes.extend(b"PK\x01\x02");
            bytes.extend(45_u16.to_le_bytes());
            bytes.extend(entry.fields());
            bytes.extend(28_u16.to_le_bytes());
            // No comment, on the first disk, no attributes; the offset is a wide number.
            bytes.extend([0; 10]);
            bytes.extend(u32::MAX.to_le_bytes());
            bytes.extend(entry.name.as_bytes());
            bytes.extend(entry.wide(3));
        }
        let (count, len, offset) = (self.entries.len() as u64, bytes.len() as u64, self.at);
        bytes.extend(b"PK\x06\x06");
        bytes.extend(44_u64.to_le_bytes());
        bytes.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend([count, count, len, offset].into_iter().flat_map(u64::to_le_bytes));
        bytes.extend(b"PK\x06\x07\0\0\0\0");
        bytes.extend((offset + len).to_le_bytes());
        bytes.extend(1_u32.to_le_bytes());
        bytes.extend(b"PK\x05\x06\0\0\0\0");
        bytes.extend([(count as u16).to_le_bytes(), (count as u16).to_le_bytes()].concat());
        bytes.extend([0xff; 8]);
        bytes.extend([0, 0]);
        self.part.write_all(&bytes)
    }
}

impl Entry {
    /// What both headers have: version, flags, method, time, check sum, lengths, length of the name.
    /// Lengths are wide numbers, whatever they are, so that there is but one way.
    fn fields(&self) -> Vec<u8> {
        let mut bytes = vec![45, 0, 0, 0, 0, 0];
        // 1980-01-01, the first day that there is.
        bytes.extend([0, 0, 0x21, 0]);
        bytes.extend(self.crc.to_le_bytes());
        bytes.extend([0xff; 8]);
        bytes.extend((self.name.len() as u16).to_le_bytes());
        bytes
    }

    /// The first `count` of length, length and offset.
    fn wide(&self, count: usize) -> Vec<u8> {
        let mut bytes = vec![1, 0];
        bytes.extend((8 * count as u16).to_le_bytes());
        let numbers = [self.len, self.len, self.offset];
        bytes.extend(numbers.into_iter().take(count).flat_map(u64::to_le_bytes));
        bytes
    }
}
