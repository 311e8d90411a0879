use super::decoder::{check_call, check_epoch, same};
use super::{Calibration, DecodeError, Decoder, Fusion, Scratch, Shape};
use crate::dsp::{BandPass, Family, Sos, SosState, ZeroPhase};
use crate::signal::Epoch;
use crate::stimulus::Codebook;

/// Most bands of a bank.
const MAX_BANDS: usize = 512;

/// Bands that a signal is split into, and what the score in each counts.
///
/// ```
/// use evoked::decode::FilterBank;
/// let bank = FilterBank::chen(5, 8.0, 90.0);
/// assert_eq!((bank.bands()[2].low_hz, bank.bands()[2].high_hz), (24.0, 90.0));
/// assert_eq!(bank.weights()[0], 1.25);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct FilterBank {
    bands: Vec<BandPass>,
    weights: Vec<f64>,
}

impl FilterBank {
    /// Bands and the weight of each.
    ///
    /// # Errors
    /// [`DecodeError::Setting`] for no or too many bands, or weights that are not one finite number
    /// a band.
    pub fn new(bands: Vec<BandPass>, weights: Vec<f64>) -> Result<Self, DecodeError> {
        if !(1..=MAX_BANDS).contains(&bands.len()) {
            let (found, expected) = (bands.len().to_string(), "1 to 512");
            return Err(DecodeError::Setting { name: "bands", found, expected });
        }
        if weights.len() != bands.len() || weights.iter().any(|weight| !weight.is_finite()) {
            let (found, expected) = (format!("{weights:?}"), "one finite number a band");
            return Err(DecodeError::Setting { name: "weights", found, expected });
        }
        Ok(Self { bands, weights })
    }

    /// The bank of Chen et al. 2015 (J Neural Eng 12:046008): band i = 1 … `count` passes
    /// `[spacing_hz·i, high_hz]` (Chebyshev I of order 4, 0.5 dB of ripple) and has weight
    /// `i^−1.25 + 0.25`. Published with a spacing of 8 Hz, 90 Hz and five bands for targets from 8 to 16 Hz.
    pub fn chen(count: usize, spacing_hz: f64, high_hz: f64) -> Self {
        let numbers = || (1..=count.clamp(1, MAX_BANDS)).map(|i| i as f64);
        let family = Family::Chebyshev1 { ripple_db: 0.5 };
        let band = |i: f64| BandPass { family, order: 4, low_hz: spacing_hz * i, high_hz };
        Self {
            bands: numbers().map(band).collect(),
            weights: numbers().map(|i| i.powf(-1.25) + 0.25).collect(),
        }
    }

    /// A single band, of weight 1.
    pub fn single(band: BandPass) -> Self {
        Self { bands: vec![band], weights: vec![1.0] }
    }

    /// A band of `half_width_hz` to either side of each target's frequency (Butterworth of order
    /// 2), for decoders of covariances. Targets without a frequency, such as rest, add none.
    ///
    /// # Errors
    /// [`DecodeError::NoFrequency`] where no target has one, and as [`FilterBank::new`].
    pub fn around_targets(codebook: &Codebook, half_width_hz: f64) -> Result<Self, DecodeError> {
        let frequencies: Vec<f64> =
            codebook.targets().iter().filter_map(|t| t.modulation.frequency_hz()).collect();
        if frequencies.is_empty() {
            let label = codebook.targets().first().map(|t| t.label.clone()).unwrap_or_default();
            return Err(DecodeError::NoFrequency { label });
        }
        let band = |hz: &f64| BandPass {
            family: Family::Butterworth,
            order: 2,
            low_hz: hz - half_width_hz,
            high_hz: hz + half_width_hz,
        };
        let bands: Vec<_> = frequencies.iter().map(band).collect();
        let weights = vec![1.0; bands.len()];
        Self::new(bands, weights)
    }

    /// The bands in order.
    pub fn bands(&self) -> &[BandPass] {
        &self.bands
    }

