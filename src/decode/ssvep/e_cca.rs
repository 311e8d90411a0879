use super::canonical;
use super::folded::Folded;
use super::harmonics::usable;
use super::interleaved::{Interleaved, Part, gram};
use super::references::{basis, check_length, references};
use crate::decode::decoder::{check_call, check_epoch};
use crate::decode::row_space::RowSpace;
use crate::decode::{Calibration, DecodeError, Decoder, Fusion, Scratch, Shape};
use crate::dsp::linalg::{
    LANES, Lanes, LeadingScratch, Whitening, leading_singular_vector, multiply_transposed,
    top_eigenvectors, top_eigenvectors_work,
};
use crate::dsp::vectors::with_vectors;
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
    targets: usize,
    terms: usize,
    space: RowSpace,
    sinusoids: Folded,
    /// Orthonormal rows that span each template.
    templates: Interleaved,
    groups: Vec<Group>,
}

/// What is known of the mean trials m of some targets before there is an epoch.
#[derive(Debug, Clone)]
struct Group {
    /// The channels of m as mixtures of its orthonormal rows: rows × channels.
    mixtures: Vec<Lanes>,
    /// The filter c of m in the CCA of m and y.
    filter: Vec<Lanes>,
    /// c'm as a mixture of the orthonormal rows.
    filtered: Vec<Lanes>,
}

/// The same of one target.
struct Template {
    rows: Vec<f64>,
    mixtures: Vec<f64>,
    filter: Vec<f64>,
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
        let limit_hz = shape.rate_hz / 2.0;
        let frequencies = usable(codebook, self.harmonics, self.mains_hz, limit_hz, shape.rate_hz)?;
        let most = 2 * frequencies.iter().map(Vec::len).max().unwrap_or(0);
        check_length(samples, "ecca", channels + most.max(channels) + 2)?;
        shape.check_table(codebook.len().saturating_mul(channels + most))?;
        let space = RowSpace::of(calibration)?;
        let template = |(target, rows): (usize, &Vec<f64>)| {
            Template::new(&space.mean(calibration, target)?, &basis(rows, samples)?, samples)
        };
        let references = references(codebook, self.harmonics, self.mains_hz, shape)?;
        let templates = references.iter().enumerate().map(template);
        let templates = templates.collect::<Result<Vec<_>, _>>()?;
        let rows: Vec<Vec<f64>> = templates.iter().map(|template| template.rows.clone()).collect();
        let rows = Interleaved::new(&rows, samples);
        let channels = space.rank();
        let group = |templates: &[Template]| Group {
            mixtures: side_by_side(templates, rows.rows() * channels, |one| &one.mixtures),
            filter: side_by_side(templates, channels, |one| &one.filter),
            filtered: side_by_side(templates, rows.rows(), |one| &one.filtered),
        };
        Ok(ECca {
            shape,
            targets: codebook.len(),
            terms: self.terms,
            sinusoids: Folded::new(&frequencies, samples, shape.rate_hz)?,
            groups: templates.chunks(LANES).map(group).collect(),
            templates: rows,
            space,
        })
    }
}

/// One number of each target in a lane; zeros where a target has fewer.
fn side_by_side(
    templates: &[Template],
    len: usize,
    values: impl Fn(&Template) -> &[f64],
) -> Vec<Lanes> {
    let mut lanes = vec![[0.0; LANES]; len];
    for (lane, template) in templates.iter().enumerate() {
        lanes.iter_mut().zip(values(template)).for_each(|(place, value)| place[lane] = *value);
    }
    lanes
}

impl Template {
    fn new(mean: &[f64], sinusoids: &[f64], samples: usize) -> Result<Self, DecodeError> {
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
        Ok(Self { rows: whitening.basis().to_vec(), mixtures, filter, filtered })
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
        let Scratch { trial, real, whitening, products, lanes, .. } = scratch;
        self.space.project_scaled(epoch, trial, real)?;
        whitening.of(trial, samples)?;
        let (rank, channels) = (whitening.rank(), self.space.rank());
        if rank == 0 {
            return Err(DecodeError::Flat);
        }
        let of_templates = rank * self.templates.count();
        let folded = self.sinusoids.work(rank);
        let work = Scratch::zeros(products, folded + of_templates + channels * rank);
        let (folded, work) = work.split_at_mut(folded);
        let (of_templates, of_trial) = work.split_at_mut(of_templates);
        let sinusoids = self.sinusoids.products(whitening.basis(), rank, folded)?;
        self.templates.multiply(whitening.basis(), of_templates)?;
        multiply_transposed(trial, whitening.basis(), samples, of_trial)?;
        let trial = Trial {
            rank,
            channels,
            filters: whitening.filters(),
            of_trial,
            sinusoids,
            templates: [(&self.templates, of_templates)],
        };
        lanes.clear();
        lanes.resize(trial.work(), [0.0; LANES]);
        with_vectors(
            #[inline(always)]
            || {
                for (number, group) in self.groups.iter().enumerate() {
                    let terms = trial.terms(number, group, lanes);
                    for lane in 0..LANES.min(self.targets - number * LANES) {
                        take(number * LANES + lane, terms.map(|term| term[lane]));
                    }
                }
            },
        );
        Ok(())
    }
}

