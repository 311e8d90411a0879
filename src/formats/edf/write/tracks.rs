//! Which streams are written, and where they lie on the common clock.

use super::super::layout::Width;
use super::super::warn;
use super::grid::Track;
use super::plan::{Plan, Wish};
use super::unwritable;
use crate::formats::{FormatError, Warning};
use crate::signal::{Event, Quantization, Recording, Segment, Stream};

/// A stream that is written.
#[derive(Debug)]
pub(super) struct Placed<'a> {
    pub stream: &'a Stream,
    /// Its place in the recording.
    pub place: usize,
    /// What is added to its positions.
    pub shift: u64,
    /// Samples a record.
    pub samples: u32,
    /// Samples a second, as a reader finds them.
    pub rate_hz: f64,
    /// Whether it is the trigger channel of a BDF file.
    pub is_status: bool,
}

/// All that is written, on one clock.
#[derive(Debug)]
pub(super) struct Timeline<'a> {
    pub placed: Vec<Placed<'a>>,
    /// Length of a record, as the header has it; zero where there are only annotations.
    pub record_text: String,
    /// The same as a number, or one second.
    pub record_s: f64,
    /// When the clock starts, in seconds of the session.
    pub origin_s: f64,
}

impl<'a> Timeline<'a> {
    pub(super) fn of(
        recording: &'a Recording,
        width: Width,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self, FormatError> {
        let streams = written(recording, width, warnings);
        let origins = streams.iter().map(|(_, stream)| stream.origin_s());
        let earliest = origins.fold(f64::INFINITY, f64::min);
        let origin_s = if earliest.is_finite() { earliest } else { 0.0 };
        if streams.is_empty() {
            let record_text = "0".to_owned();
            return Ok(Self { placed: Vec::new(), record_text, record_s: 1.0, origin_s });
        }
        let wishes: Vec<Wish> =
            streams.iter().map(|(_, stream)| wish(stream, origin_s, width)).collect();
        let Some(plan) = Plan::of(&wishes) else {
            let rates: Vec<String> =
                wishes.iter().map(|wish| format!("{} Hz", wish.rate_hz)).collect();
            let what = format!("no length of records fits {}", rates.join(", "));
            return Err(unwritable(width, what));
        };
        let mut placed = Vec::with_capacity(streams.len());
        for ((place, stream), &samples) in streams.into_iter().zip(&plan.samples) {
            let rate_hz = f64::from(samples) / plan.record_s;
            tell_rate(stream, rate_hz, warnings);
            let shift = shift(stream, origin_s, width, warnings)?;
            let is_status = is_status(stream);
            placed.push(Placed { stream, place, shift, samples, rate_hz, is_status });
        }
        tell_streams(&placed, warnings);
        let (record_text, record_s) = (plan.text, plan.record_s);
        Ok(Self { placed, record_text, record_s, origin_s })
    }

    /// Onset and duration of an event in seconds of the clock.
    pub(super) fn time(&self, recording: &Recording, event: &Event) -> (f64, f64) {
        let stream = recording.streams().get(event.stream);
        let rate_hz = stream.map_or(1.0, Stream::rate_hz);
        let own = self.placed.iter().find(|placed| placed.place == event.stream);
        let onset_s = match own {
            Some(own) => (event.position() + own.shift as f64) / own.rate_hz,
            None => recording.onset_s(event) - self.origin_s,
        };
        let duration_s = event.duration / own.map_or(rate_hz, |own| own.rate_hz);
        let finite = |seconds: f64| if seconds.is_finite() { seconds } else { 0.0 };
        (finite(onset_s), finite(duration_s))
    }
}

impl Placed<'_> {
    pub(super) fn track(&self) -> Track {
        let moved = |segment: &Segment| Segment {
            first: segment.first.saturating_add(self.shift),
            len: segment.len,
        };
        let segments = self.stream.samples().segments().iter().map(moved).collect();
        Track { segments, samples: self.samples }
    }
}

/// The streams that can be written.
fn written<'a>(
    recording: &'a Recording,
    width: Width,
    warnings: &mut Vec<Warning>,
) -> Vec<(usize, &'a Stream)> {
    let mut streams = Vec::new();
    for (place, stream) in recording.streams().iter().enumerate() {
        let name = format!("stream {:?}", stream.name());
        if stream.samples().is_empty() || stream.channels().is_empty() {
            warn(warnings, name, "it has no samples; left out");
        } else if is_status(stream) && width == Width::I16 {
            let message =
                "its 24 bits fit BDF+ only; left out (events of its trigger lines are kept)";
            warn(warnings, name, message);
        } else {
            streams.push((place, stream));
        }
    }
    streams
}