    /// The weight of each band.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The filters for a sampling rate.
    ///
    /// # Errors
    /// [`DecodeError::Dsp`] for bands that the rate can't carry.
    pub fn design(&self, rate_hz: f64) -> Result<SubBands, DecodeError> {
        SubBands::of(self.bands.iter().map(|band| band.design(rate_hz)).collect::<Result<_, _>>()?)
    }
}

/// The filters of a bank at one sampling rate.
///
/// What they give has the rows of all channels in the first band, then those of the second, and so
/// on.
#[derive(Debug, Clone)]
pub struct SubBands {
    filters: Vec<(ZeroPhase, Sos)>,
}

impl SubBands {
    /// Filters that are designed already, one a band.
    pub(super) fn of(bands: Vec<Sos>) -> Result<Self, DecodeError> {
        let both = |sos: Sos| Ok((ZeroPhase::new(&sos)?, sos));
        Ok(Self { filters: bands.into_iter().map(both).collect::<Result<_, DecodeError>>()? })
    }

    /// Number of bands.
    pub fn len(&self) -> usize {
        self.filters.len()
    }

    /// Never: a bank has at least one band.
    pub fn is_empty(&self) -> bool {
        self.filters.is_empty()
    }

    /// The filters as sections, in order.
    pub fn sections(&self) -> impl ExactSizeIterator<Item = &Sos> {
        self.filters.iter().map(|(_, sos)| sos)
    }

    /// Filters an epoch by itself, forward and backward, into `out`: bands × channels rows as long
    /// as the epoch. Its ends are extended as [`ZeroPhase`] says.
    ///
    /// # Errors
    /// [`DecodeError::Shape`] for a slice of another size.
    pub fn filter_into(
        &self,
        epoch: Epoch<'_>,
        out: &mut [f64],
        scratch: &mut Scratch,
    ) -> Result<(), DecodeError> {
        let (channels, samples) = (epoch.channels(), epoch.len());
        let expected = self.len() * channels * samples;
        if out.len() != expected {
            let (what, found) = ("values of the filtered epoch", out.len());
            return Err(DecodeError::Shape { what, found, expected });
        }
        if expected == 0 {
            return Ok(());
        }
        let bands = out.chunks_exact_mut(channels * samples);
        for ((filter, _), band) in self.filters.iter().zip(bands) {
            filter.filter_channels(epoch.rows(), samples, band, &mut scratch.zero_phase)?;
        }
        Ok(())
    }

    /// The calibration with every epoch filtered by itself, as [`filter_into`](Self::filter_into)
    /// does.
    ///
    /// # Errors
    /// None that its epochs can cause.
    pub fn filter_calibration(&self, raw: &Calibration) -> Result<Calibration, DecodeError> {
        let mut scratch = Scratch::default();
        let rows = self.len() * raw.shape().channels;
        raw.map(rows, |epoch, out| self.filter_into(epoch, out, &mut scratch))
    }

    /// The filters at rest, to be run forward over `channels` channels as samples come.
    pub fn causal(&self, channels: usize) -> CausalBands {
        let state = |(_, sos): &(ZeroPhase, Sos)| vec![SosState::new(sos); channels];
        CausalBands { channels, states: self.filters.iter().flat_map(state).collect() }
    }
}

/// A bank that filters forward as samples come, in chunks of any size.
#[derive(Debug, Clone)]
pub struct CausalBands {
    channels: usize,
    /// One for each row of the output.
    states: Vec<SosState>,
}

impl CausalBands {
    /// Rows of the output: bands × channels.
    pub fn rows(&self) -> usize {
        self.states.len()
    }

    /// Filters the next samples of all channels into `out`, rows as long as the chunk.
    ///
    /// # Errors
    /// [`DecodeError::Shape`] for a chunk or a slice of another size.
    pub fn push(&mut self, chunk: Epoch<'_>, out: &mut [f64]) -> Result<(), DecodeError> {
        same("channels of the chunk", chunk.channels(), self.channels)?;
        same("values of the filtered chunk", out.len(), self.states.len() * chunk.len())?;
        if out.is_empty() {
            return Ok(());
        }
        for (row, out) in out.chunks_exact_mut(chunk.len()).enumerate() {
            out.copy_from_slice(chunk.channel(row % self.channels));
            self.states[row].filter_in_place(out);
        }
        Ok(())
    }

