use super::code::codes;
use super::events::{EventModel, Events};
use super::posterior::responses;
use super::rcca::lags;
use super::structure::{Structure, mirror};
use super::trials::{Trials, is_constant};
use crate::decode::decoder::check_call;
use crate::decode::{Calibration, DecodeError, Decoder, Fusion, Scratch, Shape};
use crate::dsp::linalg::{Cholesky, dot, multiply_transposed};
use crate::dsp::{Autocovariances, Whitener};
use crate::signal::Epoch;
use crate::stimulus::Codebook;

/// Name in messages.
const NAME: &str = "reconvolution";
/// What a response's size counts for beside its roughness.
const SIZE: f64 = 0.01;
/// Penalties of the first estimate on size and roughness, relative to the mean of the Gram matrix's
/// diagonal. It only serves to know the noise.
const FIRST: [f64; 2] = [0.01, 0.1];
/// Most channels × samples of memory of the noise.
const MOST_MEMORY: usize = 2048;

/// Settings of [`Reconvolution`].
#[derive(Debug, Clone, PartialEq)]
pub struct ReconvolutionParams {
    /// What a code is taken apart into.
    pub events: EventModel,
    /// Whether the start of the stimulation has a response of its own.
    pub onset: bool,
    /// How long the response to an event lasts.
    pub response_s: f64,
    /// How far back the noise of all channels foretells its next sample.
    pub memory_s: f64,
    /// Samples of the epochs to decode; as many as those of the calibration when `None`.
    pub window: Option<usize>,
}

impl Default for ReconvolutionParams {
    fn default() -> Self {
        Self {
            events: EventModel::RiseFall,
            onset: true,
            response_s: 0.3,
            memory_s: 0.05,
            window: None,
        }
    }
}

/// Responses to the events of a code, in EEG that is whitened over channels and time.
///
/// As in [`Rcca`](super::Rcca), the response to a code is the sum of responses to its events, so
/// codes that were never seen can be decoded. Here all channels have responses of their own, and
/// the noise is modelled, too:
///
/// 1. A first regression of the EEG on the events leaves the noise. A vector autoregression of the
///    noise, in which noisy trials count less, says how to whiten the EEG.
/// 2. The whitened EEG is regressed on the events again, each trial weighted by the inverse of its
///    power. A Gaussian prior asks for smooth responses and, by a covariance over channels that is
///    found from the data (empirical Bayes by expectation and maximisation), for few spatial
///    patterns. There is nothing to tune, and one trial is enough to start with.
/// 3. The score of a target is the matched filter: the inner product of the whitened epoch with the
///    whitened response expected, over the norm of the latter. It is in standard deviations of the
///    noise: about N(0, 1) where no response is.
///
/// This is generalised least squares (Aitken 1936) with a matched filter for coloured noise, for the
/// event model of Thielen et al. 2015 (PLoS ONE 10:e0133797); the prior over channels follows the
/// evidence procedure (MacKay 1992, Neural Comput 4:415).
#[derive(Debug, Clone)]
pub struct Reconvolution {
    shape: Shape,
    targets: usize,
    /// Channels × targets × samples: the matched filters.
    filters: Vec<f64>,
}

