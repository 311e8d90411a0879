use super::canonical::Moments;
use super::code::{Code, codes};
use super::correlator::Correlator;
use super::moments::{center_into, means};
use crate::decode::{Calibration, DecodeError, Decoder, Scratch, Shape};
use crate::dsp::linalg::multiply_transposed;
use crate::signal::Epoch;
use crate::stimulus::Codebook;

/// Name in messages.
const NAME: &str = "cvep-ecca";

/// Settings of [`Ecca`].
#[derive(Debug, Clone, PartialEq)]
pub struct EccaParams {
    /// Whether the cycles of a code within an epoch are averaged, too. Without it, templates last
    /// as long as the epochs of the calibration.
    pub cycles: bool,
    /// Whether all codes are one code, each shifted in a circle, so that every trial counts for
    /// every target (Bin et al. 2011, J Neural Eng 8:025015).
    pub shifted: bool,
    /// How far both covariances are shrunk towards independent channels of equal variance, 0 to 1.
    pub shrinkage: f64,
    /// Samples of the epochs to decode; as many as those of the calibration when `None`.
    pub window: Option<usize>,
}

impl Default for EccaParams {
    fn default() -> Self {
        Self { cycles: true, shifted: false, shrinkage: 0.0, window: None }
    }
}

/// Templates of averaged trials, with one spatial filter from canonical correlation (Bin et al.
/// 2011, J Neural Eng 8:025015; Spüler et al. 2012, PLoS ONE 7:e51077).
///
/// The template of a target is the average of its calibration trials, cut into the cycles of its
/// code. Canonical correlation between all cycles and the templates that belong to them finds the
/// spatial filter; the score of a target is Pearson's correlation of the filtered epoch with its
/// filtered template, repeated as long as the epoch lasts. Nothing is assumed of how the brain
/// responds, so every target needs trials, but for codes that are shifts of one another.
#[derive(Debug, Clone)]
pub struct Ecca {
    correlator: Correlator,
}

impl EccaParams {
    /// A decoder fitted to a user's trials.
    ///
    /// # Errors
    /// [`DecodeError::NoCode`] for a target that shows no code, [`DecodeError::Untrained`] for one
    /// without trials (with `shifted`, only where no target has any), [`DecodeError::Setting`],
    /// also where the codes are no shifts of one another, [`DecodeError::Flat`] where no channel
    /// varies, [`DecodeError::TooShort`] for fewer samples than channels, or a window longer than
    /// what the templates are known for, [`DecodeError::TooLarge`].
    pub fn fit(&self, codebook: &Codebook, calibration: &Calibration) -> Result<Ecca, DecodeError> {
        let trained = calibration.shape();
        let shape = Shape { samples: self.window.unwrap_or(trained.samples), ..trained };
        self.check(codebook, calibration, shape)?;
        let codes = codes(codebook, shape)?;
        let cycles: Vec<Cycle> = codes.iter().map(|code| self.cycle(code, trained)).collect();
        for cycle in &cycles {
            if !cycle.repeats && shape.samples > cycle.len {
                let (found, needed) = (cycle.len, shape.samples);
                let what = "a template of a whole window";
                return Err(DecodeError::TooShort { found, what, needed });
            }
        }
        let shifts = self.shifted.then(|| shifts(&codes)).transpose()?;
        let templates = match &shifts {
            Some(shifts) => shifted(calibration, &cycles, shifts),
            None => averages(calibration, &cycles),
        };
        let pair = moments(calibration, &cycles, &templates)?.solve([self.shrinkage; 2])?;
        let mut filtered = vec![0.0; codebook.len() * shape.samples];
        let rows = filtered.chunks_exact_mut(shape.samples);
        for ((out, template), cycle) in rows.zip(&templates).zip(&cycles) {
            for (row, weight) in template.chunks_exact(cycle.len).zip(&pair.filter) {
                for (n, out) in out.iter_mut().enumerate() {
                    *out += weight * row[cycle.place(n)];
                }
            }
        }
        Ok(Ecca { correlator: Correlator::new(shape, pair.filter, filtered)? })
    }