    /// Back to rest, as after a gap.
    pub fn reset(&mut self) {
        self.states.iter_mut().for_each(SosState::reset);
    }
}

/// One decoder a band, and the weighted sum of their scores: `Σ aᵢ·f(sᵢ)`, f being the method's
/// [`Fusion`].
///
/// It takes epochs that are filtered already, rows of the first band first, as
/// [`Preprocess`](super::Preprocess) and [`SubBands`] give them.
#[derive(Debug, Clone)]
pub struct Banked<D> {
    weights: Vec<f64>,
    bands: Vec<D>,
    shape: Shape,
}

impl<D: Decoder> Banked<D> {
    /// Decoders of the same shape and targets, each with its weight.
    ///
    /// # Errors
    /// [`DecodeError::Setting`] for no decoder or another number of weights,
    /// [`DecodeError::Shape`] for decoders that differ.
    pub fn new(weights: &[f64], bands: Vec<D>) -> Result<Self, DecodeError> {
        let Some(first) = bands.first().filter(|_| weights.len() == bands.len()) else {
            let found = format!("{} for {} bands", weights.len(), bands.len());
            let expected = "one for each of at least one band";
            return Err(DecodeError::Setting { name: "weights", found, expected });
        };
        let (one, targets) = (first.shape(), first.targets());
        if let Some(other) = bands.iter().find(|d| d.shape() != one || d.targets() != targets) {
            let (what, found) = ("targets of a band's decoder", other.targets());
            return Err(DecodeError::Shape { what, found, expected: targets });
        }
        let shape = Shape { channels: one.channels * bands.len(), ..one };
        Ok(Self { weights: weights.to_vec(), bands, shape })
    }
}

impl<D: Decoder> Decoder for Banked<D> {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn targets(&self) -> usize {
        self.bands.first().map_or(0, Decoder::targets)
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
        scores.fill(0.0);
        let rows = self.shape.channels / self.bands.len();
        let mut of_band = std::mem::take(&mut scratch.scores);
        of_band.resize(scores.len(), 0.0);
        let mut scored = Ok(());
        for (band, (decoder, weight)) in self.bands.iter().zip(&self.weights).enumerate() {
            let part = epoch.part(band * rows..(band + 1) * rows, 0..epoch.len());
            let part = part.unwrap_or(epoch);
            scored = decoder.score_into(part, &mut of_band, scratch);
            if scored.is_err() {
                break;
            }
            let fusion = decoder.fusion();
            for (score, value) in scores.iter_mut().zip(&of_band) {
                *score += weight * fusion.apply(*value);
            }
        }
        scratch.scores = of_band;
        scored
    }
}

/// A decoder that takes unfiltered epochs and filters each by itself, forward and backward.
///
/// ```
/// use evoked::decode::{Decoder, FilterBank, Filtering, Method, Settings, Shape};
/// use evoked::signal::Epoch;
/// use evoked::stimulus::Codebook;
///
/// let codebook = Codebook::sinusoids(&[9.0, 11.0, 13.0])?;
/// let bank = FilterBank::chen(3, 8.0, 90.0);
/// let settings = Settings { harmonics: 3, weights: bank.weights().to_vec(), ..Settings::default() };
/// let shape = Shape::of_window(3, 1.0, 250.0);
/// let fbcca = Method::Cca.build(&codebook, shape, &settings)?;
/// let decoder = Filtering::new(bank.design(250.0)?, fbcca)?;
///
/// let gaze: Vec<f64> = (0..250).map(|n| (std::f64::consts::TAU * 11.0 * n as f64 / 250.0).sin()).collect();
/// let scores = decoder.score(Epoch::from_planar(&gaze, 1)?)?;
/// assert!(scores[1] > scores[0] && scores[1] > scores[2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Filtering<D> {
    bands: SubBands,
    inner: D,
    shape: Shape,
}

