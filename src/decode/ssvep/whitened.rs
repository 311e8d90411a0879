use std::collections::BTreeMap;
use std::f64::consts::TAU;
use std::fmt;
use std::sync::Arc;

use rustfft::num_complex::Complex64;
use rustfft::{Fft, FftPlanner};

use super::harmonics;
use crate::decode::decoder::{check_call, standardize};
use crate::decode::{DecodeError, Decoder, Scratch, Shape};
use crate::dsp::linalg::{factor_in_place, solve_lower_in_place};
use crate::signal::Epoch;
use crate::stimulus::Codebook;

/// Added to the diagonal of the noise, relative to its mean, so that flat, equal or averaged-out
/// channels do no harm.
const RIDGE: f64 = 1e-9;
/// Added to it in any case, relative to the variance of a channel, so that a signal without any
/// noise has a score.
const FLOOR: f64 = 1e-24;
/// Parts of a bin are told apart to this precision.
const PARTS: f64 = 1e9;

/// Settings of [`Whitened`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WhitenedParams {
    /// Harmonics of each target, the fundamental being the first.
    pub harmonics: usize,
    /// Mains frequency: harmonics within 1 Hz of it or of its multiples are left out. A line is
    /// narrow, so it stands above its neighbours just as a response does.
    pub mains_hz: Option<f64>,
    /// How far on either side the neighbours reach.
    pub half_width_hz: f64,
    /// Neighbours on either side at the least, however short the epoch.
    pub min_neighbours: usize,
    /// Part of the noise between channels that is ignored, 0 to 1.
    pub shrinkage: f64,
    /// Neighbours below this frequency are not used; the other side lends more.
    pub lowest_hz: f64,
}

impl Default for WhitenedParams {
    fn default() -> Self {
        Self {
            harmonics: 2,
            mains_hz: None,
            half_width_hz: 6.0,
            min_neighbours: 8,
            shrinkage: 0.01,
            lowest_hz: 1.0,
        }
    }
}

/// The spectrum at each target against its neighbouring bins, whitened over the channels.
///
/// Each channel is brought to mean 0 and variance 1; constant ones are left out. With `z` the DFT of
/// the channels at a harmonic and `N` the mean of `Re(v·vᴴ)` over the DFTs `v`
/// at the neighbouring bins, `q = zᴴ·N⁻¹·z` is the power at the harmonic over the noise there,
/// after the best combination of channels: Hotelling's T² of one complex sample against a noise
/// estimated beside it (the detector of Kelly 1986, IEEE Trans Aerosp Electron Syst 22:115;
/// Victor & Mast 1991, Electroenceph Clin Neurophysiol 78:378 for one channel). The score is
/// the mean over harmonics of `ln(1 + q/C)` for C channels: without a response, q/C is about 1.
/// The logarithm keeps one narrow line from outvoting the other harmonics.
///
/// Neighbours stand at whole multiples of 1/T from the harmonic itself, T being the length of the
/// epoch, so that a sinusoid on target puts nothing into them. Where a harmonic falls between two
/// bins, the epoch is shifted in frequency by the part in between and then transformed, which
/// makes the bins exact at the price of one FFT for each distinct part. The number of neighbours
/// is the same for all targets; at an end of the spectrum the other side lends more.
///
/// ```
/// use evoked::decode::{Decoder, Shape, ssvep::WhitenedParams};
/// use evoked::signal::Epoch;
/// use evoked::stimulus::Codebook;
///
/// let codebook = Codebook::sinusoids(&[12.0, 60.0 / 7.0])?;
/// let decoder = WhitenedParams::default().build(&codebook, Shape::of_window(1, 2.0, 256.0))?;
/// let gaze = |n: usize| (std::f64::consts::TAU * 60.0 / 7.0 * n as f64 / 256.0).sin();
/// let noise = |n: usize| ((n * 7919 % 101) as f64 / 50.0 - 1.0) * 2.0;
/// let epoch: Vec<f64> = (0..512).map(|n| gaze(n) + noise(n)).collect();
/// let scores = decoder.score(Epoch::from_planar(&epoch, 1)?)?;
/// assert!(scores[1] > scores[0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Whitened {
    shape: Shape,
    shrinkage: f64,
    fft: Arc<dyn Fft<f64>>,
    shifts: Vec<Shift>,
    /// Harmonics of each target that are used.
    used: Vec<f64>,
}

/// The harmonics that fall equally far between two bins: one transform serves them all.
#[derive(Debug, Clone)]
struct Shift {
    /// `exp(−2πi·δ·n/N)/√N`, where δ is the part of a bin.
    carrier: Vec<Complex64>,
    lines: Vec<Line>,
}