/// An epoch x with orthonormal rows `filters · x`, and their products with all that is known.
struct Trial<'a> {
    rank: usize,
    channels: usize,
    /// rank × channels.
    filters: &'a [f64],
    /// The channels as mixtures of the orthonormal rows: channels × rank.
    of_trial: &'a [f64],
    sinusoids: [Part<'a>; 2],
    templates: [Part<'a>; 1],
}

impl Trial<'_> {
    /// Lanes that [`terms`](Self::terms) works in.
    fn work(&self) -> usize {
        let [(templates, _)] = &self.templates;
        let matrices = self.rank * self.rank + top_eigenvectors_work(self.rank);
        matrices + 3 * self.rank + self.channels + 2 * templates.rows()
    }

    /// The five correlations of a group of targets.
    #[inline(always)]
    fn terms(&self, number: usize, group: &Group, work: &mut [Lanes]) -> [Lanes; 5] {
        let &Self { rank, channels, filters, of_trial, .. } = self;
        let [(rows, products)] = self.templates;
        let (matrices, work) = work.split_at_mut(rank * rank);
        let (eigen, work) = work.split_at_mut(top_eigenvectors_work(rank));
        let (mixture, work) = work.split_at_mut(rank);
        let (filter, work) = work.split_at_mut(channels);
        let (filtered, work) = work.split_at_mut(rows.rows());
        let (image, work) = work.split_at_mut(rows.rows());
        let (fixed, seen) = work.split_at_mut(rank);

        gram(&self.sinusoids, rank, number, matrices);
        let first = top_eigenvectors(matrices, rank, eigen, mixture);
        let first = first.map(|square| square.max(0.0).sqrt().min(1.0));
        // b'm, and the image of b'x among the rows of the template.
        mix(mixture, filters, filter);
        times(&group.mixtures, filter, filtered);
        transposed(rows, products, number, mixture, image);
        let third = ratio(dot(image, filtered), [1.0; LANES], dot(filtered, filtered));

        gram(&self.templates, rank, number, matrices);
        let square = top_eigenvectors(matrices, rank, eigen, mixture);
        // a'm, and the image of a'x, which is the correlation times d'm.
        mix(mixture, filters, filter);
        times(&group.mixtures, filter, filtered);
        transposed(rows, products, number, mixture, image);
        let (along, power) = (dot(image, filtered), dot(filtered, filtered));
        let (second, fifth) = (ratio(along, [1.0; LANES], power), ratio(along, square, power));

        // c'x and c'm among the orthonormal rows of x.
        mix(&group.filter, of_trial, fixed);
        for (row, seen) in seen[..rank].iter_mut().enumerate() {
            *seen = dot(rows.products(products, row, number), &group.filtered);
        }
        let fourth = ratio(dot(seen, fixed), [1.0; LANES], dot(fixed, fixed));
        [first, second, third, fourth, fifth]
    }
}

/// A weighted sum of rows that all lanes share.
#[inline(always)]
fn mix(weights: &[Lanes], rows: &[f64], out: &mut [Lanes]) {
    out.fill([0.0; LANES]);
    for (weight, row) in weights.iter().zip(rows.chunks_exact(out.len().max(1))) {
        for (sum, value) in out.iter_mut().zip(row) {
            for lane in 0..LANES {
                sum[lane] += weight[lane] * value;
            }
        }
    }
}

/// A matrix times a vector.
#[inline(always)]
fn times(matrix: &[Lanes], vector: &[Lanes], out: &mut [Lanes]) {
    for (out, row) in out.iter_mut().zip(matrix.chunks_exact(vector.len().max(1))) {
        *out = dot(row, vector);
    }
}

/// The products with each row of the targets, mixed over the rows of the signal.
#[inline(always)]
fn transposed(
    rows: &Interleaved,
    products: &[f64],
    group: usize,
    mixture: &[Lanes],
    out: &mut [Lanes],
) {
    out.fill([0.0; LANES]);
    for (row, weight) in mixture.iter().enumerate() {
        for (sum, value) in out.iter_mut().zip(rows.products(products, row, group)) {
            for lane in 0..LANES {
                sum[lane] += weight[lane] * value[lane];
            }
        }
    }
}

#[inline(always)]
fn dot(a: &[Lanes], b: &[Lanes]) -> Lanes {
    let mut sum = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sum[lane] += a[lane] * b[lane];
        }
    }
    sum
}

/// Correlations from products and squared norms; 0 where one of them is 0.
#[inline(always)]
fn ratio(product: Lanes, first_square: Lanes, second_square: Lanes) -> Lanes {
    let mut ratio = [0.0; LANES];
    for lane in 0..LANES {
        ratio[lane] = canonical::ratio(product[lane], first_square[lane], second_square[lane]);
    }
    ratio
}

impl Decoder for ECca {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn targets(&self) -> usize {
        self.targets
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
