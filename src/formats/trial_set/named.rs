//! Arrays that say by their names what they are.
//!
//! | what | names (case matters not) |
//! |---|---|
//! | samples | `X`, `D`, `data`, `eeg`, `epochs`, `signal`, `signals`; else the only large array |
//! | rate | `fs`, `srate`, `sfreq`, `rate`, `rate_hz`, `sampling_rate`, `samplingrate`, `sample_rate` |
//! | labels, one a trial | `y`, `label`, `labels`, `target`, `targets`, `class`, `classes` |
//! | frequencies, one a trial or a label | `freq_hz`, `freq`, `freqs`, `frequency`, `frequencies` |
//! | phases, one a trial or a label | `phase_rad`, `phases`, `phase` |
//! | codes, one a label | `V`, `codes` \[targets, samples\] of 0 and 1 |
//! | bits a second, where the codes are bits and not samples | `bit_rate_hz` |
//! | units of the channels | `unit`, `units` |
//! | names of the channels | `ch`, `channels`, `ch_names`, `channel_names`, `chan`, `chans` |
//! | sessions, one a trial | `session`, `sessions`: where there are several, each starts with an event `session …` |
//! | onset in a trial | `onset_sample`, `onset` |
//! | length of the stimulus | `stim_dur_s`, `duration_s` |
//! | counts to microvolts, \[trials, channels\] | `lsb_uV`, `offset_uV` (of the lowest 16-bit count) |
//!
//! Of three dimensions, trials are the one that is as long as the labels, channels the one that is
//! as long as their names, or the shorter of the two that remain; time is the last one left.

use super::{TrialSet, check_rate, numbered, sinusoids};
use crate::formats::array::{Array, Number};
use crate::formats::{FormatError, Options, Warning};
use crate::signal::{Channel, Recording, Samples, Stream, Unit};
use crate::stimulus::{Bits, Codebook, Modulation, Target};

const DATA: &[&str] = &["x", "d", "data", "eeg", "epochs", "signal", "signals"];
const RATE: &[&str] =
    &["fs", "srate", "sfreq", "rate", "rate_hz", "sampling_rate", "samplingrate", "sample_rate"];
const LABELS: &[&str] = &["y", "label", "labels", "target", "targets", "class", "classes"];
const FREQUENCIES: &[&str] = &["freq_hz", "freq", "freqs", "frequency", "frequencies"];
const PHASES: &[&str] = &["phase_rad", "phases", "phase"];
const CODES: &[&str] = &["v", "codes"];
const CHANNELS: &[&str] = &["ch", "channels", "ch_names", "channel_names", "chan", "chans"];
const SESSIONS: &[&str] = &["session", "sessions"];
const ONSET: &[&str] = &["onset_sample", "onset"];
const DURATION: &[&str] = &["stim_dur_s", "duration_s"];

/// Samples that are all below this are volts: a hundredth of a microvolt is no EEG.
const VOLTS: f64 = 0.01;
/// Letters of a name that are shown.
const MOST_LETTERS: usize = 40;
/// Values that are looked at to tell.
const LOOKED_AT: usize = 1 << 16;

/// A named array or list of texts.
#[derive(Debug, Clone)]
pub(in crate::formats) struct Named {
    pub name: String,
    pub content: Content,
}

/// What stands behind a name.
#[derive(Debug, Clone)]
pub(in crate::formats) enum Content {
    Numbers(Array),
    Texts(Vec<String>),
}

type Laid = (Recording, Option<Codebook>);

/// The recording that the arrays of a file make up.
pub(in crate::formats) fn read(
    format: &'static str,
    named: &[Named],
    options: &mut Options<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<Laid, FormatError> {
    let set = Set { format, named };
    let data = set.data()?;
    let rate_hz = match options.rate_hz.or_else(|| set.scalar(RATE)) {
        Some(rate_hz) => check_rate(rate_hz)?,
        None => {
            return Err(
                set.refused("no sampling rate", "fs, srate or sfreq in the file, or --rate 256")
            );
        }
    };
    match data.shape().len() {
        2 => set.continuous(data, rate_hz, options, warnings),
        3 => set.trials(data, rate_hz, options, warnings),
        _ => Err(set.refused(
            &format!("samples of shape {}", data.shape_text()),
            "channels × samples, or trials × channels × samples",
        )),
    }
}

struct Set<'a> {
    format: &'static str,
    named: &'a [Named],
}