/// Whether a stream is what the reader makes of the trigger channel of a BDF file.
fn is_status(stream: &Stream) -> bool {
    let counts = Some(Quantization { bits: 24, scale: 1.0, offset: 0.0 });
    let [channel] = stream.channels() else { return false };
    let named = stream.name() == "Status" && channel.label == "Status";
    let whole = |&sample: &f32| sample.fract() == 0.0 && sample.abs() <= 8_388_608.0;
    named && channel.quantization == counts && stream.samples().channel(0).iter().all(whole)
}

/// What a stream asks of the records.
fn wish(stream: &Stream, origin_s: f64, width: Width) -> Wish {
    let shift = ((stream.origin_s() - origin_s) * stream.rate_hz()).round().max(0.0) as u64;
    let ends =
        stream.samples().segments().iter().flat_map(|segment| [segment.first, segment.end()]);
    Wish {
        rate_hz: stream.rate_hz(),
        bytes: stream.channels().len() as u64 * width.bytes(),
        divisor: ends.fold(0, |divisor, end| common(divisor, end.saturating_add(shift))),
    }
}

/// The greatest common divisor.
fn common(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { common(b, a % b) }
}

/// Samples between the start of the clock and a stream's position zero.
fn shift(
    stream: &Stream,
    origin_s: f64,
    width: Width,
    warnings: &mut Vec<Warning>,
) -> Result<u64, FormatError> {
    let exact = (stream.origin_s() - origin_s) * stream.rate_hz();
    let last = exact + stream.samples().end() as f64;
    if last.is_nan() || last > 1e15 {
        let what = format!("stream {:?} ends {last:e} samples after the first", stream.name());
        return Err(unwritable(width, what));
    }
    let shift = exact.round();
    if (exact - shift).abs() > 1e-3 {
        let message = format!(
            "it starts between two samples of the common clock; moved by {:.6} s",
            (shift - exact) / stream.rate_hz()
        );
        warn(warnings, format!("stream {:?}", stream.name()), message);
    }
    Ok(shift.max(0.0) as u64)
}

fn tell_rate(stream: &Stream, rate_hz: f64, warnings: &mut Vec<Warning>) {
    if rate_hz != stream.rate_hz() {
        let end = stream.samples().end() as f64;
        let message = format!(
            "its rate, {} Hz, is written as {rate_hz} Hz, which moves its end by {:e} s",
            stream.rate_hz(),
            end / rate_hz - end / stream.rate_hz()
        );
        warn(warnings, format!("stream {:?}", stream.name()), message);
    }
}

/// Says what a reader can't find again: names, which stream is which, and which comes first.
fn tell_streams(placed: &[Placed<'_>], warnings: &mut Vec<Warning>) {
    let plain: Vec<&Placed<'_>> = placed.iter().filter(|placed| !placed.is_status).collect();
    let named = plain
        .iter()
        .filter(|placed| placed.stream.name() != format!("{} Hz", placed.stream.rate_hz()));
    let names: Vec<String> = named.map(|placed| format!("{:?}", placed.stream.name())).collect();
    if !names.is_empty() {
        let message = format!("there is no place for their names: {}", names.join(", "));
        warn(warnings, "streams", message);
    }
    for (i, placed) in plain.iter().enumerate() {
        let same = |other: &&&Placed<'_>| other.samples == placed.samples;
        if let Some(other) = plain.iter().take(i).find(same) {
            let message = format!(
                "it has the rate of stream {:?}, and is one with it when it is read",
                other.stream.name()
            );
            warn(warnings, format!("stream {:?}", placed.stream.name()), message);
        }
    }
    let channels = |placed: &&&Placed<'_>| placed.stream.channels().len();
    let largest = plain.iter().rev().max_by_key(channels);
    if let (Some(first), Some(largest)) = (plain.first(), largest)
        && channels(&first) < channels(&largest)
    {
        let message = "it comes first when it is read, as it has most channels";
        warn(warnings, format!("stream {:?}", largest.stream.name()), message);
    }
}
