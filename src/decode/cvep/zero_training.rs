use super::code::codes;
use super::events::{EventModel, Events};
use super::rcca::lags;
use super::structure::{Structure, mirror};
use super::trials::is_constant;
use crate::decode::decoder::{check_call, check_epoch, same};
use crate::decode::{Adaptive, Calibration, DecodeError, Decoder, Scratch, Shape};
use crate::dsp::Autocovariances;
use crate::dsp::linalg::{
    dot, factor_in_place, largest_singular_value, multiply_transposed, solve_lower_in_place,
};
use crate::signal::Epoch;
use crate::stimulus::Codebook;

/// Name in messages.
const NAME: &str = "zero-training";
/// Added to the variance of each whitened channel, so that equal ones do no harm.
const RIDGE: f64 = 1e-6;
/// What a response's size counts for beside its roughness.
const SIZE: f64 = 0.01;
/// Most numbers to keep of all targets: 512 MiB.
const MOST_FACTORS: usize = 1 << 26;
/// Most channels × samples of memory of the noise.
const MOST_MEMORY: usize = 2048;

/// Settings of [`ZeroTraining`].
#[derive(Debug, Clone, PartialEq)]
pub struct ZeroTrainingParams {
    /// What a code is taken apart into.
    pub events: EventModel,
    /// Whether the start of the stimulation has a response of its own.
    pub onset: bool,
    /// How long the response to an event lasts.
    pub response_s: f64,
    /// How far back the noise of all channels foretells its next sample.
    pub memory_s: f64,
    /// What the roughness of a response counts for, relative to how often events happen.
    pub smoothing: f64,
}

impl Default for ZeroTrainingParams {
    fn default() -> Self {
        Self {
            events: EventModel::RiseFall,
            onset: true,
            response_s: 0.3,
            memory_s: 1.0 / 30.0,
            smoothing: 0.1,
        }
    }
}

/// Reconvolution that starts without a label and learns from its own decisions (Thielen et al. 2021,
/// J Neural Eng 18:056007), in EEG that is whitened over channels and time.
///
/// For each target in turn, the epoch is taken to be a response to its code, together with all epochs
/// learned so far under the targets that were decided for them. The score is the canonical
/// correlation between the whitened EEG and the events that follows: of a wrong code, no response
/// explains the epoch as well. Responses are asked to be smooth, by a penalty on second differences.
/// What whitens the EEG comes from the epochs, without labels.
///
/// What is learned need not come from the same user's decisions: [`learn`](Self::learn) takes an epoch
/// with its true target, of a short calibration or of other people (a general response). Scoring
/// alone leaves it as it is: the same epoch gives the same scores.
///
/// Learning factors a matrix for each target (20 targets and 216 kinds of events and lags: some
/// 40 ms), which is done between trials.
///
/// ```
/// use evoked::decode::cvep::ZeroTrainingParams;
/// use evoked::decode::{Scratch, Shape};
/// use evoked::signal::Epoch;
/// use evoked::stimulus::Codebook;
///
/// let code = |label: &str, bits: &str| format!(
///     r#"{{"label":"{label}","modulation":{{"kind":"code","bits":"{bits}","bit_rate_hz":60}}}}"#
/// );
/// let targets = [code("left", "1101000110010"), code("right", "0010110100111")].join(",");
/// let codebook = Codebook::from_json(&format!(r#"{{"targets":[{targets}]}}"#))?;
/// let mut noise = (1..).map(|n: usize| (n * n * 7919 % 101) as f64 / 50.0 - 1.0);
/// let gaze: Vec<f64> = (0..240)
///     .map(|n: usize| f64::from(n >= 2 && b"0010110100111"[(n - 2) / 2 % 13] == b'1'))
///     .map(|light| light + noise.next().unwrap_or(0.0))
///     .collect();
/// let shape = Shape { channels: 1, samples: 240, rate_hz: 120.0 };
/// let params = ZeroTrainingParams { response_s: 0.05, ..ZeroTrainingParams::default() };
/// let mut decoder = params.build(&codebook, shape)?;
/// let (mut scores, mut scratch) = ([0.0; 2], Scratch::default());
/// decoder.score_and_adapt(Epoch::from_planar(&gaze, 1)?, &mut scores, &mut scratch)?;
/// assert!(scores[1] > scores[0]);
/// assert_eq!(decoder.learned(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct ZeroTraining {
    shape: Shape,
    order: usize,
    smoothing: f64,
    structure: Structure,
    /// For each target, features × features: the centred Gram matrix of its events.
    grams: Vec<Vec<f64>>,
    /// For each target, the factor of all that was learned and one epoch of its own.
    factors: Vec<Vec<f64>>,
    covariances: Autocovariances,
    /// What was learned: products of whitened channels, of those with events, of events.
    xx: Vec<f64>,
    xy: Vec<f64>,
    yy: Vec<f64>,
    learned: usize,
}