    fn check(
        &self,
        codebook: &Codebook,
        calibration: &Calibration,
        shape: Shape,
    ) -> Result<(), DecodeError> {
        let trained = calibration.shape();
        shape.check()?;
        calibration.check(codebook, trained, usize::from(!self.shifted))?;
        if calibration.is_empty() {
            let reason = "needs at least one calibration trial";
            return Err(DecodeError::Calibration { method: NAME, reason });
        }
        if !(0.0..=1.0).contains(&self.shrinkage) {
            let found = self.shrinkage.to_string();
            return Err(DecodeError::Setting { name: "shrinkage", found, expected: "0 to 1" });
        }
        let (needed, found) = (shape.channels + 1, calibration.len() * trained.samples);
        if found < needed {
            return Err(DecodeError::TooShort { found, what: NAME, needed });
        }
        shape.check_table(codebook.len())?;
        trained.check_table(codebook.len().saturating_mul(shape.channels))
    }

    fn cycle(&self, code: &Code<'_>, trained: Shape) -> Cycle {
        let period = code.period_samples();
        // A cycle of a code and a half fits no whole number of samples; what is left over is less
        // than one.
        let whole = (period + 1e-9) as usize;
        match self.cycles && whole <= trained.samples {
            true => Cycle { len: whole.max(1), period, repeats: true },
            false => Cycle { len: trained.samples, period, repeats: false },
        }
    }
}

/// How a target's epochs are cut.
#[derive(Debug, Clone, Copy)]
struct Cycle {
    /// Samples of a piece.
    len: usize,
    /// Samples from piece to piece.
    period: f64,
    /// Whether there is more than one.
    repeats: bool,
}

impl Cycle {
    /// First samples of the pieces that fit into so many samples.
    fn starts(self, samples: usize) -> impl Iterator<Item = usize> {
        let most = if self.repeats { usize::MAX } else { 1 };
        (0..most).map(move |k| self.start(k)).take_while(move |start| start + self.len <= samples)
    }

    fn start(self, piece: usize) -> usize {
        (piece as f64 * self.period).round() as usize
    }

    /// The place in a piece of a sample of the epoch.
    fn place(self, sample: usize) -> usize {
        if !self.repeats {
            return sample.min(self.len - 1);
        }
        let piece = ((sample as f64 + 0.5) / self.period) as usize;
        sample.saturating_sub(self.start(piece)).min(self.len - 1)
    }
}

/// For each target, the average of its pieces: channels × samples of a piece.
fn averages(calibration: &Calibration, cycles: &[Cycle]) -> Vec<Vec<f64>> {
    let channels = calibration.shape().channels;
    let means = means(calibration);
    let mut centered = vec![0.0; channels * calibration.shape().samples];
    let average = |(target, cycle): (usize, &Cycle)| {
        let mut sum = vec![0.0; channels * cycle.len];
        let mut pieces = 0.0;
        for epoch in calibration.of_target(target) {
            center_into(epoch, &means, &mut centered);
            for start in cycle.starts(epoch.len()) {
                pieces += 1.0;
                add_piece(&centered, epoch.len(), start, 0, cycle.len, &mut sum);
            }
        }
        sum.iter_mut().for_each(|value| *value /= f64::max(pieces, 1.0));
        sum
    };
    cycles.iter().enumerate().map(average).collect()
}

/// Adds a piece of every channel, turned back in a circle by `shift` samples.
fn add_piece(
    planar: &[f64],
    samples: usize,
    start: usize,
    shift: usize,
    len: usize,
    sum: &mut [f64],
) {
    for (row, sum) in planar.chunks_exact(samples).zip(sum.chunks_exact_mut(len)) {
        let piece = &row[start..start + len];
        let turned = piece[shift..].iter().chain(&piece[..shift]);
        sum.iter_mut().zip(turned).for_each(|(sum, value)| *sum += value);
    }
}

