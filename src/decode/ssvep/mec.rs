use super::canonical::matrix_times;
use super::references::{basis, check_length, most_rows, references};
use super::stack::Stack;
use crate::decode::decoder::check_call;
use crate::decode::{DecodeError, Decoder, Fusion, Scratch, Shape};
use crate::dsp::linalg::{multiply, multiply_transposed, symmetric_eigen_in};
use crate::signal::Epoch;
use crate::stimulus::Codebook;

/// Directions of the channels whose power is this much below the strongest are rounding.
const RELATIVE_POWER: f64 = 1e-12;
/// Least noise in a direction, relative to the power of the epoch, so that a signal without any
/// noise has a score.
const FLOOR: f64 = 1e-15;

/// Settings of [`Mec`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MecParams {
    /// Harmonics of each target, the fundamental being the first.
    pub harmonics: usize,
    /// Mains frequency: harmonics within 1 Hz of it or of its multiples are left out.
    pub mains_hz: Option<f64>,
    /// Part of the noise's power that the combinations of channels may keep, above 0 and below 1.
    pub kept: f64,
}

impl Default for MecParams {
    fn default() -> Self {
        Self { harmonics: 2, mains_hz: None, kept: 0.1 }
    }
}

/// The minimum energy combination (Friman et al. 2007, IEEE Trans Biomed Eng 54:742), without the
/// paper's autoregressive model of the noise.
///
/// For each target, what the sinusoids leave of the channels is noise. The combinations w of channels
/// in which least of it is left, scaled to noise of norm 1, are kept until they hold `kept` of its
/// power; the score is the mean over these combinations and over the H harmonics of
/// `(sin_h·xᵀw)² + (cos_h·xᵀw)²`. It is positive and grows with the length of the window. It needs no
/// calibration. The channels should have one unit, since the noise is compared between them; flat
/// and equal channels do no harm. Bands of a filter bank add up as they are.
///
/// ```
/// use evoked::decode::{Decoder, Shape, ssvep::MecParams};
/// use evoked::signal::Epoch;
/// use evoked::stimulus::Codebook;
///
/// let codebook = Codebook::sinusoids(&[13.0, 17.0, 21.0])?;
/// let mec = MecParams::default().build(&codebook, Shape::of_window(1, 1.0, 256.0))?;
/// let gaze = |n: usize| (std::f64::consts::TAU * 17.0 * n as f64 / 256.0).sin();
/// let epoch: Vec<f64> = (0..256).map(|n| gaze(n) + (n * 7919 % 101) as f64 / 50.0).collect();
/// let scores = mec.score(Epoch::from_planar(&epoch, 1)?)?;
/// assert!(scores[1] > scores[0] && scores[1] > scores[2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Mec {
    shape: Shape,
    kept: f64,
    /// Orthonormal rows that span the sinusoids of each target.
    bases: Stack,
    /// For each target the sinusoids as mixtures of its basis: sinusoids × basis.
    mixtures: Vec<Vec<f64>>,
}

impl MecParams {
    /// A decoder for a codebook of frequencies and epochs of a shape.
    ///
    /// # Errors
    /// [`DecodeError::NoFrequency`], [`DecodeError::Nyquist`], [`DecodeError::OnlyMains`],
    /// [`DecodeError::Setting`]; [`DecodeError::TooShort`] where channels and sinusoids together
    /// could follow any signal of that length, so that no noise is left; [`DecodeError::TooLarge`].
    pub fn build(&self, codebook: &Codebook, shape: Shape) -> Result<Mec, DecodeError> {
        shape.check()?;
        if !(self.kept > 0.0 && self.kept < 1.0) {
            let (found, expected) = (self.kept.to_string(), "a number between 0 and 1");
            return Err(DecodeError::Setting { name: "kept", found, expected });
        }
        let samples = shape.samples;
        let rows = references(codebook, self.harmonics, self.mains_hz, shape)?;
        check_length(samples, "mec", shape.channels + most_rows(&rows, samples) + 2)?;
        let bases = rows.iter().map(|rows| basis(rows, samples)).collect::<Result<Vec<_>, _>>()?;
        let mixture = |(rows, basis): (&Vec<f64>, &Vec<f64>)| {
            let mut mixture = vec![0.0; rows.len() / samples * (basis.len() / samples)];
            multiply_transposed(rows, basis, samples, &mut mixture).map(|()| mixture)
        };
        let mixtures = rows.iter().zip(&bases).map(mixture).collect::<Result<_, _>>()?;
        let bases = Stack::new(samples, bases.iter().map(Vec::as_slice));
        Ok(Mec { shape, kept: self.kept, bases, mixtures })
    }
}

