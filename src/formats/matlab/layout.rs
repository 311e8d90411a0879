//! The layouts that recordings have in MATLAB files.

use std::f64::consts::PI;

use super::NAME;
use super::value::Value;
use super::variables::{Variable, Variables};
use crate::formats::array::Array;
use crate::formats::reader::Source;
use crate::formats::trial_set::named::{self, Content, Named};
use crate::formats::trial_set::{TrialSet, check_rate, numbered, sinusoids};
use crate::formats::{Format, FormatError, Opened, Options, Warning, unit};
use crate::signal::{Channel, Event, Recording, Samples, Stream};
use crate::stimulus::Codebook;

/// Electrodes of Benchmark and BETA, in the order of their cap.
const CAP_64: &str = "FP1 FPZ FP2 AF3 AF4 F7 F5 F3 F1 FZ F2 F4 F6 F8 FT7 FC5 FC3 FC1 FCZ FC2 FC4 FC6 \
     FT8 T7 C5 C3 C1 CZ C2 C4 C6 T8 M1 TP7 CP5 CP3 CP1 CPZ CP2 CP4 CP6 TP8 M2 P7 P5 P3 P1 PZ P2 P4 \
     P6 P8 PO7 PO5 PO3 POZ PO4 PO6 PO8 CB1 O1 OZ O2 CB2";
/// Before and after the stimulus in both.
const BENCHMARK_REST_S: f64 = 0.5;
const BENCHMARK_RATE_HZ: f64 = 250.0;
const BENCHMARK_REFRESH_HZ: f64 = 60.0;

/// 12JFPM (Nakanishi et al. 2015): the frequencies in the order of the file.
const JFPM_12_HZ: [f64; 12] =
    [9.25, 11.25, 13.25, 9.75, 11.75, 13.75, 10.25, 12.25, 14.25, 10.75, 12.75, 14.75];
const JFPM_12_RATE_HZ: f64 = 256.0;
/// The 39th sample.
const JFPM_12_ONSET: usize = 38;
const JFPM_12_STIMULUS_S: f64 = 4.0;

/// MAMEM's SSVEP experiments (Oikonomou et al. 2016): the frequencies, and the event of the first.
const MAMEM_HZ: [f64; 5] = [12.0, 10.0, 60.0 / 7.0, 7.5, 60.0 / 9.0];
const MAMEM_EVENT: u32 = 33025;

type Laid = (Recording, Option<Codebook>);

pub(super) fn read(
    source: &mut Source<'_>,
    mut variables: Variables,
    mut options: Options<'_>,
) -> Result<Opened, FormatError> {
    let mut warnings = std::mem::take(&mut variables.warnings);
    let file = File { variables };
    let (recording, codebook) = file.lay_out(source, &mut options, &mut warnings)?;
    Ok(Opened { recording, codebook, format: Format::Matlab, warnings })
}

struct File {
    variables: Variables,
}

impl File {
    fn lay_out(
        &self,
        source: &mut Source<'_>,
        options: &mut Options<'_>,
        warnings: &mut Vec<Warning>,
    ) -> Result<Laid, FormatError> {
        let shape = |name: &str| self.variables.named(name).map(|v| v.heading.shape.as_slice());
        match (shape("eeg"), shape("events")) {
            (Some([_, _]), Some([_, columns])) if *columns >= 3 => {
                return self.mamem(source, options, warnings);
            }
            (Some([12, 8, _, _]), _) => return self.jfpm_12(source, options, warnings),
            _ => {}
        }
        match self.variables.named("data").map(|v| (v.heading.class, v.heading.shape.as_slice())) {
            Some((2, [1, 1])) => {
                let data = self.value(source, "data")?;
                if data.field("EEG").and_then(Value::array).is_some_and(|a| a.shape().len() == 4) {
                    return beta(&data, options, warnings);
                }
            }
            Some((6..=15, [_, _, 40, _])) => return self.benchmark(source, options, warnings),
            _ => {}
        }
        if shape("EEG").is_some() || shape("srate").is_some() && shape("chanlocs").is_some() {
            let eeg = self.eeglab(source)?;
            if eeg.field("data").and_then(Value::array).is_some() {
                return eeglab(&eeg, options, warnings);
            }
        }
        let named = self.named(source, warnings)?;
        named::read(NAME, &named, options, warnings)
    }

