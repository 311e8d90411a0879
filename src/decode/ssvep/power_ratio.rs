use super::harmonics;
use crate::decode::decoder::{check_call, standardize};
use crate::decode::{DecodeError, Decoder, Scratch, Shape};
use crate::dsp::{SpectrumPlan, Window};
use crate::signal::Epoch;
use crate::stimulus::Codebook;

/// Added to the noise, relative to the variance of a channel, so that a signal without any noise
/// has a score.
const FLOOR: f64 = 1e-24;

/// Settings of [`PowerRatio`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PowerRatioParams {
    /// Harmonics of each target, the fundamental being the first.
    pub harmonics: usize,
    /// Mains frequency: harmonics within 1 Hz of it or of its multiples are left out.
    pub mains_hz: Option<f64>,
    /// Window over the epoch.
    pub window: Window,
    /// The epoch is zero-padded to this many times its length, so that the nearest bin is at most
    /// 1/(2·padding·T) away from a frequency, T being the length of the epoch.
    pub padding: usize,
    /// Neighbours on either side, 1/T apart.
    pub neighbours: usize,
    /// Distance of the first neighbour in units of 1/T: 1 for a rectangular window, 2 for one
    /// whose main lobe is twice as wide.
    pub guard: usize,
}

impl Default for PowerRatioParams {
    fn default() -> Self {
        Self {
            harmonics: 2,
            mains_hz: None,
            window: Window::Rectangular,
            padding: 8,
            neighbours: 8,
            guard: 1,
        }
    }
}

/// Power at each target over the mean power of its neighbouring bins, as a plain mean over
/// channels and harmonics: power spectral density analysis (Cheng et al. 2002, IEEE Trans Biomed
/// Eng 49:1181). The baseline that other spectral methods are to beat.
///
/// Constant channels are left out.
///
/// ```
/// use evoked::decode::{Decoder, Shape, ssvep::PowerRatioParams};
/// use evoked::signal::Epoch;
/// use evoked::stimulus::Codebook;
///
/// let codebook = Codebook::sinusoids(&[10.0, 15.0])?;
/// let decoder = PowerRatioParams::default().build(&codebook, Shape::of_window(1, 2.0, 250.0))?;
/// let gaze = |n: usize| (std::f64::consts::TAU * 15.0 * n as f64 / 250.0).sin();
/// let noise = |n: usize| (n * 7919 % 101) as f64 / 50.0 - 1.0;
/// let epoch: Vec<f64> = (0..500).map(|n| gaze(n) + noise(n)).collect();
/// let scores = decoder.score(Epoch::from_planar(&epoch, 1)?)?;
/// assert!(scores[1] > 10.0 * scores[0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct PowerRatio {
    shape: Shape,
    plan: SpectrumPlan,
    /// For each target, its harmonics: the bin and its neighbours.
    lines: Vec<Vec<(usize, Vec<usize>)>>,
}

impl PowerRatioParams {
    /// A decoder for a codebook of frequencies and epochs of a shape.
    ///
    /// # Errors
    /// [`DecodeError::NoFrequency`], [`DecodeError::Nyquist`], [`DecodeError::OnlyMains`],
    /// [`DecodeError::Setting`], also for a guard that leaves no neighbours in a short window;
    /// [`DecodeError::TooLarge`], and [`DecodeError::Dsp`] for a transform that is too long.
    pub fn build(&self, codebook: &Codebook, shape: Shape) -> Result<PowerRatio, DecodeError> {
        shape.check()?;
        let counts = [
            ("padding", self.padding, 1, 64),
            ("neighbours", self.neighbours, 1, 1 << 16),
            ("guard", self.guard, 1, 64),
        ];
        for (name, found, lowest, highest) in counts {
            if !(lowest..=highest).contains(&found) {
                let (found, expected) = (found.to_string(), "a small positive number");
                return Err(DecodeError::Setting { name, found, expected });
            }
        }
        let Shape { samples, rate_hz, .. } = shape;
        let points = samples.saturating_mul(self.padding);
        let plan = SpectrumPlan::new(samples, points, self.window)?;
        let limit_hz = rate_hz / 2.0 - rate_hz / samples as f64;
        let usable = harmonics::usable(codebook, self.harmonics, self.mains_hz, limit_hz, rate_hz)?;
        let line = |&frequency_hz: &f64| {
            let bin = (frequency_hz / rate_hz * points as f64).round() as usize;
            (bin, self.neighbours(bin, plan.bins()))
        };
        let lines: Vec<Vec<_>> =
            usable.iter().map(|harmonics| harmonics.iter().map(line).collect()).collect();
        if lines.iter().flatten().any(|(_, neighbours)| neighbours.is_empty()) {
            let (found, expected) = (self.guard.to_string(), "a distance that leaves neighbours");
            return Err(DecodeError::Setting { name: "guard", found, expected });
        }
        Ok(PowerRatio { shape, lines, plan })
    }

    /// The bins around a bin, whole multiples of 1/T away, above 0 Hz and below half the rate.
    fn neighbours(&self, bin: usize, bins: usize) -> Vec<usize> {
        (self.guard..bins)
            .flat_map(|away| {
                [bin.checked_sub(away * self.padding), Some(bin + away * self.padding)]
            })
            .flatten()
            .filter(|&other| other > 0 && other < bins - 1)
            .take(2 * self.neighbours)
            .collect()
    }
}

impl Decoder for PowerRatio {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn targets(&self) -> usize {
        self.lines.len()
    }

    fn score_into(
        &self,
        epoch: Epoch<'_>,
        scores: &mut [f64],
        scratch: &mut Scratch,
    ) -> Result<(), DecodeError> {
        check_call(self.shape, self.targets(), epoch, scores)?;
        let Scratch { real, complex, spectrum, .. } = scratch;
        let standard = Scratch::zeros(real, self.shape.samples);
        let bins = Scratch::complex_zeros(complex, self.plan.bins());
        scores.fill(0.0);
        let floor = FLOOR * self.shape.samples as f64;
        let mut alive = 0;
        for row in epoch.rows() {
            if !standardize(row, standard) {
                continue;
            }
            alive += 1;
            self.plan.complex_with_scratch(standard, bins, spectrum)?;
            for (score, lines) in scores.iter_mut().zip(&self.lines) {
                let ratio = |(bin, neighbours): &(usize, Vec<usize>)| {
                    let noise: f64 = neighbours.iter().map(|&n| bins[n].norm_sqr()).sum();
                    let mean = noise / neighbours.len() as f64;
                    bins[*bin].norm_sqr() / (mean + floor)
                };
                *score += lines.iter().map(ratio).sum::<f64>() / lines.len() as f64;
            }
        }
        if alive == 0 {
            return Err(DecodeError::Flat);
        }
        scores.iter_mut().for_each(|score| *score /= f64::from(alive));
        Ok(())
    }
}