impl Set<'_> {
    fn refused(&self, found: &str, expected: &str) -> FormatError {
        let list = |named: &Named| {
            // Nobody checks names before they are stored.
            let name: String =
                named.name.chars().take(MOST_LETTERS).flat_map(char::escape_debug).collect();
            match &named.content {
                Content::Numbers(array) => format!("{name} {}", array.shape_text()),
                Content::Texts(texts) => format!("{name} ({} texts)", texts.len()),
            }
        };
        let listed: Vec<String> = self.named.iter().take(20).map(list).collect();
        FormatError::Malformed {
            format: self.format,
            offset: 0,
            found: format!("{found} in {}", listed.join(", ")),
            expected: expected.to_owned(),
        }
    }

    fn find(&self, names: &[&str]) -> Option<&Content> {
        let named =
            |wanted: &&str| self.named.iter().find(|named| named.name.eq_ignore_ascii_case(wanted));
        names.iter().find_map(named).map(|named| &named.content)
    }

    fn array(&self, names: &[&str]) -> Option<&Array> {
        match self.find(names)? {
            Content::Numbers(array) => Some(array),
            Content::Texts(_) => None,
        }
    }

    fn scalar(&self, names: &[&str]) -> Option<f64> {
        self.array(names)?.scalar()
    }

    fn texts(&self, names: &[&str]) -> Vec<String> {
        match self.find(names) {
            Some(Content::Texts(texts)) => texts.clone(),
            _ => Vec::new(),
        }
    }

    /// The samples: by name, else the only array with most of the numbers.
    fn data(&self) -> Result<&Array, FormatError> {
        let is_data = |array: &&Array| array.shape().len() >= 2 && array.len() > 1;
        if let Some(array) = self.array(DATA).filter(is_data) {
            return Ok(array);
        }
        let arrays = || {
            self.named.iter().filter_map(|named| match &named.content {
                Content::Numbers(array) => Some(array),
                Content::Texts(_) => None,
            })
        };
        let total: usize = arrays().map(Array::len).sum();
        let largest = arrays().filter(is_data).max_by_key(|array| array.len());
        largest.filter(|array| array.len() > total - array.len()).ok_or_else(|| {
            self.refused("no array that is the samples", "one that is called X, data or eeg")
        })
    }

    /// What brings numbers to microvolts, where nobody says.
    fn factor(&self, data: &Array, warnings: &mut Vec<Warning>) -> f64 {
        if self.find(&["unit", "units"]).is_some() {
            return 1.0;
        }
        let step = (data.len() / LOOKED_AT).max(1);
        let mut row = [0.0];
        let mut highest = 0.0_f64;
        let axis = data.shape().len() - 1;
        for place in (0..data.len()).step_by(step) {
            let mut rest = place;
            let index: Vec<usize> = data
                .shape()
                .iter()
                .map(|&size| {
                    let index = rest % size;
                    rest /= size;
                    index
                })
                .collect();
            data.line(axis, &index, (1.0, 0.0), &mut row);
            if row[0].is_finite() {
                highest = highest.max(f64::from(row[0].abs()));
            }
        }
        let volts = !data.number().is_integer() && highest > 0.0 && highest < VOLTS;
        let taken = if volts { "volts, as all are below 0.01" } else { "microvolts" };
        warnings.push(Warning::new(
            "samples",
            format!("their unit is not in the file; taken for {taken}"),
        ));
        if volts { 1e6 } else { 1.0 }
    }

    fn channels(&self, count: usize, warnings: &mut Vec<Warning>) -> Vec<Channel> {
        let names = self.texts(CHANNELS);
        if names.len() == count {
            let units = self.texts(&["unit", "units"]);
            let unit =
                |row: usize| units.get(row).map_or(Unit::Microvolt, |unit| unit.clone().into());
            let channel = |(row, name)| Channel { unit: unit(row), ..Channel::microvolts(name) };
            return names.into_iter().enumerate().map(channel).collect();
        }
        let message = format!("{} names for {count} channels; they are numbered", names.len());
        warnings.push(Warning::new("channels", message));
        numbered(count)
    }

    fn continuous(
        &self,
        data: &Array,
        rate_hz: f64,
        options: &mut Options<'_>,
        warnings: &mut Vec<Warning>,
    ) -> Result<Laid, FormatError> {
        let time = self.time(data)?;
        let (len, count) = (data.shape()[time], data.shape()[1 - time]);
        let factor = self.factor(data, warnings);
        let channels = self.channels(count, warnings);
        let wanted = options.wanted(&channels)?;
        let rows: Vec<usize> = (0..count).filter(|&row| wanted[row]).collect();
        let mut samples = Samples::new(rows.len());
        samples.append_rows(0, len, |row, out| {
            let mut from = [0, 0];
            from[1 - time] = rows[row];
            data.line(time, &from, (factor, 0.0), out);
        })?;
        let channels = rows.iter().map(|&row| channels[row].clone()).collect();
        let stream = Stream::new("EEG", rate_hz, channels, samples)?;
        Ok((Recording::new(vec![stream], Vec::new()), None))
    }

    /// Which of two dimensions is time: that which is not as long as the list of channels, else the
    /// longer one.
    fn time(&self, data: &Array) -> Result<usize, FormatError> {
        let [rows, columns] = [data.shape()[0], data.shape()[1]];
        let names = self.texts(CHANNELS).len();
        match (rows == names, columns == names) {
            (true, false) => Ok(1),
            (false, true) => Ok(0),
            _ if rows == columns => Err(self.refused(
                &format!("as many rows as columns in {}", data.shape_text()),
                "more samples than channels, or names of the channels in ch",
            )),
            _ => Ok(usize::from(columns > rows)),
        }
    }

    fn trials(
        &self,
        data: &Array,
        rate_hz: f64,
        options: &mut Options<'_>,
        warnings: &mut Vec<Warning>,
    ) -> Result<Laid, FormatError> {
        let [trial_axis, channel_axis, time_axis] = self.axes(data);
        let shape = data.shape();
        let (trials, count, trial_len) = (shape[trial_axis], shape[channel_axis], shape[time_axis]);
        let onset = self.scalar(ONSET).filter(|&onset| onset >= 0.0).unwrap_or(0.0) as usize;
        let shown = self.shown(trials, rate_hz, warnings);
        let set = TrialSet {
            rate_hz,
            trial_len,
            onset: onset.min(trial_len.saturating_sub(1)),
            duration_s: self.scalar(DURATION).filter(|&seconds| seconds >= 0.0),
            channels: self.channels(count, warnings),
            sessions: self.sessions(trials),
            ..shown
        };
        let counts = self.array(&["lsb_uv"]).zip(self.array(&["offset_uv"]));
        let counts = counts.filter(|_| data.number() == Number::I16);
        let factor = if counts.is_some() { 1.0 } else { self.factor(data, warnings) };
        set.lay_out(options, |trial, channel, out| {
            let mut from = [0; 3];
            (from[trial_axis], from[channel_axis]) = (trial, channel);
            let scale = match counts {
                // The offset is that of the lowest count.
                Some((lsb, offset)) => {
                    let lsb = lsb.at(&[trial, channel]);
                    (lsb, 32768.0 * lsb + offset.at(&[trial, channel]))
                }
                None => (factor, 0.0),
            };
            data.line(time_axis, &from, scale, out);
        })
    }

    /// The session of each trial, where there is one for each.
    fn sessions(&self, trials: usize) -> Vec<String> {
        let names: Vec<String> = match self.find(SESSIONS) {
            Some(Content::Texts(texts)) => texts.clone(),
            Some(Content::Numbers(array)) if array.len() == trials => {
                array.numbers().iter().map(f64::to_string).collect()
            }
            _ => Vec::new(),
        };
        if names.len() == trials { names } else { Vec::new() }
    }

    /// Which dimension counts trials, channels, samples.
    fn axes(&self, data: &Array) -> [usize; 3] {
        let shape = data.shape();
        let per_trial =
            [LABELS, FREQUENCIES].iter().filter_map(|names| match self.find(names)? {
                Content::Numbers(array) => Some(array.len()),
                Content::Texts(texts) => Some(texts.len()),
            });
        let lengths: Vec<usize> = per_trial.collect();
        let names = self.texts(CHANNELS).len();
        let trial = (0..3).find(|&axis| lengths.contains(&shape[axis])).unwrap_or(0);
        let rest: Vec<usize> = (0..3).filter(|&axis| axis != trial).collect();
        let (a, b) = (rest[0], rest[1]);
        let a_is_channels = match (shape[a] == names, shape[b] == names) {
            (true, false) => true,
            (false, true) => false,
            _ => shape[a] <= shape[b],
        };
        if a_is_channels { [trial, a, b] } else { [trial, b, a] }
    }

    /// Labels and targets.
    fn shown(&self, trials: usize, rate_hz: f64, warnings: &mut Vec<Warning>) -> TrialSet {
        let frequencies = self.array(FREQUENCIES).map(Array::numbers).unwrap_or_default();
        if frequencies.len() == trials {
            let phases = self.array(PHASES).map(Array::numbers).unwrap_or_default();
            return by_frequency(&frequencies, &phases, self.texts(&["label", "labels"]));
        }
        let (labels, names) = self.labels(trials);
        let count = labels.iter().flatten().max().map_or(0, |most| most + 1);
        let mut set = TrialSet { labels, names, ..TrialSet::default() };
        if let Some(codes) = self.array(CODES).filter(|codes| codes.shape().len() == 2) {
            set.targets = coded(codes, rate_hz, self.scalar(&["bit_rate_hz"]));
        } else if frequencies.len() >= count && count > 0 {
            let phases = self.array(PHASES).map(Array::numbers).unwrap_or_default();
            set.targets = sinusoids(&frequencies, &phases);
        }
        if set.labels.is_empty() {
            let there = [LABELS, FREQUENCIES].iter().any(|names| self.find(names).is_some());
            let message = match there {
                true => {
                    format!(
                        "labels are not one each for {trials} trials, or no whole numbers from 0; left out"
                    )
                }
                false => "there are no labels, so nobody knows what was shown".to_owned(),
            };
            warnings.push(Warning::new("trials", message));
            set.labels = vec![None; trials];
        } else if set.targets.is_empty() {
            let message =
                "there are labels, but no frequencies or codes: say with --targets what was shown";
            warnings.push(Warning::new("targets", message));
        }
        set
    }

    /// The place of each trial's target, and what the targets are called.
    fn labels(&self, trials: usize) -> (Vec<Option<usize>>, Vec<String>) {
        let texts = match self.find(LABELS) {
            Some(Content::Texts(texts)) => texts.clone(),
            Some(Content::Numbers(array)) => {
                return numbered_labels(&array.numbers(), trials, self.array(CODES));
            }
            None => Vec::new(),
        };
        if texts.len() != trials {
            return (Vec::new(), Vec::new());
        }
        let mut names = texts.clone();
        names.sort();
        names.dedup();
        let place = |text: &String| names.iter().position(|name| name == text);
        (texts.iter().map(place).collect(), names)
    }
}