    fn value(&self, source: &mut Source<'_>, name: &str) -> Result<Value, FormatError> {
        match self.variables.named(name) {
            Some(variable) => self.variables.load(source, variable),
            None => Err(refused(format!("no variable {name}"), "it")),
        }
    }

    fn array(&self, source: &mut Source<'_>, name: &str) -> Result<Array, FormatError> {
        match self.value(source, name)? {
            Value::Numbers(array) => Ok(array),
            other => Err(refused(format!("{name} is {}", other.describe()), "numbers")),
        }
    }

    /// A session of the MAMEM SSVEP data as it was recorded.
    fn mamem(
        &self,
        source: &mut Source<'_>,
        options: &mut Options<'_>,
        warnings: &mut Vec<Warning>,
    ) -> Result<Laid, FormatError> {
        let eeg = self.array(source, "eeg")?;
        let events = self.array(source, "events")?;
        let info = match self.variables.named("info") {
            Some(variable) => self.variables.load(source, variable)?,
            None => Value::Other("nothing"),
        };
        let (count, len) = (eeg.shape()[0], eeg.shape()[1]);
        let first =
            |name: &str| info.field(name).and_then(Value::array).map(|array| array.numbers());
        let samples = first("samples").and_then(|numbers| numbers.first().copied());
        let duration_s = first("duration").and_then(|numbers| numbers.first().copied());
        let own = samples.zip(duration_s).map(|(samples, seconds)| samples / seconds);
        let rate_hz = match options.rate_hz.or(own) {
            Some(rate_hz) => check_rate(rate_hz)?,
            None => {
                return Err(refused("no rate in info".to_owned(), "info.samples, or --rate 128"));
            }
        };
        let texts = |name: &str| info.field(name).map(Value::texts).unwrap_or_default();
        let (labels, units) = (texts("label"), texts("units"));
        let mut channels = numbered(count);
        let mut factors = vec![1.0; count];
        for (row, channel) in channels.iter_mut().enumerate() {
            if let Some(label) = labels.get(row).filter(|label| !label.is_empty()) {
                channel.label.clone_from(label);
            }
            let Some(text) = units.get(row) else { continue };
            let scale = unit::from_text(text);
            (channel.unit, factors[row]) = (scale.unit, scale.factor);
        }
        if labels.len() != count {
            let message = format!("{} labels for {count} channels", labels.len());
            warnings.push(Warning::new("info", message));
        }
        let wanted = options.wanted(&channels)?;
        let stream = |name: &str, rows: Vec<usize>| {
            let mut samples = Samples::new(rows.len());
            samples.append_rows(0, len, |row, out| {
                eeg.line(1, &[rows[row], 0], (factors[rows[row]], 0.0), out);
            })?;
            let channels = rows.iter().map(|&row| channels[row].clone()).collect();
            Stream::new(name, rate_hz, channels, samples)
        };
        // What the device says of itself is no electrode.
        let is_status = |row: &usize| channels[*row].label.eq_ignore_ascii_case("status");
        let rows = (0..count).filter(|&row| wanted[row]);
        let (status, electrodes): (Vec<usize>, Vec<usize>) = rows.partition(is_status);
        let mut streams = Vec::new();
        for (name, rows) in [("EEG", electrodes), ("Status", status)] {
            if !rows.is_empty() {
                streams.push(stream(name, rows)?);
            }
        }
        let event = |row: usize| {
            let (code, sample) = (events.at(&[row, 1]), events.at(&[row, 2]));
            let whole =
                (0.0..=f64::from(u32::MAX)).contains(&code) && (1.0..=len as f64).contains(&sample);
            whole.then(|| Event::at(sample as u64 - 1, code as u32, ""))
        };
        let found: Vec<Event> = (0..events.shape()[0]).filter_map(event).collect();
        if found.len() < events.shape()[0] {
            let message = format!("{} rows make no sense", events.shape()[0] - found.len());
            warnings.push(Warning::new("events", message));
        }
        let named = |field: &str, name: &str| {
            let text = texts(field).first()?.trim().to_owned();
            (!text.is_empty()).then(|| (name.to_owned(), text))
        };
        let metadata = [
            named("patientID", "patient"),
            named("recordID", "recording"),
            named("startdate", "start_date"),
        ];
        let mut targets = sinusoids(&MAMEM_HZ, &[]);
        for (target, event) in targets.iter_mut().zip(MAMEM_EVENT..) {
            target.event = Some(event.to_string());
        }
        let shown = found.iter().any(|event| (MAMEM_EVENT..MAMEM_EVENT + 5).contains(&event.code));
        let codebook = Codebook::new(targets).ok().filter(|_| shown);
        if shown {
            let message = "taken for the SSVEP data of MAMEM by their names: targets as published";
            warnings.push(Warning::new("layout", message));
        }
        let recording =
            Recording::new(streams, found).with_metadata(metadata.into_iter().flatten().collect());
        Ok((recording, codebook))
    }

