use super::canonical::{matrix_times, mix, ratio};
use super::references::{basis, check_length, most_rows, references};
use super::stack::Stack;
use crate::decode::decoder::{check_call, check_epoch};
use crate::decode::row_space::RowSpace;
use crate::decode::{Calibration, DecodeError, Decoder, Fusion, Scratch, Shape};
use crate::dsp::linalg::{LeadingScratch, Whitening, leading_singular_vector, multiply_transposed};
use crate::signal::Epoch;
use crate::stimulus::Codebook;

/// Settings of [`ECca`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ECcaParams {
    /// Harmonics of each target, the fundamental being the first.
    pub harmonics: usize,
    /// Mains frequency: harmonics within 1 Hz of it or of its multiples are left out.
    pub mains_hz: Option<f64>,
    /// Correlations that are added: all 5 (Nakanishi et al. 2015), or the first 4.
    pub terms: usize,
}

impl Default for ECcaParams {
    fn default() -> Self {
        Self { harmonics: 2, mains_hz: None, terms: 5 }
    }
}

/// The combination method, also called extended CCA (Chen et al. 2015, PNAS 112:E6058; Nakanishi
/// et al. 2015, PLoS ONE 10:e0140703).
///
/// With x the epoch, y the sinusoids and m the mean calibration trial of a target, the score is
/// `Σ rₗ·|rₗ|` of
///
/// 1. the canonical correlation of x and y;
/// 2. the correlation of a'x and a'm, a the filter of x in the CCA of x and m;
/// 3. that of b'x and b'm, b the filter of x in the CCA of x and y;
/// 4. that of c'x and c'm, c the filter of m in the CCA of m and y;
/// 5. that of a'm and d'm, d the filter of m in the CCA of x and m.
///
/// The filters of a pair have the signs that make its correlation positive. Every target needs a
/// calibration trial, and trials that start at the same phase. Channels that add nothing do no harm.
/// Bands of a filter bank add up as they are.
///
/// ```
/// use evoked::decode::{Calibration, Decoder, Shape, ssvep::ECcaParams};
/// use evoked::signal::Epoch;
/// use evoked::stimulus::Codebook;
///
/// let codebook = Codebook::sinusoids(&[13.0, 17.0])?;
/// let mut calibration = Calibration::new(Shape::of_window(1, 1.0, 256.0), &codebook)?;
/// let gaze = |f: f64| (0..256).map(move |n| (std::f64::consts::TAU * f * n as f64 / 256.0).sin());
/// for (target, frequency_hz) in [13.0, 17.0].into_iter().enumerate() {
///     let epoch: Vec<f64> = gaze(frequency_hz).collect();
///     calibration.add(target, Epoch::from_planar(&epoch, 1)?)?;
/// }
/// let decoder = ECcaParams::default().fit(&codebook, &calibration)?;
/// let epoch: Vec<f64> = gaze(17.0).collect();
/// let scores = decoder.score(Epoch::from_planar(&epoch, 1)?)?;
/// assert!((scores[1] - 5.0).abs() < 1e-9 && scores[0] < 2.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct ECca {
    shape: Shape,
    terms: usize,
    space: RowSpace,
    /// Orthonormal rows of each target: those of its sinusoids, then those of its template.
    rows: Stack,
    templates: Vec<Template>,
}

/// What is known of a target's mean trial m before there is an epoch.
#[derive(Debug, Clone)]
struct Template {
    /// Rows of the sinusoids, the others being those of the template.
    sinusoids: usize,
    /// m as mixtures of its orthonormal rows, one row each: transposed, orthonormal rows × rank.
    mixtures: Vec<f64>,
    /// The filter c of m in the CCA of m and y.
    filter: Vec<f64>,
    /// c'm as a mixture of the orthonormal rows.
    filtered: Vec<f64>,
}

impl ECcaParams {
    /// A decoder of epochs shaped as those of the calibration.
    ///
    /// # Errors
    /// [`DecodeError::NoFrequency`], [`DecodeError::Nyquist`], [`DecodeError::OnlyMains`],
    /// [`DecodeError::Setting`]; [`DecodeError::Untrained`] for a target without trials;
    /// [`DecodeError::Flat`] where no channel varies; [`DecodeError::TooShort`] where channels and
    /// sinusoids, or channels and template, together could follow any signal;
    /// [`DecodeError::TooLarge`]; [`DecodeError::Shape`] for another codebook.
    pub fn fit(&self, codebook: &Codebook, calibration: &Calibration) -> Result<ECca, DecodeError> {
        let shape = calibration.shape();
        let Shape { channels, samples, .. } = shape;
        calibration.check(codebook, shape, 1)?;
        if !(4..=5).contains(&self.terms) {
            let (found, expected) = (self.terms.to_string(), "4 or 5");
            return Err(DecodeError::Setting { name: "terms", found, expected });
        }
        let references = references(codebook, self.harmonics, self.mains_hz, shape)?;
        let most = most_rows(&references, samples).max(channels);
        check_length(samples, "ecca", channels + most + 2)?;
        shape.check_table(codebook.len().saturating_mul(channels + most))?;
        let space = RowSpace::of(calibration)?;
        let (mut rows, mut templates) = (Vec::new(), Vec::new());
        for (target, reference) in references.iter().enumerate() {
            let sinusoids = basis(reference, samples)?;
            let mean = space.mean(calibration, target)?;
            let (template, own) = Template::new(&mean, &sinusoids, samples)?;
            rows.push([sinusoids, own].concat());
            templates.push(template);
        }
        let rows = Stack::new(samples, rows.iter().map(Vec::as_slice));
        Ok(ECca { shape, terms: self.terms, space, rows, templates })
    }
}

