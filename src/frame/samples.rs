use super::packing::{self, Encoding};
use super::{FrameError, Header, Kind, Limits, StreamInfo};
use crate::signal::Quantization;

/// Applied where values are stored as they are.
const IDENTITY: Quantization = Quantization { bits: 32, scale: 1.0, offset: 0.0 };

/// The payload of a samples frame: a view into the received bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SamplesView<'a> {
    encoding: Encoding,
    channels: usize,
    len: usize,
    values: &'a [u8],
}

impl<'a> SamplesView<'a> {
    pub(super) fn parse(
        header: &Header,
        payload: &'a [u8],
        limits: &Limits,
    ) -> Result<Self, FrameError> {
        let Some((&[encoding, layout, low, high], values)) = payload.split_first_chunk() else {
            let what = format!("payload of {} bytes, at least 4 expected", payload.len());
            return Err(FrameError::malformed(Kind::Samples, what));
        };
        let unsupported = |what| FrameError::Unsupported { kind: Kind::Samples, what };
        let encoding = Encoding::from_code(encoding)
            .ok_or_else(|| unsupported(format!("sample encoding {encoding}")))?;
        if layout != 0 {
            return Err(unsupported(format!("sample layout {layout}")));
        }
        let channels = usize::from(u16::from_le_bytes([low, high]));
        let len = usize::from(header.count);
        check_limit("channels of a samples frame", channels, limits.channels)?;
        check_limit("samples of a frame", len, usize::from(limits.samples))?;
        let expected = channels * len * encoding.bytes();
        if channels == 0 || values.len() != expected {
            let found = values.len();
            let what = format!(
                "{found} bytes of values, {expected} expected for {channels} channels × {len} samples"
            );
            return Err(FrameError::malformed(Kind::Samples, what));
        }
        Ok(Self { encoding, channels, len, values })
    }

    /// How the values are stored.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Number of channels.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Samples a channel.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether the frame holds no sample.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Writes all samples, one channel after the other, in the units of the stream's channels
    /// (µV as a rule). `out` holds channels × samples. Allocates nothing.
    ///
    /// # Errors
    /// [`FrameError::Shape`] where `out` or the stream's description has another size,
    /// [`FrameError::Malformed`] where integers arrive for a channel without a scale.
    pub fn decode_into(&self, stream: &StreamInfo, out: &mut [f32]) -> Result<(), FrameError> {
        shape("values in the output", out.len(), self.channels * self.len)?;
        let scaling = self.scaling(stream)?;
        if self.encoding == Encoding::F32 {
            packing::unpack(self.encoding, &IDENTITY, self.values, out);
            return Ok(());
        }
        packing::unpack_rows(self.encoding, self.len, scaling, self.values, out);
        Ok(())
    }

    /// Writes all counts as they are stored, one channel after the other.
    ///
    /// # Errors
    /// [`FrameError::Shape`] where `out` is not channels × samples long,
    /// [`FrameError::Malformed`] where the frame holds no integers.
    pub fn counts_into(&self, out: &mut [i32]) -> Result<(), FrameError> {
        shape("values in the output", out.len(), self.channels * self.len)?;
        if packing::unpack_counts(self.encoding, self.values, out) {
            return Ok(());
        }
        Err(FrameError::malformed(Kind::Samples, "counts were asked for, but it holds f32"))
    }

    /// The scale to apply to each channel.
    pub(super) fn scaling<'s>(
        &self,
        stream: &'s StreamInfo,
    ) -> Result<impl Fn(usize) -> Quantization + use<'s>, FrameError> {
        shape("channels in the stream", stream.channels.len(), self.channels)?;
        let as_stored = self.encoding == Encoding::F32;
        if !as_stored && let Some(bare) = stream.channels.iter().find(|c| c.quantization.is_none())
        {
            let what = format!("integers for channel {:?}, which has no scale", bare.label);
            return Err(FrameError::malformed(Kind::Samples, what));
        }
        let channels = &stream.channels;
        Ok(move |channel: usize| {
            let own = channels.get(channel).and_then(|c| c.quantization);
            own.filter(|_| !as_stored).unwrap_or(IDENTITY)
        })
    }

    /// Writes one channel's samples; `row` must have the frame's length.
    pub(super) fn decode_row(&self, channel: usize, q: &Quantization, row: &mut [f32]) {
        let bytes = self.len * self.encoding.bytes();
        let values = self.values.get(channel * bytes..(channel + 1) * bytes);
        packing::unpack(self.encoding, q, values.unwrap_or(&[]), row);
    }
}

pub(super) fn shape(what: &'static str, found: usize, expected: usize) -> Result<(), FrameError> {
    if found == expected { Ok(()) } else { Err(FrameError::Shape { what, found, expected }) }
}

pub(super) fn check_limit(
    what: &'static str,
    found: usize,
    limit: usize,
) -> Result<(), FrameError> {
    let over = FrameError::Limit { what, found: found as u64, limit: limit as u64 };
    if found > limit { Err(over) } else { Ok(()) }
}