/// A harmonic of a target.
#[derive(Debug, Clone)]
struct Line {
    target: usize,
    bin: usize,
    neighbours: Vec<usize>,
}

impl WhitenedParams {
    /// A decoder for a codebook of frequencies and epochs of a shape.
    ///
    /// # Errors
    /// [`DecodeError::NoFrequency`], [`DecodeError::Nyquist`], [`DecodeError::OnlyMains`],
    /// [`DecodeError::Setting`], also for a `lowest_hz` that leaves no neighbours;
    /// [`DecodeError::TooShort`] for windows of less than 12 samples; [`DecodeError::TooLarge`].
    pub fn build(&self, codebook: &Codebook, shape: Shape) -> Result<Whitened, DecodeError> {
        shape.check()?;
        self.check()?;
        let Shape { samples, rate_hz, .. } = shape;
        if samples < 12 {
            return Err(DecodeError::TooShort { found: samples, what: "whitened", needed: 12 });
        }
        let bin_hz = rate_hz / samples as f64;
        let limit_hz = rate_hz / 2.0 - bin_hz;
        let usable = harmonics::usable(codebook, self.harmonics, self.mains_hz, limit_hz, rate_hz)?;
        let mut parts: BTreeMap<u64, (f64, Vec<Line>)> = BTreeMap::new();
        for (target, &frequency_hz) in
            usable.iter().enumerate().flat_map(|(k, all)| all.iter().map(move |f| (k, f)))
        {
            let (bin, part) = split(frequency_hz / bin_hz);
            let line = Line { target, bin, neighbours: self.neighbours(bin, part, shape) };
            if line.neighbours.is_empty() {
                return refused("lowest_hz", self.lowest_hz, "a frequency that leaves neighbours");
            }
            let alike = parts.entry((part * PARTS).round() as u64);
            alike.or_insert_with(|| (part, Vec::new())).1.push(line);
        }
        shape.check_table(2 * parts.len())?;
        let shift = |(part, lines)| Shift { carrier: carrier(part, samples), lines };
        Ok(Whitened {
            shape,
            shrinkage: self.shrinkage,
            fft: FftPlanner::new().plan_fft_forward(samples),
            shifts: parts.into_values().map(shift).collect(),
            used: usable.iter().map(|harmonics| harmonics.len() as f64).collect(),
        })
    }

    fn check(&self) -> Result<(), DecodeError> {
        if !(self.half_width_hz.is_finite() && self.half_width_hz > 0.0) {
            return refused("half_width_hz", self.half_width_hz, "a positive number");
        }
        if !(0.0..=1.0).contains(&self.shrinkage) {
            return refused("shrinkage", self.shrinkage, "0 to 1");
        }
        if !(self.lowest_hz.is_finite() && self.lowest_hz >= 0.0) {
            return refused("lowest_hz", self.lowest_hz, "0 or more");
        }
        Ok(())
    }

    /// The bins nearest to a line, the same number for every line.
    fn neighbours(&self, bin: usize, part: f64, shape: Shape) -> Vec<usize> {
        let bins = shape.samples as f64;
        let bin_hz = shape.rate_hz / bins;
        let side = (self.half_width_hz / bin_hz).round().min(bins) as usize;
        let most = (shape.samples / 2).saturating_sub(3) / 2;
        let count = 2 * side.max(self.min_neighbours).clamp(1, most.max(1));
        let lowest = (self.lowest_hz / bin_hz).max(1.0) - 1e-9;
        let highest = bins / 2.0 - 1.0 + 1e-9;
        let inside = |&other: &usize| (lowest..=highest).contains(&(other as f64 + part));
        (1..shape.samples)
            .flat_map(|away| [bin.checked_sub(away), bin.checked_add(away)])
            .flatten()
            .filter(inside)
            .take(count)
            .collect()
    }
}

fn refused<T>(name: &'static str, found: f64, expected: &'static str) -> Result<T, DecodeError> {
    Err(DecodeError::Setting { name, found: found.to_string(), expected })
}

/// A position in bins as a whole bin and the part above it; a part that is rounding counts as none.
fn split(position: f64) -> (usize, f64) {
    let nearest = position.round();
    if (position - nearest).abs() < 1e-9 {
        (nearest as usize, 0.0)
    } else {
        (position.floor() as usize, position.fract())
    }
}

fn carrier(part: f64, samples: usize) -> Vec<Complex64> {
    let scale = 1.0 / (samples as f64).sqrt();
    let turn = |n: usize| -TAU * (part * n as f64 / samples as f64).fract();
    (0..samples).map(|n| Complex64::from_polar(scale, turn(n))).collect()
}