    /// The Tsinghua Benchmark: channels × samples × targets × blocks.
    fn benchmark(
        &self,
        source: &mut Source<'_>,
        options: &mut Options<'_>,
        warnings: &mut Vec<Warning>,
    ) -> Result<Laid, FormatError> {
        let data = self.array(source, "data")?;
        let [count, len, targets, blocks] = four(&data)?;
        let rate_hz = check_rate(options.rate_hz.unwrap_or(BENCHMARK_RATE_HZ))?;
        let (frequencies, phases) =
            companion(source, targets, warnings).unwrap_or_else(benchmark_targets);
        let set = TrialSet {
            rate_hz,
            channels: cap(count, warnings),
            trial_len: len,
            onset: (BENCHMARK_REST_S * rate_hz).round() as usize,
            duration_s: Some((len as f64 / rate_hz - 2.0 * BENCHMARK_REST_S).max(0.0)),
            labels: by_block(blocks, targets),
            targets: sinusoids(&frequencies, &phases),
            refresh_hz: Some(BENCHMARK_REFRESH_HZ),
            ..TrialSet::default()
        };
        assumed("Benchmark", rate_hz, warnings);
        set.lay_out(options, |trial, channel, out| {
            let from = [channel, 0, trial % targets, trial / targets];
            data.line(1, &from, (1.0, 0.0), out);
        })
    }

    /// 12JFPM: targets × channels × samples × trials.
    fn jfpm_12(
        &self,
        source: &mut Source<'_>,
        options: &mut Options<'_>,
        warnings: &mut Vec<Warning>,
    ) -> Result<Laid, FormatError> {
        let data = self.array(source, "eeg")?;
        let [targets, count, len, blocks] = four(&data)?;
        let rate_hz = check_rate(options.rate_hz.unwrap_or(JFPM_12_RATE_HZ))?;
        let phases = JFPM_12_HZ.map(|hz| 0.5 * PI * (((hz - 9.25) / 0.5).round() % 4.0));
        let set = TrialSet {
            rate_hz,
            channels: numbered(count),
            trial_len: len,
            onset: JFPM_12_ONSET.min(len.saturating_sub(1)),
            duration_s: Some(JFPM_12_STIMULUS_S),
            labels: by_block(blocks, targets),
            targets: sinusoids(&JFPM_12_HZ, &phases),
            refresh_hz: Some(BENCHMARK_REFRESH_HZ),
            ..TrialSet::default()
        };
        assumed("12JFPM", rate_hz, warnings);
        warnings
            .push(Warning::new("channels", "their names are not in the file; they are numbered"));
        set.lay_out(options, |trial, channel, out| {
            let from = [trial % targets, channel, 0, trial / targets];
            data.line(2, &from, (1.0, 0.0), out);
        })
    }