impl Decoder for Mec {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn targets(&self) -> usize {
        self.bases.targets()
    }

    fn fusion(&self) -> Fusion {
        Fusion::Plain
    }

    fn score_into(
        &self,
        epoch: Epoch<'_>,
        scores: &mut [f64],
        scratch: &mut Scratch,
    ) -> Result<(), DecodeError> {
        check_call(self.shape, self.targets(), epoch, scores)?;
        let samples = self.shape.samples;
        let rank = reduced(epoch, scratch)?;
        let Scratch { trial, small, products, eigen, .. } = scratch;
        let products = Scratch::zeros(products, self.bases.rows() * rank);
        multiply_transposed(self.bases.values(), trial, samples, products)?;
        let most = self.mixtures.iter().map(Vec::len).max().unwrap_or(0);
        let work = Scratch::zeros(small, 2 * rank * rank + 2 * most);
        let (total, work) = work.split_at_mut(rank * rank);
        let (noise, work) = work.split_at_mut(rank * rank);
        let (of_basis, of_sinusoids) = work.split_at_mut(most);
        multiply_transposed(trial, trial, samples, total)?;
        let floor = FLOOR * total.iter().step_by(rank + 1).sum::<f64>();
        for (target, score) in scores.iter_mut().enumerate() {
            let rows = self.bases.range(target);
            let product = &products[rows.start * rank..rows.end * rank];
            noise.copy_from_slice(total);
            for row in product.chunks_exact(rank) {
                for (factor, out) in row.iter().zip(noise.chunks_exact_mut(rank)) {
                    out.iter_mut().zip(row).for_each(|(left, value)| *left -= factor * value);
                }
            }
            symmetric_eigen_in(noise, rank, eigen)?;
            let powers = || eigen.values.iter().rev().map(|&power| power.max(floor));
            let enough = self.kept * powers().sum::<f64>();
            let mixture = &self.mixtures[target];
            let (of_basis, sinusoids) = (&mut of_basis[..rows.len()], mixture.len() / rows.len());
            let of_sinusoids = &mut of_sinusoids[..sinusoids];
            let (mut held, mut combinations, mut sum) = (0.0, 0.0, 0.0);
            for (power, combination) in powers().zip(eigen.vectors.chunks_exact(rank).rev()) {
                matrix_times(product, combination, of_basis);
                matrix_times(mixture, of_basis, of_sinusoids);
                sum += of_sinusoids.iter().map(|value| value * value).sum::<f64>() / power;
                held += power;
                combinations += 1.0;
                if held > enough {
                    break;
                }
            }
            *score = 2.0 * sum / (combinations * sinusoids as f64);
        }
        Ok(())
    }
}

/// Leaves the channels in `trial`, centred and in a common unit, in as many directions as they
/// have, and gives that number.
fn reduced(epoch: Epoch<'_>, scratch: &mut Scratch) -> Result<usize, DecodeError> {
    let samples = epoch.len();
    let Scratch { trial, real, small, eigen, .. } = scratch;
    trial.clear();
    for row in epoch.rows() {
        let first = row.first().map_or(0.0, |value| value / 2.0);
        // Relative to its first value a constant is exactly zero; halves can't overflow.
        if row.iter().any(|value| value / 2.0 != first) {
            trial.extend(row.iter().map(|value| value / 2.0 - first));
        }
    }
    let peak = trial.iter().fold(0.0_f64, |peak, value| peak.max(value.abs()));
    if peak == 0.0 {
        return Err(DecodeError::Flat);
    }
    for row in trial.chunks_exact_mut(samples) {
        row.iter_mut().for_each(|value| *value /= peak);
        let mean = row.iter().sum::<f64>() / samples as f64;
        row.iter_mut().for_each(|value| *value -= mean);
    }
    let rows = trial.len() / samples;
    // At once, so that a later epoch with fewer directions finds it grown.
    real.clear();
    real.reserve(trial.len());
    let gram = Scratch::zeros(small, rows * rows);
    multiply_transposed(trial, trial, samples, gram)?;
    symmetric_eigen_in(gram, rows, eigen)?;
    let strongest = eigen.values.first().copied().unwrap_or(0.0);
    let rank = eigen.values.iter().take_while(|&&v| v > RELATIVE_POWER * strongest).count();
    if rank < rows {
        let directions = Scratch::zeros(real, rank * samples);
        multiply(&eigen.vectors[..rank * rows], rows, trial, samples, directions)?;
        trial.clear();
        trial.extend_from_slice(directions);
    }
    Ok(rank)
}