impl fmt::Debug for Whitened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Whitened").field("shape", &self.shape).finish_non_exhaustive()
    }
}

impl Decoder for Whitened {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn targets(&self) -> usize {
        self.used.len()
    }

    fn score_into(
        &self,
        epoch: Epoch<'_>,
        scores: &mut [f64],
        scratch: &mut Scratch,
    ) -> Result<(), DecodeError> {
        check_call(self.shape, self.targets(), epoch, scores)?;
        let Shape { samples, channels, .. } = self.shape;
        let Scratch { real, complex, fft, .. } = scratch;
        let work = Scratch::zeros(real, channels * samples + channels * (channels + 2));
        let (standard, work) = work.split_at_mut(channels * samples);
        let mut alive = 0;
        for row in epoch.rows() {
            let out = &mut standard[alive * samples..(alive + 1) * samples];
            alive += usize::from(standardize(row, out));
        }
        if alive == 0 {
            return Err(DecodeError::Flat);
        }
        let standard = &standard[..alive * samples];
        let spectra = Scratch::complex_zeros(complex, channels * samples);
        let spectra = &mut spectra[..alive * samples];
        let fft = Scratch::complex_zeros(fft, self.fft.get_inplace_scratch_len());
        scores.fill(0.0);
        for shift in &self.shifts {
            for (row, spectrum) in
                standard.chunks_exact(samples).zip(spectra.chunks_exact_mut(samples))
            {
                for ((out, value), carrier) in spectrum.iter_mut().zip(row).zip(&shift.carrier) {
                    *out = carrier * value;
                }
                self.fft.process_with_scratch(spectrum, fft);
            }
            for line in &shift.lines {
                let power = self.whitened_power(line, spectra, work)?;
                scores[line.target] += (power / alive as f64).ln_1p();
            }
        }
        for (score, used) in scores.iter_mut().zip(&self.used) {
            *score /= used;
        }
        Ok(())
    }
}

impl Whitened {
    /// `zᴴ·N⁻¹·z` of a line, given the spectra of the channels one after the other.
    fn whitened_power(
        &self,
        line: &Line,
        spectra: &[Complex64],
        work: &mut [f64],
    ) -> Result<f64, DecodeError> {
        let samples = self.shape.samples;
        let channels = spectra.len() / samples;
        let (noise, line_at) = work.split_at_mut(channels * channels);
        noise.fill(0.0);
        let bin_of = |channel: usize, bin: usize| spectra[channel * samples + bin];
        for &bin in &line.neighbours {
            for row in 0..channels {
                let a = bin_of(row, bin);
                for column in 0..=row {
                    let b = bin_of(column, bin);
                    noise[row * channels + column] += a.re * b.re + a.im * b.im;
                }
            }
        }
        let trace: f64 = (0..channels).map(|c| noise[c * channels + c]).sum();
        let count = line.neighbours.len() as f64;
        let ridge = RIDGE * trace / count / channels as f64 + FLOOR;
        for row in 0..channels {
            for column in 0..row {
                noise[row * channels + column] *= (1.0 - self.shrinkage) / count;
            }
            let diagonal = &mut noise[row * channels + row];
            *diagonal = *diagonal / count + ridge;
        }
        factor_in_place(noise, channels)?;
        let (real, rest) = line_at.split_at_mut(channels);
        let imaginary = &mut rest[..channels];
        for channel in 0..channels {
            let z = bin_of(channel, line.bin);
            (real[channel], imaginary[channel]) = (z.re, z.im);
        }
        let mut power = 0.0;
        for side in [real, imaginary] {
            solve_lower_in_place(noise, side);
            power += side.iter().map(|value| value * value).sum::<f64>();
        }
        Ok(power)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_keep_their_number_at_the_ends_of_the_spectrum() {
        let params = WhitenedParams::default();
        let shape = Shape { channels: 1, samples: 256, rate_hz: 256.0 };
        for bin in [2, 13, 60, 126] {
            let neighbours = params.neighbours(bin, 0.0, shape);
            assert_eq!(neighbours.len(), 16, "bin {bin}");
            assert!(neighbours.iter().all(|&n| n != bin && (1..=127).contains(&n)));
        }
        assert_eq!(params.neighbours(13, 0.0, shape)[..4], [12, 14, 11, 15]);
    }

    #[test]
    fn positions_split_without_rounding_noise() {
        assert_eq!(split(52.000_000_000_01), (52, 0.0));
        assert_eq!(split(51.999_999_999_99), (52, 0.0));
        assert_eq!(split(8.5), (8, 0.5));
    }
}
