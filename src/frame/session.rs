use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::samples::check_limit;
use super::{Encoding, FrameError, Kind, Limits};
use crate::signal::{Channel, Recording, Stream};
use crate::stimulus::Codebook;

/// What a session is: its streams, what the user is shown, free metadata.
///
/// It travels as a JSON document, so that it can be read without a decoder and grow without
/// breaking old ones: names that are not known are skipped.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Session {
    /// The same number in all frames of a session, chosen anew (at random) for each; it stands in
    /// the header, not in the document.
    #[serde(skip)]
    pub tag: u16,
    /// The streams; the one to decode comes first.
    pub streams: Vec<StreamInfo>,
    /// All targets with their modulation, where the session has a stimulus.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codebook: Option<Codebook>,
    /// Why there is no codebook though the session came with one: this version does not understand
    /// it. It is not written.
    #[serde(skip)]
    pub codebook_problem: Option<String>,
    /// Anything else, such as `subject` or `device`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

/// The session as it is read. The codebook waits as text, so that one of a later version leaves the
/// rest readable.
#[derive(Deserialize)]
struct Document<'a> {
    streams: Vec<StreamInfo>,
    #[serde(default, borrow)]
    codebook: Option<&'a RawValue>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

/// One stream of a session.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StreamInfo {
    /// Number that its frames carry; 1 or more.
    pub id: u16,
    /// Name, such as `EEG`.
    pub name: String,
    /// Samples a second and channel.
    pub rate_hz: f64,
    /// When its sample position zero falls, in seconds of the session.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub origin_s: f64,
    /// Position of its first sample, where that is not 0: a reader of the whole stream misses what
    /// is between this and the first samples that arrive.
    #[serde(default, skip_serializing_if = "is_first")]
    pub first_sample: u64,
    /// Channels in the order of the samples. Integers need a quantization, which is their scale.
    pub channels: Vec<Channel>,
}

fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

fn is_first(position: &u64) -> bool {
    *position == 0
}

impl Session {
    /// The session of a recording: its streams get the ids 1, 2, …
    pub fn of(recording: &Recording, codebook: Option<Codebook>) -> Self {
        let info = |(stream, id): (&Stream, u16)| StreamInfo {
            id,
            name: stream.name().to_owned(),
            rate_hz: stream.rate_hz(),
            origin_s: stream.origin_s(),
            first_sample: stream.samples().start(),
            channels: stream.channels().to_vec(),
        };
        Self {
            tag: 0,
            streams: recording.streams().iter().zip(1..=u16::MAX).map(info).collect(),
            codebook,
            codebook_problem: None,
            metadata: recording.metadata().clone(),
        }
    }

    /// The description of a stream.
    ///
    /// # Errors
    /// [`FrameError::UnknownStream`].
    pub fn stream(&self, id: u16) -> Result<&StreamInfo, FrameError> {
        self.streams.iter().find(|stream| stream.id == id).ok_or(FrameError::UnknownStream(id))
    }

    pub(super) fn to_payload(&self) -> Result<Vec<u8>, FrameError> {
        serde_json::to_vec(self)
            .map_err(|error| FrameError::malformed(Kind::Session, error.to_string()))
    }

    pub(super) fn parse(tag: u16, payload: &[u8], limits: &Limits) -> Result<Self, FrameError> {
        let document: Document<'_> = serde_json::from_slice(payload)
            .map_err(|error| FrameError::malformed(Kind::Session, error.to_string()))?;
        let (codebook, codebook_problem) =
            match document.codebook.map(|text| Codebook::from_json(text.get())).transpose() {
                Ok(codebook) => (codebook, None),
                Err(error) => (None, Some(error.to_string())),
            };
        let Document { streams, metadata, .. } = document;
        let session = Self { tag, streams, codebook, codebook_problem, metadata };
        session.check(limits)?;
        Ok(session)
    }

    /// Whether a reader with these limits will take it.
    ///
    /// # Errors
    /// [`FrameError::Limit`], and [`FrameError::Malformed`] for a rate
    /// or a scale that is no number, an id that is 0 or used twice.
    pub fn check(&self, limits: &Limits) -> Result<(), FrameError> {
        check_limit("streams of the session", self.streams.len(), limits.streams)?;
        for (place, stream) in self.streams.iter().enumerate() {
            stream.check(limits)?;
            if self.streams[..place].iter().any(|other| other.id == stream.id) {
                let what = format!("two streams with id {}", stream.id);
                return Err(FrameError::malformed(Kind::Session, what));
            }
        }
        self.metadata
            .iter()
            .flat_map(|(name, value)| [name, value])
            .try_for_each(|text| check_limit("a metadata text", text.len(), limits.text_bytes))
    }
}

impl StreamInfo {
    /// A stream that starts with the session.
    pub fn new(id: u16, name: impl Into<String>, rate_hz: f64, channels: Vec<Channel>) -> Self {
        Self { id, name: name.into(), rate_hz, origin_s: 0.0, first_sample: 0, channels }
    }

    /// The encoding that holds these channels' counts exactly; `f32` where one has no counts.
    pub fn exact_encoding(&self) -> Encoding {
        let bits = self.channels.iter().map(|channel| match channel.quantization {
            Some(q) if q.is_exact() => q.bits,
            _ => u8::MAX,
        });
        match bits.max().unwrap_or(u8::MAX) {
            ..=16 => Encoding::I16,
            17..=24 => Encoding::I24,
            25..=32 => Encoding::I32,
            _ => Encoding::F32,
        }
    }

    fn check(&self, limits: &Limits) -> Result<(), FrameError> {
        let malformed = |what: String| Err(FrameError::malformed(Kind::Session, what));
        let name = &self.name;
        if self.id == 0 {
            return malformed(format!("stream {name:?} has id 0, which is the session's own"));
        }
        if !(self.rate_hz.is_finite() && self.rate_hz > 0.0 && self.origin_s.is_finite()) {
            let (rate_hz, origin_s) = (self.rate_hz, self.origin_s);
            return malformed(format!("stream {name:?} has {rate_hz} Hz from {origin_s} s on"));
        }
        check_limit("a stream's name", name.len(), limits.text_bytes)?;
        check_limit("channels of a stream", self.channels.len(), limits.channels)?;
        for Channel { label, unit, quantization } in &self.channels {
            check_limit("a channel's label", label.len(), limits.text_bytes)?;
            check_limit("a channel's unit", unit.as_str().len(), limits.text_bytes)?;
            if let Some(q) = quantization
                && !(q.scale.is_finite() && q.scale != 0.0 && q.offset.is_finite())
            {
                return malformed(format!(
                    "channel {label:?} has scale {} + {}",
                    q.scale, q.offset
                ));
            }
        }
        Ok(())
    }
}