    /// What EEGLAB keeps of a data set, in one variable or in one each.
    fn eeglab(&self, source: &mut Source<'_>) -> Result<Value, FormatError> {
        if self.variables.named("EEG").is_some() {
            return self.value(source, "EEG");
        }
        let mut fields = Vec::new();
        for name in ["data", "srate", "chanlocs", "event", "xmin"] {
            if self.variables.named(name).is_some() {
                fields.push((name.to_owned(), vec![self.value(source, name)?]));
            }
        }
        Ok(Value::Struct(fields))
    }

    /// All variables that are numbers or texts, those in a struct of one element among them.
    fn named(
        &self,
        source: &mut Source<'_>,
        warnings: &mut Vec<Warning>,
    ) -> Result<Vec<Named>, FormatError> {
        let mut named = Vec::new();
        for variable in &self.variables.list {
            let Variable { heading, .. } = variable;
            match self.variables.load(source, variable) {
                Ok(Value::Struct(fields)) => {
                    for (name, values) in fields {
                        named.extend(values.first().and_then(|value| content(name, value)));
                    }
                }
                Ok(Value::Other(class)) => {
                    let message = format!("a {class} is not read; it is left out");
                    warnings.push(Warning::new(shown(&heading.name), message));
                }
                Ok(value) => named.extend(content(heading.name.clone(), &value)),
                Err(error @ FormatError::Io(_)) => return Err(error),
                Err(error) => {
                    warnings.push(Warning::new("variables", format!("{error}; it is left out")));
                }
            }
        }
        if named.is_empty() {
            return Err(refused(
                "no variable that could be read".to_owned(),
                "an array of samples",
            ));
        }
        Ok(named)
    }
}

/// A name that a file holds, fit to be shown.
fn shown(name: &str) -> String {
    name.chars().take(40).flat_map(char::escape_debug).collect()
}