impl<D: Decoder> Filtering<D> {
    /// Filters in front of a decoder of filtered epochs.
    ///
    /// # Errors
    /// [`DecodeError::Shape`] where the decoder's channels do not divide into the bands.
    pub fn new(bands: SubBands, inner: D) -> Result<Self, DecodeError> {
        let shape = inner.shape();
        if !shape.channels.is_multiple_of(bands.len()) {
            let (what, found) = ("bands in front of a decoder of so many rows", bands.len());
            return Err(DecodeError::Shape { what, found, expected: shape.channels });
        }
        let shape = Shape { channels: shape.channels / bands.len(), ..shape };
        Ok(Self { bands, inner, shape })
    }
}

impl<D: Decoder> Decoder for Filtering<D> {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn targets(&self) -> usize {
        self.inner.targets()
    }

    fn fusion(&self) -> Fusion {
        self.inner.fusion()
    }

    fn score_into(
        &self,
        epoch: Epoch<'_>,
        scores: &mut [f64],
        scratch: &mut Scratch,
    ) -> Result<(), DecodeError> {
        check_epoch(self.shape, epoch)?;
        let inner = self.inner.shape();
        let mut filtered = std::mem::take(&mut scratch.filtered);
        filtered.resize(inner.channels * inner.samples, 0.0);
        let mut scored = self.bands.filter_into(epoch, &mut filtered, scratch);
        if scored.is_ok() {
            let epoch = Epoch::from_planar(&filtered, inner.channels)?;
            scored = self.inner.score_into(epoch, scores, scratch);
        }
        scratch.filtered = filtered;
        scored
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scores the mean of its only channel for target 0, its negative for target 1.
    struct Mean;

    const SHAPE: Shape = Shape { channels: 1, samples: 4, rate_hz: 250.0 };

    impl Decoder for Mean {
        fn shape(&self) -> Shape {
            SHAPE
        }

        fn targets(&self) -> usize {
            2
        }

        fn fusion(&self) -> Fusion {
            Fusion::SignedSquare
        }

        fn score_into(
            &self,
            epoch: Epoch<'_>,
            scores: &mut [f64],
            _: &mut Scratch,
        ) -> Result<(), DecodeError> {
            let mean = epoch.channel(0).iter().sum::<f64>() / 4.0;
            scores.copy_from_slice(&[mean, -mean]);
            Ok(())
        }
    }

    #[test]
    fn bands_add_up_by_weight_with_their_signs() {
        let banked = Banked::new(&[2.0, 0.5], vec![Mean, Mean]).unwrap();
        let planar = [3.0, 3.0, 3.0, 3.0, -2.0, -2.0, -2.0, -2.0];
        let scores = banked.score(Epoch::from_planar(&planar, 2).unwrap()).unwrap();
        assert_eq!(scores, [2.0 * 9.0 - 0.5 * 4.0, -2.0 * 9.0 + 0.5 * 4.0]);
    }

    #[test]
    fn banks_that_do_not_fit_are_refused() {
        assert!(matches!(Banked::new(&[1.0], vec![Mean, Mean]), Err(DecodeError::Setting { .. })));
        assert!(matches!(FilterBank::new(vec![], vec![]), Err(DecodeError::Setting { .. })));
        let band = FilterBank::chen(1, 8.0, 90.0).bands()[0];
        assert!(FilterBank::new(vec![band], vec![f64::NAN]).is_err());
        assert!(FilterBank::chen(5, 8.0, 90.0).design(100.0).is_err());
    }

    #[test]
    fn chunks_give_what_the_whole_gives() {
        let bands = FilterBank::chen(2, 8.0, 90.0).design(250.0).unwrap();
        let signal: Vec<f64> = (0..60).map(|n| f64::from(n * 37 % 19)).collect();
        let mut whole = vec![0.0; 120];
        let mut state = bands.causal(1);
        state.push(Epoch::from_planar(&signal, 1).unwrap(), &mut whole).unwrap();
        state.reset();
        let mut at = 0;
        for len in [1, 7, 0, 30, 22] {
            let mut out = vec![0.0; 2 * len];
            let chunk = Epoch::from_planar(&signal[at..at + len], 1).unwrap();
            state.push(chunk, &mut out).unwrap();
            assert_eq!(out[..len], whole[at..at + len]);
            assert_eq!(out[len..], whole[60 + at..60 + at + len]);
            at += len;
        }
    }
}