impl ReconvolutionParams {
    /// A decoder fitted to a user's trials, not all targets of which need to be there.
    ///
    /// # Errors
    /// [`DecodeError::NoCode`] for a target that shows no code, [`DecodeError::Setting`],
    /// [`DecodeError::Calibration`] without a trial, [`DecodeError::Shape`] for a calibration of
    /// another codebook, [`DecodeError::Flat`] where no channel varies, [`DecodeError::TooShort`]
    /// for fewer samples than the noise has of memory, [`DecodeError::TooLarge`].
    pub fn fit(
        &self,
        codebook: &Codebook,
        calibration: &Calibration,
    ) -> Result<Reconvolution, DecodeError> {
        let trained = calibration.shape();
        let shape = Shape { samples: self.window.unwrap_or(trained.samples), ..trained };
        let order = self.order(codebook, calibration, shape)?;
        let structure = self.structure(codebook, shape, trained.samples)?;
        let mut trials = Trials::standardized(calibration)?;
        let whitener = noise(&trials, &structure, order)?;
        trials.change(|planar, out| whitener.whiten_into(planar, trained.samples, out))?;
        let weights: Vec<f64> = trials.iter().map(|(_, planar)| weight(planar)).collect();
        let (gram, cross) = sums(&trials, &structure, &weights);
        let mut precision = vec![0.0; gram.len()];
        structure.add_penalty([SIZE, 1.0], &mut precision);
        let response = responses(&gram, &cross, &precision, shape.channels)?;
        Ok(Reconvolution {
            shape,
            targets: codebook.len(),
            filters: matched(&structure, &response, &whitener, &trials.scales, shape)?,
        })
    }

    /// Samples of memory of the noise, once everything is checked.
    fn order(
        &self,
        codebook: &Codebook,
        calibration: &Calibration,
        shape: Shape,
    ) -> Result<usize, DecodeError> {
        let trained = calibration.shape();
        shape.check()?;
        calibration.check(codebook, trained, 0)?;
        if calibration.is_empty() {
            let reason = "needs at least one calibration trial";
            return Err(DecodeError::Calibration { method: NAME, reason });
        }
        let order = (self.memory_s * shape.rate_hz).round();
        if !(order >= 0.0 && order * shape.channels as f64 <= MOST_MEMORY as f64) {
            let (name, found) = ("memory_s", self.memory_s.to_string());
            let expected = "0 to 2048 samples over all channels, in seconds";
            return Err(DecodeError::Setting { name, found, expected });
        }
        let needed = (order as usize + 1) * shape.channels + 1;
        let found = calibration.len() * trained.samples;
        if found < needed || trained.samples <= order as usize {
            return Err(DecodeError::TooShort { found, what: NAME, needed });
        }
        shape.check_table(codebook.len().saturating_mul(shape.channels))?;
        Ok(order as usize)
    }

    fn structure(
        &self,
        codebook: &Codebook,
        shape: Shape,
        trained: usize,
    ) -> Result<Structure, DecodeError> {
        let samples = shape.samples.max(trained);
        let codes = codes(codebook, shape)?;
        let events = Events::new(&codes, self.events, self.onset, samples);
        let structure = Structure::new(events, lags(self.response_s, shape.rate_hz)?);
        structure.check()?;
        Ok(structure)
    }
}

/// What whitens the part of the trials that is no response.
fn noise(trials: &Trials, structure: &Structure, order: usize) -> Result<Whitener, DecodeError> {
    let (channels, samples) = (trials.channels, trials.samples);
    let (mut gram, mut response) = sums(trials, structure, &vec![1.0; trials.len()]);
    let features = structure.features();
    let mean = gram.iter().step_by(features + 1).sum::<f64>() / features as f64;
    structure.add_penalty(FIRST.map(|factor| factor * mean), &mut gram);
    let factor = Cholesky::new(&gram, features)?;
    response.chunks_exact_mut(features).try_for_each(|row| factor.solve(row))?;

    let mut rest = trials.clone();
    for target in 0..structure.targets() {
        let mut expected = vec![0.0; channels * samples];
        let rows = expected.chunks_exact_mut(samples).zip(response.chunks_exact(features));
        rows.for_each(|(out, response)| structure.add_response(target, response, out));
        for planar in rest.of_target_mut(target) {
            planar.iter_mut().zip(&expected).for_each(|(value, expected)| *value -= expected);
        }
    }
    let weights: Vec<f64> = rest.iter().map(|(_, planar)| weight(planar)).collect();
    let total: f64 = weights.iter().sum::<f64>() * samples as f64;
    let mut covariances = Autocovariances::new(channels, order);
    for ((_, planar), weight) in rest.iter().zip(&weights) {
        covariances.add(planar, samples, weight / total)?;
    }
    Ok(Whitener::new(&covariances)?)
}

