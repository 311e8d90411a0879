use rustfft::num_complex::Complex64;

use super::DecodeError;
use crate::dsp::SpectrumScratch;
use crate::dsp::linalg::SingularScratch;
use crate::signal::Epoch;

/// The array a decoder is built for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape {
    /// Number of channels.
    pub channels: usize,
    /// Samples a channel.
    pub samples: usize,
    /// Samples a second.
    pub rate_hz: f64,
}

impl Shape {
    /// The shape of windows of `length_s` seconds, to the nearest sample.
    pub fn of_window(channels: usize, length_s: f64, rate_hz: f64) -> Self {
        Self { channels, samples: (length_s * rate_hz).round().max(0.0) as usize, rate_hz }
    }

    pub(super) fn check(&self) -> Result<(), DecodeError> {
        let setting = |name, found, expected| Err(DecodeError::Setting { name, found, expected });
        if self.channels == 0 {
            return setting("channels", "0".into(), "at least 1");
        }
        if !(self.rate_hz.is_finite() && self.rate_hz > 0.0) {
            return setting("sampling rate", format!("{} Hz", self.rate_hz), "a positive number");
        }
        if self.samples < 4 {
            let (found, what) = (self.samples, "decoding");
            return Err(DecodeError::TooShort { found, what, needed: 4 });
        }
        Ok(())
    }
}

/// Memory that a decoder reuses from call to call. It grows with the first call and may be shared
/// by decoders that run one after the other.
#[derive(Debug, Clone, Default)]
pub struct Scratch {
    pub(super) real: Vec<f64>,
    pub(super) complex: Vec<Complex64>,
    pub(super) fft: Vec<Complex64>,
    pub(super) singular: SingularScratch,
    pub(super) spectrum: SpectrumScratch,
}

/// Something that scores epochs, one score a target; higher is likelier.
///
/// A decoder exists only once everything it needs is there: what depends on the codebook, the rate
/// and the length is computed when it is built, and a method that needs calibration is built by
/// fitting it. The same epoch gives the same scores, bit for bit.
pub trait Decoder: Send + Sync {
    /// The epochs it takes.
    fn shape(&self) -> Shape;

    /// Number of targets, and of scores.
    fn targets(&self) -> usize;

    /// Writes the score of each target. After the first call with a scratch nothing is allocated.
    ///
    /// # Errors
    /// [`DecodeError::Shape`] for an epoch or a slice of another size, [`DecodeError::NotFinite`]
    /// and [`DecodeError::Flat`] for epochs without a signal.
    fn score_into(
        &self,
        epoch: Epoch<'_>,
        scores: &mut [f64],
        scratch: &mut Scratch,
    ) -> Result<(), DecodeError>;

    /// The score of each target, in new memory.
    ///
    /// # Errors
    /// As [`Decoder::score_into`].
    fn score(&self, epoch: Epoch<'_>) -> Result<Vec<f64>, DecodeError> {
        let mut scores = vec![0.0; self.targets()];
        self.score_into(epoch, &mut scores, &mut Scratch::default())?;
        Ok(scores)
    }
}

impl Scratch {
    /// `len` zeros to work in.
    pub(super) fn zeros(buffer: &mut Vec<f64>, len: usize) -> &mut [f64] {
        buffer.clear();
        buffer.resize(len, 0.0);
        buffer
    }

    /// `len` complex zeros to work in.
    pub(super) fn complex_zeros(buffer: &mut Vec<Complex64>, len: usize) -> &mut [Complex64] {
        buffer.clear();
        buffer.resize(len, Complex64::default());
        buffer
    }
}

/// What every decoder checks before it looks at an epoch.
pub(super) fn check_call(
    shape: Shape,
    targets: usize,
    epoch: Epoch<'_>,
    scores: &[f64],
) -> Result<(), DecodeError> {
    let same = |what, found: usize, expected: usize| match found == expected {
        true => Ok(()),
        false => Err(DecodeError::Shape { what, found, expected }),
    };
    same("channels of the epoch", epoch.channels(), shape.channels)?;
    same("samples of the epoch", epoch.len(), shape.samples)?;
    same("scores", scores.len(), targets)?;
    for (channel, row) in epoch.rows().enumerate() {
        if let Some(sample) = row.iter().position(|value| !value.is_finite()) {
            let value = row[sample];
            return Err(DecodeError::NotFinite { channel, sample: sample as u64, value });
        }
    }
    Ok(())
}

/// Writes a row without its mean.
pub(super) fn centre(row: &[f64], out: &mut [f64]) {
    let mean = row.iter().sum::<f64>() / row.len().max(1) as f64;
    for (out, value) in out.iter_mut().zip(row) {
        *out = value - mean;
    }
}