impl ZeroTrainingParams {
    /// A decoder that has learned nothing yet.
    ///
    /// # Errors
    /// [`DecodeError::NoCode`] for a target that shows no code, [`DecodeError::Setting`],
    /// [`DecodeError::TooShort`] for a window no longer than a response and the memory of the noise,
    /// which any code could explain; [`DecodeError::TooLarge`].
    pub fn build(&self, codebook: &Codebook, shape: Shape) -> Result<ZeroTraining, DecodeError> {
        shape.check()?;
        let setting = |name, found: f64, expected| {
            Err(DecodeError::Setting { name, found: found.to_string(), expected })
        };
        if !(self.smoothing.is_finite() && self.smoothing > 0.0) {
            return setting("smoothing", self.smoothing, "above 0");
        }
        let order = (self.memory_s * shape.rate_hz).round();
        if !(order >= 0.0 && order * shape.channels as f64 <= MOST_MEMORY as f64) {
            let expected = "0 to 2048 samples over all channels, in seconds";
            return setting("memory_s", self.memory_s, expected);
        }
        let (order, lags) = (order as usize, lags(self.response_s, shape.rate_hz)?);
        let needed = (order + 1).max(lags) + shape.channels + 1;
        if shape.samples < needed {
            return Err(DecodeError::TooShort { found: shape.samples, what: NAME, needed });
        }
        let codes = codes(codebook, shape)?;
        let events = Events::new(&codes, self.events, self.onset, shape.samples);
        let structure = Structure::new(events, lags);
        structure.check()?;
        let features = structure.features();
        let found = codebook.len().saturating_mul(2 * features * features);
        if found > MOST_FACTORS {
            let what = "targets × (kinds of events × lags)²";
            return Err(DecodeError::TooLarge { what, found, limit: MOST_FACTORS });
        }
        let grams =
            (0..codebook.len()).map(|target| centered_gram(&structure, target, shape.samples));
        let mut decoder = ZeroTraining {
            shape,
            order,
            smoothing: self.smoothing,
            grams: grams.collect(),
            factors: Vec::new(),
            covariances: Autocovariances::new(shape.channels, order),
            xx: vec![0.0; shape.channels * shape.channels],
            xy: vec![0.0; shape.channels * features],
            yy: vec![0.0; features * features],
            structure,
            learned: 0,
        };
        decoder.factor()?;
        Ok(decoder)
    }
}

/// `M·Mᵀ` of a target's events without their means.
fn centered_gram(structure: &Structure, target: usize, samples: usize) -> Vec<f64> {
    let features = structure.features();
    let mut gram = vec![0.0; features * features];
    let mut sums = vec![0.0; features];
    structure.add_gram(target, samples, 1.0, &mut gram);
    mirror(&mut gram, features);
    structure.add_sums(target, samples, 1.0, &mut sums);
    for (row, left) in gram.chunks_exact_mut(features).zip(&sums) {
        let mean = left / samples as f64;
        row.iter_mut().zip(&sums).for_each(|(value, right)| *value -= mean * right);
    }
    gram
}