/// A BETA session: the struct `data`.
fn beta(
    data: &Value,
    options: &mut Options<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<Laid, FormatError> {
    let Some(eeg) = data.field("EEG").and_then(Value::array) else {
        return Err(refused("no data.EEG".to_owned(), "numbers"));
    };
    let [count, len, blocks, targets] = four(eeg)?;
    let info = data.field("suppl_info");
    let numbers = |name: &str| {
        let array = info.and_then(|info| info.field(name)).and_then(Value::array);
        array.map(Array::numbers).unwrap_or_default()
    };
    let own = numbers("srate").first().copied();
    let rate_hz = check_rate(options.rate_hz.or(own).unwrap_or(BENCHMARK_RATE_HZ))?;
    let (frequencies, phases) = (numbers("freqs"), numbers("phases"));
    if frequencies.len() != targets {
        let message = format!("{} frequencies for {targets} targets", frequencies.len());
        warnings.push(Warning::new("suppl_info.freqs", message));
    }
    let names = info.and_then(|info| info.field("chan")).map(channel_names).unwrap_or_default();
    let channels = match names.len() == count {
        true => names.into_iter().map(Channel::microvolts).collect(),
        false => cap(count, warnings),
    };
    let set = TrialSet {
        rate_hz,
        channels,
        trial_len: len,
        onset: (BENCHMARK_REST_S * rate_hz).round() as usize,
        duration_s: Some((len as f64 / rate_hz - 2.0 * BENCHMARK_REST_S).max(0.0)),
        labels: by_block(blocks, targets),
        targets: if frequencies.len() == targets {
            sinusoids(&frequencies, &phases)
        } else {
            Vec::new()
        },
        refresh_hz: Some(BENCHMARK_REFRESH_HZ),
        ..TrialSet::default()
    };
    assumed("BETA", rate_hz, warnings);
    set.lay_out(options, |trial, channel, out| {
        let from = [channel, 0, trial / targets, trial % targets];
        eeg.line(1, &from, (1.0, 0.0), out);
    })
}

/// Names in a list, or in the last column of a table of number, angle, radius, name.
fn channel_names(value: &Value) -> Vec<String> {
    let Value::Cells(cells) = value else { return value.texts() };
    let names: Vec<String> = cells
        .iter()
        .filter(|cell| matches!(cell, Value::Text(_)))
        .filter_map(|cell| cell.texts().into_iter().next())
        .collect();
    if names.is_empty() { value.texts() } else { names }
}

/// A data set of EEGLAB.
fn eeglab(
    eeg: &Value,
    options: &mut Options<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<Laid, FormatError> {
    let data = eeg.field("data").and_then(Value::array);
    let own = eeg.field("srate").and_then(Value::scalar);
    let (Some(data), Some(rate_hz)) = (data, options.rate_hz.or(own)) else {
        return Err(refused("an EEGLAB set without data or srate".to_owned(), "both"));
    };
    let rate_hz = check_rate(rate_hz)?;
    let (count, len) = (data.shape()[0], data.shape().get(1).copied().unwrap_or(1));
    let trials = data.shape().get(2).copied().unwrap_or(1);
    if data.shape().len() > 3 {
        return Err(refused(
            format!("EEG.data of shape {}", data.shape_text()),
            "at most three dimensions",
        ));
    }
    let names = elements(eeg.field_values("chanlocs"), "labels");
    let names: Vec<String> =
        names.iter().filter_map(|name| name.texts().into_iter().next()).collect();
    let channels = match names.len() == count {
        true => names.into_iter().map(Channel::microvolts).collect(),
        false => {
            let message = format!("{} labels for {count} channels; they are numbered", names.len());
            warnings.push(Warning::new("chanlocs", message));
            numbered(count)
        }
    };
    if trials > 1 {
        let before_s = eeg.field("xmin").and_then(Value::scalar).map_or(0.0, |xmin| -xmin);
        let onset = ((before_s * rate_hz).round().max(0.0) as usize).min(len.saturating_sub(1));
        let labels = vec![None; trials];
        let set =
            TrialSet { rate_hz, channels, trial_len: len, onset, labels, ..TrialSet::default() };
        warnings.push(Warning::new("EEG.event", "the events of cut trials are left out"));
        return set.lay_out(options, |trial, channel, out| {
            data.line(1, &[channel, 0, trial], (1.0, 0.0), out);
        });
    }
    let wanted = options.wanted(&channels)?;
    let rows: Vec<usize> = (0..count).filter(|&row| wanted[row]).collect();
    let mut samples = Samples::new(rows.len());
    samples.append_rows(0, len, |row, out| {
        let from = vec![0; data.shape().len() - 1];
        data.line(1, &[&[rows[row]], from.as_slice()].concat(), (1.0, 0.0), out);
    })?;
    let channels = rows.iter().map(|&row| channels[row].clone()).collect();
    let stream = Stream::new("EEG", rate_hz, channels, samples)?;
    let found = eeg.field_values("event");
    let (kinds, latencies) = (elements(found, "type"), elements(found, "latency"));
    let event = |(kind, latency): (&&Value, &&Value)| {
        // EEGLAB counts samples from 1.
        let position = latency.scalar().filter(|latency| *latency >= 1.0)? - 1.0;
        let text = match kind.scalar() {
            Some(number) => number.to_string(),
            None => kind.texts().into_iter().next().unwrap_or_default(),
        };
        let code = text.parse().unwrap_or(0);
        let fraction = position.fract() as f32;
        Some(Event { fraction, ..Event::at(position as u64, code, text) })
    };
    let events = kinds.iter().zip(&latencies).filter_map(event).collect();
    Ok((Recording::new(vec![stream], events), None))
}

impl Value {
    /// All fields of a struct inside of a struct of one element.
    fn field_values(&self, name: &str) -> &[(String, Vec<Value>)] {
        match self.field(name) {
            Some(Value::Struct(fields)) => fields,
            _ => &[],
        }
    }
}

/// One field of all elements of a struct.
fn elements<'a>(fields: &'a [(String, Vec<Value>)], name: &str) -> Vec<&'a Value> {
    let field = fields.iter().find(|(field, _)| field == name);
    field.map(|(_, values)| values.iter().collect()).unwrap_or_default()
}