impl Template {
    /// A template and its orthonormal rows.
    fn new(
        mean: &[f64],
        sinusoids: &[f64],
        samples: usize,
    ) -> Result<(Self, Vec<f64>), DecodeError> {
        let mut whitening = Whitening::default();
        whitening.of(mean, samples)?;
        let (channels, rank) = (mean.len() / samples, whitening.rank());
        let mut mixtures = vec![0.0; rank * channels];
        multiply_transposed(whitening.basis(), mean, samples, &mut mixtures)?;
        let mut product = vec![0.0; sinusoids.len() / samples * rank];
        multiply_transposed(sinusoids, whitening.basis(), samples, &mut product)?;
        let (mut filter, mut filtered) = (vec![0.0; channels], vec![0.0; rank]);
        let scratch = &mut LeadingScratch::default();
        leading_singular_vector(&product, rank, &mut filtered, scratch)?;
        whitening.filter_into(&filtered, &mut filter);
        let sinusoids = sinusoids.len() / samples;
        Ok((Self { sinusoids, mixtures, filter, filtered }, whitening.basis().to_vec()))
    }
}

impl ECca {
    /// The correlations r₁ … r₅ of each target, with their signs; the fifth, too, where the score
    /// leaves it out.
    ///
    /// # Errors
    /// As [`Decoder::score_into`].
    pub fn correlations(&self, epoch: Epoch<'_>) -> Result<Vec<[f64; 5]>, DecodeError> {
        check_epoch(self.shape, epoch)?;
        let mut all = Vec::with_capacity(self.targets());
        self.for_each(epoch, &mut Scratch::default(), |_, terms| all.push(terms))?;
        Ok(all)
    }

    fn for_each(
        &self,
        epoch: Epoch<'_>,
        scratch: &mut Scratch,
        mut take: impl FnMut(usize, [f64; 5]),
    ) -> Result<(), DecodeError> {
        let samples = self.shape.samples;
        let Scratch { trial, real, whitening, products, small, leading, .. } = scratch;
        self.space.project_scaled(epoch, trial, real)?;
        whitening.of(trial, samples)?;
        let (rank, channels) = (whitening.rank(), self.space.rank());
        if rank == 0 {
            return Err(DecodeError::Flat);
        }
        let products = Scratch::zeros(products, (self.rows.rows() + channels) * rank);
        let (products, of_trial) = products.split_at_mut(self.rows.rows() * rank);
        multiply_transposed(self.rows.values(), whitening.basis(), samples, products)?;
        multiply_transposed(trial, whitening.basis(), samples, of_trial)?;
        let work = Scratch::zeros(small, 3 * rank + 4 * channels);
        for (target, template) in self.templates.iter().enumerate() {
            let rows = self.rows.range(target);
            let product = &products[rows.start * rank..rows.end * rank];
            let trial = Trial { rank, channels, whitening, of_trial };
            take(target, trial.terms(product, template, work, leading)?);
        }
        Ok(())
    }
}

/// An epoch as `trial = of_trial · basis`, with orthonormal rows in the basis.
struct Trial<'a> {
    rank: usize,
    channels: usize,
    whitening: &'a Whitening,
    of_trial: &'a [f64],
}

impl Trial<'_> {
    /// The five correlations, from the product of the target's rows with the basis of the trial.
    fn terms(
        &self,
        product: &[f64],
        template: &Template,
        work: &mut [f64],
        leading: &mut LeadingScratch,
    ) -> Result<[f64; 5], DecodeError> {
        let &Self { rank, channels, whitening, of_trial } = self;
        let (of_sinusoids, of_template) = product.split_at(template.sinusoids * rank);
        let own = template.filtered.len();
        let (filtered_trial, work) = work.split_at_mut(rank);
        let (filter, work) = work.split_at_mut(channels);
        let (filtered_template, work) = work.split_at_mut(channels);
        let filtered_template = &mut filtered_template[..own];
        let (image, work) = work.split_at_mut(channels);
        let image = &mut image[..own];

        let first = leading_singular_vector(of_sinusoids, rank, filtered_trial, leading)?;
        whitening.filter_into(filtered_trial, filter);
        matrix_times(&template.mixtures, filter, filtered_template);
        matrix_times(of_template, filtered_trial, image);
        let third = ratio(dot(image, filtered_template), 1.0, square(filtered_template));

        let value = leading_singular_vector(of_template, rank, filtered_trial, leading)?;
        whitening.filter_into(filtered_trial, filter);
        matrix_times(&template.mixtures, filter, filtered_template);
        // The image of a'x among the template's rows: the correlation times d'm.
        matrix_times(of_template, filtered_trial, image);
        let along = dot(image, filtered_template);
        let second = ratio(along, 1.0, square(filtered_template));
        let fifth = ratio(along, value * value, square(filtered_template));

        let (fixed, rest) = work.split_at_mut(rank);
        let seen = &mut rest[..rank];
        mix(&template.filter, of_trial, fixed);
        mix(&template.filtered, of_template, seen);
        let fourth = ratio(dot(seen, fixed), 1.0, square(fixed));
        Ok([first.min(1.0), second, third, fourth, fifth])
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn square(a: &[f64]) -> f64 {
    dot(a, a)
}

impl Decoder for ECca {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn targets(&self) -> usize {
        self.templates.len()
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
        self.for_each(epoch, scratch, |target, terms| {
            scores[target] = terms[..self.terms].iter().map(|r| r * r.abs()).sum();
        })
    }
}