impl ZeroTraining {
    /// Epochs learned so far.
    pub fn learned(&self) -> usize {
        self.learned
    }

    /// Scores an epoch, and learns it as one of the target that scores best.
    ///
    /// # Errors
    /// As [`Decoder::score_into`].
    pub fn score_and_adapt(
        &mut self,
        epoch: Epoch<'_>,
        scores: &mut [f64],
        scratch: &mut Scratch,
    ) -> Result<(), DecodeError> {
        self.score_into(epoch, scores, scratch)?;
        let best = scores.iter().enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b));
        match best {
            Some((target, _)) => self.learn(target, epoch, scratch),
            None => Ok(()),
        }
    }

    /// Learns an epoch of a target.
    ///
    /// # Errors
    /// [`DecodeError::Shape`] for an epoch of another size or a target that is not there,
    /// [`DecodeError::NotFinite`], [`DecodeError::Flat`], [`DecodeError::Overflow`].
    pub fn learn(
        &mut self,
        target: usize,
        epoch: Epoch<'_>,
        scratch: &mut Scratch,
    ) -> Result<(), DecodeError> {
        self.take(target, epoch, scratch)?;
        self.factor()
    }

    /// Learns all epochs of a calibration, of this user or of others.
    ///
    /// # Errors
    /// As [`learn`](Self::learn).
    pub fn learn_all(
        &mut self,
        calibration: &Calibration,
        scratch: &mut Scratch,
    ) -> Result<(), DecodeError> {
        same("targets of the calibration", calibration.targets(), self.targets())?;
        for (target, epoch) in calibration.epochs() {
            self.take(target, epoch, scratch)?;
        }
        self.factor()
    }

    fn take(
        &mut self,
        target: usize,
        epoch: Epoch<'_>,
        scratch: &mut Scratch,
    ) -> Result<(), DecodeError> {
        if target >= self.targets() {
            let (what, expected) = ("target to learn", self.targets());
            return Err(DecodeError::Shape { what, found: target, expected });
        }
        check_epoch(self.shape, epoch)?;
        self.whiten(epoch, scratch)?;
        let (channels, samples) = (self.shape.channels, self.shape.samples);
        let white = &scratch.real[channels * samples..];
        let mut product = vec![0.0; channels * channels];
        multiply_transposed(white, white, samples, &mut product)?;
        self.xx.iter_mut().zip(&product).for_each(|(sum, value)| *sum += value);
        self.structure.add_cross(target, white, samples, &mut self.xy);
        self.yy.iter_mut().zip(&self.grams[target]).for_each(|(sum, value)| *sum += value);
        // What the whitener came from: everything before, and this epoch.
        self.covariances.clone_from(&scratch.covariances);
        self.learned += 1;
        Ok(())
    }

    /// The factors of all targets, after something was learned.
    fn factor(&mut self) -> Result<(), DecodeError> {
        let features = self.structure.features();
        let mut factors = Vec::with_capacity(self.grams.len());
        for gram in &self.grams {
            let mut sum: Vec<f64> = self.yy.iter().zip(gram).map(|(a, b)| a + b).collect();
            let mean = sum.iter().step_by(features + 1).sum::<f64>() / features as f64;
            self.structure.add_penalty([SIZE, 1.0].map(|p| p * self.smoothing * mean), &mut sum);
            factor_in_place(&mut sum, features)?;
            factors.push(sum);
        }
        self.factors = factors;
        Ok(())
    }

    /// Leaves the epoch in `scratch.real`: channels without means and of power 1 together, and after
    /// them the same whitened; what the whitener came from in `scratch.covariances`.
    fn whiten(&self, epoch: Epoch<'_>, scratch: &mut Scratch) -> Result<(), DecodeError> {
        let (channels, samples) = (self.shape.channels, self.shape.samples);
        if epoch.rows().all(is_constant) {
            return Err(DecodeError::Flat);
        }
        let Scratch { real, covariances, whitener, .. } = scratch;
        let (raw, white) =
            Scratch::zeros(real, 2 * channels * samples).split_at_mut(channels * samples);
        for (row, out) in epoch.rows().zip(raw.chunks_exact_mut(samples)) {
            if !is_constant(row) {
                out.copy_from_slice(row);
                center(out);
            }
        }
        scale_to_one(raw)?;
        covariances.reset(channels, self.order);
        covariances.add(raw, samples, 1.0 / samples as f64)?;
        covariances.add_all(&self.covariances)?;
        whitener.refit(covariances)?;
        whitener.whiten_into(raw, samples, white)?;
        white.chunks_exact_mut(samples).for_each(center);
        scale_to_one(white)
    }
}

