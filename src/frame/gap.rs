use std::fmt;

use super::{FrameError, Header, Kind};

/// Bytes of the payload.
const BYTES: usize = 12;

/// Samples that the writer knows to be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// Position of the first.
    pub first: u64,
    /// How many a channel.
    pub samples: u64,
    /// Why.
    pub reason: GapReason,
}

/// Why samples are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum GapReason {
    /// Not said.
    Unknown,
    /// The device did not deliver them.
    Device,
    /// They were lost between device and writer.
    Transport,
    /// Recording was paused.
    Pause,
    /// They were in a part of a file that was damaged.
    Damage,
    /// A reason of a later version.
    Other(u32),
}

impl GapReason {
    /// The number that stands for it in a gap frame.
    pub fn code(self) -> u32 {
        match self {
            GapReason::Unknown => 0,
            GapReason::Device => 1,
            GapReason::Transport => 2,
            GapReason::Pause => 3,
            GapReason::Damage => 4,
            GapReason::Other(code) => code,
        }
    }
}

impl From<u32> for GapReason {
    fn from(code: u32) -> Self {
        match code {
            0 => GapReason::Unknown,
            1 => GapReason::Device,
            2 => GapReason::Transport,
            3 => GapReason::Pause,
            4 => GapReason::Damage,
            other => GapReason::Other(other),
        }
    }
}

impl fmt::Display for GapReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            GapReason::Unknown => "reason unknown",
            GapReason::Device => "not delivered by the device",
            GapReason::Transport => "lost on the way",
            GapReason::Pause => "paused",
            GapReason::Damage => "damaged",
            GapReason::Other(_) => "another reason",
        })
    }
}

impl Gap {
    pub(super) fn parse(header: &Header, payload: &[u8]) -> Result<Self, FrameError> {
        let Ok(bytes) = <&[u8; BYTES]>::try_from(payload) else {
            let what = format!("{} bytes, {BYTES} expected", payload.len());
            return Err(FrameError::malformed(Kind::Gap, what));
        };
        let (words, _) = bytes.as_chunks::<4>();
        let [low, high, reason] = [words[0], words[1], words[2]].map(u32::from_le_bytes);
        let samples = u64::from(low) | u64::from(high) << 32;
        let gap = Self { first: header.sample, samples, reason: GapReason::from(reason) };
        gap.check()?;
        Ok(gap)
    }

    /// Position after the last missing sample.
    pub fn end(&self) -> u64 {
        self.first.saturating_add(self.samples)
    }

    fn check(&self) -> Result<(), FrameError> {
        if self.first.checked_add(self.samples).is_some() {
            return Ok(());
        }
        let what = format!("{} samples from {} on do not fit the clock", self.samples, self.first);
        Err(FrameError::malformed(Kind::Gap, what))
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) -> Result<(), FrameError> {
        self.check()?;
        out.extend_from_slice(&self.samples.to_le_bytes());
        out.extend_from_slice(&self.reason.code().to_le_bytes());
        Ok(())
    }
}