/// The inverse of a trial's mean power; a trial without any counts for nothing.
fn weight(planar: &[f64]) -> f64 {
    let power = dot(planar, planar) / planar.len() as f64;
    if power > 0.0 { 1.0 / power } else { 0.0 }
}

/// Weighted sums over trials: the Gram matrix of the events, and the trials against the events.
fn sums(trials: &Trials, structure: &Structure, weights: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let features = structure.features();
    let mut gram = vec![0.0; features * features];
    let mut cross = vec![0.0; trials.channels * features];
    let mut total = vec![0.0; trials.channels * trials.samples];
    for target in 0..structure.targets() {
        total.fill(0.0);
        let mut all = 0.0;
        let own = trials.iter().zip(weights).filter(|((label, _), _)| *label == target);
        for ((_, planar), weight) in own {
            total.iter_mut().zip(planar).for_each(|(sum, value)| *sum += weight * value);
            all += weight;
        }
        if all > 0.0 {
            structure.add_gram(target, trials.samples, all, &mut gram);
            structure.add_cross(target, &total, trials.samples, &mut cross);
        }
    }
    mirror(&mut gram, features);
    (gram, cross)
}

/// The matched filters for epochs as they come: the whitened response expected, turned round through
/// the whitening, without the level of each channel.
fn matched(
    structure: &Structure,
    response: &[f64],
    whitener: &Whitener,
    scales: &[f64],
    shape: Shape,
) -> Result<Vec<f64>, DecodeError> {
    let Shape { channels, samples, .. } = shape;
    let targets = structure.targets();
    let mut filters = vec![0.0; channels * targets * samples];
    let mut expected = vec![0.0; channels * samples];
    let mut turned = vec![0.0; channels * samples];
    for target in 0..targets {
        expected.fill(0.0);
        let responses = response.chunks_exact(structure.features());
        for (out, response) in expected.chunks_exact_mut(samples).zip(responses) {
            structure.add_response(target, response, out);
        }
        let norm = dot(&expected, &expected).sqrt();
        if norm == 0.0 {
            continue;
        }
        whitener.adjoint_into(&expected, samples, &mut turned)?;
        for (channel, (row, scale)) in turned.chunks_exact(samples).zip(scales).enumerate() {
            let mean = row.iter().sum::<f64>() / samples as f64;
            let out = &mut filters[(channel * targets + target) * samples..][..samples];
            out.iter_mut().zip(row).for_each(|(out, v)| *out = (v - mean) * scale / norm);
        }
    }
    Ok(filters)
}

impl Decoder for Reconvolution {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn targets(&self) -> usize {
        self.targets
    }

    /// The scores are statistics, not correlations, and the sum of those of independent bands is one
    /// again.
    fn fusion(&self) -> Fusion {
        Fusion::Plain
    }

    fn score_into(
        &self,
        epoch: Epoch<'_>,
        scores: &mut [f64],
        scratch: &mut Scratch,
    ) -> Result<(), DecodeError> {
        check_call(self.shape, self.targets, epoch, scores)?;
        if epoch.rows().all(is_constant) {
            return Err(DecodeError::Flat);
        }
        let samples = self.shape.samples;
        let of_channel = Scratch::zeros(&mut scratch.real, self.targets);
        scores.fill(0.0);
        let filters = self.filters.chunks_exact(self.targets * samples);
        for (row, filters) in epoch.rows().zip(filters) {
            multiply_transposed(filters, row, samples, of_channel)?;
            scores.iter_mut().zip(of_channel.iter()).for_each(|(score, value)| *score += value);
        }
        if scores.iter().any(|score| !score.is_finite()) {
            return Err(DecodeError::Overflow);
        }
        Ok(())
    }
}