fn content(name: String, value: &Value) -> Option<Named> {
    let content = match value {
        Value::Numbers(array) => Content::Numbers(array.clone()),
        Value::Text(_) | Value::Cells(_) => Content::Texts(value.texts()),
        Value::Struct(_) | Value::Other(_) => return None,
    };
    Some(Named { name, content })
}

/// `Freq_Phase.mat` beside the file: the frequencies and phases of its targets.
fn companion(
    source: &Source<'_>,
    targets: usize,
    warnings: &mut Vec<Warning>,
) -> Option<(Vec<f64>, Vec<f64>)> {
    let path = source.path?.with_file_name("Freq_Phase.mat");
    let mut file = std::fs::File::open(&path).ok()?;
    let len = file.metadata().ok()?.len();
    let mut beside = Source { input: &mut file, len, path: None };
    let variables = Variables::find(&mut beside).ok()?;
    let mut numbers = |name: &str| {
        let value = variables.load(&mut beside, variables.named(name)?).ok()?;
        value.array().map(Array::numbers).filter(|numbers| numbers.len() == targets)
    };
    let found = numbers("freqs").zip(numbers("phases"));
    if found.is_none() {
        let message = "freqs and phases of all targets are not in it; those of the paper are taken";
        warnings.push(Warning::new("Freq_Phase.mat", message));
    }
    found
}

/// Frequencies and phases of the Benchmark's keyboard, row by row.
fn benchmark_targets() -> (Vec<f64>, Vec<f64>) {
    let step = |target: usize| (target % 8) * 5 + target / 8;
    let hz = |target: usize| (40 + step(target)) as f64 / 5.0;
    let rad = |target: usize| 0.5 * PI * (step(target) % 4) as f64;
    ((0..40).map(hz).collect(), (0..40).map(rad).collect())
}

fn cap(count: usize, warnings: &mut Vec<Warning>) -> Vec<Channel> {
    let names: Vec<&str> = CAP_64.split_whitespace().collect();
    if names.len() == count {
        return names.into_iter().map(Channel::microvolts).collect();
    }
    let message = format!("{count} channels, not the 64 of the cap; they are numbered");
    warnings.push(Warning::new("channels", message));
    numbered(count)
}

/// Each block shows all targets in turn.
fn by_block(blocks: usize, targets: usize) -> Vec<Option<usize>> {
    (0..blocks).flat_map(|_| (0..targets).map(Some)).collect()
}

fn four(array: &Array) -> Result<[usize; 4], FormatError> {
    <[usize; 4]>::try_from(array.shape()).map_err(|_| {
        refused(format!("an array of shape {}", array.shape_text()), "four dimensions")
    })
}

fn assumed(layout: &str, rate_hz: f64, warnings: &mut Vec<Warning>) {
    let message =
        format!("taken for {layout} by its shape: {rate_hz} Hz, microvolts, targets as published");
    warnings.push(Warning::new("layout", message));
}

fn refused(found: String, expected: &str) -> FormatError {
    FormatError::Malformed { format: NAME, offset: 0, found, expected: expected.to_owned() }
}