/// For each target, the average of the pieces of all, each turned back by its own shift and then
/// forward by the target's.
fn shifted(calibration: &Calibration, cycles: &[Cycle], shifts: &[f64]) -> Vec<Vec<f64>> {
    let channels = calibration.shape().channels;
    let means = means(calibration);
    let mut centered = vec![0.0; channels * calibration.shape().samples];
    let len = cycles.first().map_or(1, |cycle| cycle.len);
    let mut sum = vec![0.0; channels * len];
    let mut pieces = 0.0;
    let whole = |shift: f64| shift.round() as usize % len;
    for (target, epoch) in calibration.epochs() {
        center_into(epoch, &means, &mut centered);
        for start in cycles[target].starts(epoch.len()) {
            pieces += 1.0;
            add_piece(&centered, epoch.len(), start, whole(shifts[target]), len, &mut sum);
        }
    }
    sum.iter_mut().for_each(|value| *value /= f64::max(pieces, 1.0));
    let forward = |&shift: &f64| {
        let mut template = sum.clone();
        template.chunks_exact_mut(len).for_each(|row| row.rotate_right(whole(shift)));
        template
    };
    shifts.iter().map(forward).collect()
}

/// By how many samples each code lags behind the first, in a circle.
fn shifts(codes: &[Code<'_>]) -> Result<Vec<f64>, DecodeError> {
    let refused = |found: String| DecodeError::Setting {
        name: "shifted",
        found,
        expected: "codes that are all one code, each shifted in a circle",
    };
    let Some(first) = codes.first() else { return Ok(Vec::new()) };
    let doubled = [first.bits(), first.bits()].concat();
    let period = first.bits().len();
    let shift = |(target, code): (usize, &Code<'_>)| {
        let same_clock = code.period_samples() == first.period_samples();
        // Bit n of a code that lags by s is bit n − s of the first.
        let turned = |s: &usize| doubled[period - s..2 * period - s] == *code.bits();
        match (same_clock && code.bits().len() == period)
            .then(|| (0..period).find(turned))
            .flatten()
        {
            Some(bits) => Ok(bits as f64 * code.period_samples() / period as f64),
            None => Err(refused(format!("target {target} with a code that is not"))),
        }
    };
    codes.iter().enumerate().map(shift).collect()
}

/// Second moments of the pieces, and of the templates beside them.
fn moments(
    calibration: &Calibration,
    cycles: &[Cycle],
    templates: &[Vec<f64>],
) -> Result<Moments, DecodeError> {
    let (channels, samples) = (calibration.shape().channels, calibration.shape().samples);
    let means = means(calibration);
    let mut moments = Moments::new(channels, channels);
    let mut centered = vec![0.0; channels * samples];
    let mut product = vec![0.0; channels * channels];
    let add = |sum: &mut [f64], product: &[f64], factor: f64| {
        sum.iter_mut().zip(product).for_each(|(sum, value)| *sum += factor * value);
    };
    for (target, (cycle, template)) in cycles.iter().zip(templates).enumerate() {
        let len = cycle.len;
        let mut total = vec![0.0; channels * len];
        let mut piece = vec![0.0; channels * len];
        let mut pieces = 0.0;
        for epoch in calibration.of_target(target) {
            center_into(epoch, &means, &mut centered);
            for start in cycle.starts(samples) {
                pieces += 1.0;
                piece.fill(0.0);
                add_piece(&centered, samples, start, 0, len, &mut piece);
                multiply_transposed(&piece, &piece, len, &mut product)?;
                add(&mut moments.xx, &product, 1.0);
                add(&mut total, &piece, 1.0);
            }
        }
        moments.count += pieces * len as f64;
        multiply_transposed(&total, template, len, &mut product)?;
        add(&mut moments.xy, &product, 1.0);
        multiply_transposed(template, template, len, &mut product)?;
        add(&mut moments.yy, &product, pieces);
        for (c, (total, template)) in
            total.chunks_exact(len).zip(template.chunks_exact(len)).enumerate()
        {
            moments.sums[0][c] += total.iter().sum::<f64>();
            moments.sums[1][c] += pieces * template.iter().sum::<f64>();
        }
    }
    Ok(moments)
}

impl Decoder for Ecca {
    fn shape(&self) -> Shape {
        self.correlator.shape()
    }

    fn targets(&self) -> usize {
        self.correlator.targets()
    }

    fn score_into(
        &self,
        epoch: Epoch<'_>,
        scores: &mut [f64],
        scratch: &mut Scratch,
    ) -> Result<(), DecodeError> {
        self.correlator.score_into(epoch, scores, scratch)
    }
}