fn center(row: &mut [f64]) {
    let count = row.len() as f64;
    let mean = row.iter().map(|value| value / count).sum::<f64>();
    row.iter_mut().for_each(|value| *value -= mean);
}

/// Divides by the root of the mean square.
fn scale_to_one(planar: &mut [f64]) -> Result<(), DecodeError> {
    let power = dot(planar, planar) / planar.len() as f64;
    if !power.is_finite() {
        return Err(DecodeError::Overflow);
    }
    if !power.is_normal() {
        return Err(DecodeError::Flat);
    }
    let deviation = power.sqrt();
    planar.iter_mut().for_each(|value| *value /= deviation);
    Ok(())
}

impl Decoder for ZeroTraining {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn targets(&self) -> usize {
        self.grams.len()
    }

    fn score_into(
        &self,
        epoch: Epoch<'_>,
        scores: &mut [f64],
        scratch: &mut Scratch,
    ) -> Result<(), DecodeError> {
        check_call(self.shape, self.targets(), epoch, scores)?;
        self.whiten(epoch, scratch)?;
        let (channels, samples) = (self.shape.channels, self.shape.samples);
        let Scratch { real, products, small, singular, .. } = scratch;
        let white = &real[channels * samples..];
        let xx = Scratch::zeros(small, channels * channels);
        multiply_transposed(white, white, samples, xx)?;
        xx.iter_mut().zip(&self.xx).for_each(|(sum, value)| *sum += value);
        let ridge = RIDGE * (self.learned + 1) as f64 * samples as f64;
        xx.iter_mut().step_by(channels + 1).for_each(|value| *value += ridge);
        factor_in_place(xx, channels)?;
        let features = self.structure.features();
        let xy = Scratch::zeros(products, channels * features);
        for (target, (score, factor)) in scores.iter_mut().zip(&self.factors).enumerate() {
            xy.copy_from_slice(&self.xy);
            self.structure.add_cross(target, white, samples, xy);
            xy.chunks_exact_mut(features).for_each(|row| solve_lower_in_place(factor, row));
            solve_rows(xx, xy, features);
            *score = largest_singular_value(xy, features, singular)?.min(1.0);
        }
        Ok(())
    }
}

impl Adaptive for ZeroTraining {
    fn score_and_adapt(
        &mut self,
        epoch: Epoch<'_>,
        scores: &mut [f64],
        scratch: &mut Scratch,
    ) -> Result<(), DecodeError> {
        ZeroTraining::score_and_adapt(self, epoch, scores, scratch)
    }
}

/// Solves `L X = B` for all columns at once, in place of the rows of B.
fn solve_rows(lower: &[f64], rows: &mut [f64], cols: usize) {
    let size = rows.len() / cols;
    for i in 0..size {
        let (done, rest) = rows.split_at_mut(i * cols);
        let row = &mut rest[..cols];
        for (factor, before) in lower[i * size..].iter().zip(done.chunks_exact(cols)) {
            row.iter_mut().zip(before).for_each(|(value, before)| *value -= factor * before);
        }
        let pivot = lower[i * size + i];
        row.iter_mut().for_each(|value| *value /= pivot);
    }
}
