//! Texts, and numbers that stand for them → events on the clock of the first stream.

use super::build::Timing;
use super::header::Kind;
use super::raw::Raw;
use crate::signal::{Event, Stream};

/// Whether a stream of numbers is one of markers.
pub(super) fn are_codes(raw: &Raw) -> bool {
    let integers = matches!(raw.header.kind, Kind::Int8 | Kind::Int16 | Kind::Int32 | Kind::Int64);
    let named = ["markers", "marker"].iter().any(|n| raw.header.content.eq_ignore_ascii_case(n));
    integers && named && !raw.header.is_regular() && raw.header.channel_count == 1
}

/// The events of a stream of texts. Each text of a sample is one; of the texts of several channels,
/// empty ones are none.
pub(super) fn of_texts(raw: &Raw, timing: &Timing, clock: &Clock<'_>, events: &mut Vec<Event>) {
    let Ok(channels) = usize::try_from(raw.header.channel_count) else { return };
    for (sample, time_s) in timing.times_s(raw).enumerate() {
        for channel in 0..channels {
            let text = String::from_utf8_lossy(raw.texts.get(sample * channels + channel));
            if channels == 1 || !text.is_empty() {
                events.push(clock.event(time_s, text.into_owned()));
            }
        }
    }
}

/// The events of a stream of codes.
pub(super) fn of_codes(raw: &Raw, codes: &[f32], clock: &Clock<'_>, events: &mut Vec<Event>) {
    let pairs = raw.stamps.iter().zip(codes);
    events.extend(pairs.map(|(&time_s, code)| clock.event(time_s, code.to_string())));
}

/// What events are placed on.
pub(super) struct Clock<'a> {
    /// The first stream; without one, positions count seconds.
    pub stream: Option<&'a Stream>,
    /// The time of second 0.
    pub zero_s: f64,
}

impl Clock<'_> {
    fn event(&self, time_s: f64, label: String) -> Event {
        let time_s = time_s - self.zero_s;
        let position = self.stream.map_or(time_s, |stream| stream.position_at(time_s)).max(0.0);
        let sample = position.floor();
        let fraction = (position - sample) as f32;
        // What is that close to the next sample is on it.
        let (sample, fraction) =
            if fraction < 1.0 { (sample, fraction) } else { (sample + 1.0, 0.0) };
        Event {
            stream: 0,
            sample: sample as u64,
            fraction,
            duration: 0.0,
            code: label.trim().parse().unwrap_or(0),
            label,
        }
    }
}