/// Targets from 0 or from 1, whichever all labels allow.
fn numbered_labels(
    labels: &[f64],
    trials: usize,
    codes: Option<&Array>,
) -> (Vec<Option<usize>>, Vec<String>) {
    let is_label = |label: &f64| (0.0..=4096.0).contains(label) && label.fract() == 0.0;
    if labels.len() != trials || !labels.iter().all(|label| label.is_finite()) {
        return (Vec::new(), Vec::new());
    }
    if !labels.iter().all(is_label) {
        // Codes of events, say: the targets in their order.
        let mut distinct = labels.to_vec();
        distinct.sort_by(f64::total_cmp);
        distinct.dedup();
        let place = |label: &f64| distinct.iter().position(|own| own == label);
        let names = distinct.iter().map(f64::to_string).collect();
        return (labels.iter().map(place).collect(), names);
    }
    let lowest = labels.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = labels.iter().copied().fold(0.0, f64::max);
    let targets = codes.and_then(|codes| codes.shape().first().copied());
    // Where there are as many codes as the highest label says, the first is 1.
    let base = if lowest >= 1.0 && targets.is_none_or(|targets| highest as usize >= targets) {
        1.0
    } else {
        0.0
    };
    let places = labels.iter().map(|label| Some((label - base) as usize)).collect();
    let names = (0..=(highest - base) as usize).map(|place| format!("{}", place as f64 + base));
    (places, names.collect())
}

/// A target for each frequency above 0; trials at 0 Hz show none.
fn by_frequency(frequencies: &[f64], phases: &[f64], texts: Vec<String>) -> TrialSet {
    let phase =
        |trial: usize| phases.get(trial).copied().filter(|rad| rad.is_finite()).unwrap_or(0.0);
    let shown: Vec<(f64, f64)> =
        frequencies.iter().enumerate().map(|(trial, &hz)| (hz, phase(trial))).collect();
    let mut distinct: Vec<(f64, f64)> =
        shown.iter().copied().filter(|(hz, _)| hz.is_finite() && *hz > 0.0).collect();
    distinct.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    distinct.dedup();
    let place = |own: &(f64, f64)| distinct.iter().position(|target| target == own);
    let (hz, rad): (Vec<f64>, Vec<f64>) = distinct.iter().copied().unzip();
    TrialSet {
        labels: shown.iter().map(place).collect(),
        targets: sinusoids(&hz, &rad),
        texts,
        ..TrialSet::default()
    }
}

/// A target for each row of zeros and ones, its bits as long as the rows allow.
fn coded(codes: &Array, rate_hz: f64, bit_rate_hz: Option<f64>) -> Vec<Target> {
    let (rows, len) = (codes.shape()[0], codes.shape()[1]);
    let row = |row: usize| -> Vec<bool> { (0..len).map(|k| codes.at(&[row, k]) > 0.5).collect() };
    let table: Vec<Vec<bool>> = (0..rows.min(4096)).map(row).collect();
    let runs = table.iter().flat_map(|row| row.chunk_by(|a, b| a == b)).map(<[bool]>::len);
    let bit = if bit_rate_hz.is_some() { 1 } else { runs.fold(0, common_divisor).max(1) };
    let bit_rate_hz = bit_rate_hz.unwrap_or(rate_hz / bit as f64);
    let target = |(place, row): (usize, &Vec<bool>)| Target {
        label: (place + 1).to_string(),
        event: None,
        modulation: Modulation::Code {
            bits: Bits::new(row.iter().copied().step_by(bit).collect()),
            bit_rate_hz,
        },
    };
    table.iter().enumerate().map(target).collect()
}

fn common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { common_divisor(b, a % b) }
}
