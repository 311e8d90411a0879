use super::running::{Running, check_chunk};
use crate::decode::cvep::{EventModel, RccaParams};
use crate::decode::ssvep::{SscorParams, TrcaParams};
use crate::decode::{Calibration, DecodeError, Fusion, Linear, Method, Settings};
use crate::dsp::vectors::with_vectors;
use crate::signal::Epoch;
use crate::stimulus::Codebook;

/// A fitted decoder by correlation with templates, over a window that grows: TRCA, SSCOR and their
/// ensembles, and reconvolution CCA.
///
/// The window starts at the onset of a trial, as the calibration epochs did, and grows until it is as
/// long as they. Scores are correlations with as much of the templates as has passed, by the filters
/// that were learned from whole epochs; at the full length they are those of the decoder of epochs.
/// Samples beyond it are left alone. A sample costs `channels · rows + 3 · rows · targets`
/// multiplications a band.
///
/// ```
/// use evoked::decode::{Calibration, Method, Settings, Shape};
/// use evoked::online::{Running, Templates};
/// use evoked::signal::Epoch;
/// use evoked::stimulus::Codebook;
///
/// let codebook = Codebook::sinusoids(&[10.0, 15.0])?;
/// let gaze = |f: f64, seed: u32| -> Vec<f64> {
///     let noise = |n: u32| f64::from((n * n + seed) * 7919 % 101) / 50.0 - 1.0;
///     (0..100).map(|n| (std::f64::consts::TAU * f * f64::from(n) / 100.0).sin() + noise(n)).collect()
/// };
/// let mut calibration = Calibration::new(Shape::of_window(1, 1.0, 100.0), &codebook)?;
/// for seed in 0..3 {
///     calibration.add(0, Epoch::from_planar(&gaze(10.0, seed), 1)?)?;
///     calibration.add(1, Epoch::from_planar(&gaze(15.0, seed), 1)?)?;
/// }
/// let mut decoder = Templates::fit(Method::ETrca, &codebook, &calibration, &Settings::default())?;
/// decoder.push(Epoch::from_planar(&gaze(15.0, 9)[..50], 1)?)?;
/// let mut scores = [0.0; 2];
/// decoder.score_into(&mut scores)?;
/// assert!(scores[1] > scores[0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Templates {
    channels: usize,
    targets: usize,
    samples: usize,
    /// Weight of each band's scores; none where there is a single band.
    weights: Vec<f64>,
    bands: Vec<Band>,
    first: Option<Vec<f64>>,
    x: Vec<f64>,
    /// Samples of the window that have passed, and how many of them came.
    passed: usize,
    came: usize,
}

/// A band's filters and templates, and the sums so far.
#[derive(Debug, Clone)]
struct Band {
    own_rows: bool,
    /// Rows × channels.
    weights: Vec<f64>,
    /// Samples × rows × targets; with own rows, samples × targets.
    templates: Vec<f64>,
    u: Vec<f64>,
    /// `Σu` and `Σu²` of each row.
    of_rows: [Vec<f64>; 2],
    /// `Σv` and `Σv²` of each template row, and `Σuv`.
    of_templates: [Vec<f64>; 3],
}

impl Templates {
    /// Fits a method of templates.
    ///
    /// # Errors
    /// [`DecodeError::Setting`] for a method that has no such form; as
    /// [`Method::fit`].
    pub fn fit(
        method: Method,
        codebook: &Codebook,
        calibration: &Calibration,
        settings: &Settings,
    ) -> Result<Self, DecodeError> {
        let learned = Self::learn(method, codebook, calibration, settings)?;
        Ok(Self::of(learned, settings.weights.clone()))
    }

    /// What is learned in each band.
    pub(super) fn learn(
        method: Method,
        codebook: &Codebook,
        calibration: &Calibration,
        settings: &Settings,
    ) -> Result<Vec<Linear>, DecodeError> {
        let bands = settings.weights.len().max(1);
        let all = calibration.shape().channels;
        if !all.is_multiple_of(bands) {
            let (what, found) = ("rows of all bands", all);
            return Err(DecodeError::Shape { what, found, expected: bands });
        }
        let rows = all / bands;
        let mut fitted = Vec::with_capacity(bands);
        for band in 0..bands {
            let own = calibration.rows(band * rows..(band + 1) * rows);
            fitted.push(linear(method, codebook, own.as_ref().unwrap_or(calibration), settings)?);
        }
        Ok(fitted)
    }

    /// From what was learned: bands of the same channels, samples and targets.
    pub(super) fn of(bands: Vec<Linear>, weights: Vec<f64>) -> Self {
        let first = bands.first();
        let channels = bands.iter().map(|band| band.channels).sum();
        Self {
            channels,
            targets: first.map_or(0, |band| band.targets),
            samples: first.map_or(0, |band| band.samples),
            weights,
            bands: bands.into_iter().map(Band::new).collect(),
            first: None,
            x: vec![0.0; channels],
            passed: 0,
            came: 0,
        }
    }

    /// Samples of a whole window.
    pub fn full(&self) -> usize {
        self.samples
    }

    fn take(&mut self, chunk: Epoch<'_>, sample: usize) {
        for (x, row) in self.x.iter_mut().zip(chunk.rows()) {
            *x = row[sample];
        }
        let first = self.first.get_or_insert_with(|| self.x.clone());
        if self.came == 0 {
            first.copy_from_slice(&self.x);
        }
        self.x.iter_mut().zip(first).for_each(|(x, first)| *x -= *first);
        let rows = self.channels / self.bands.len();
        for (band, x) in self.bands.iter_mut().zip(self.x.chunks_exact(rows)) {
            band.add(x, self.passed, self.targets);
        }
        self.passed += 1;
        self.came += 1;
    }
}

fn linear(
    method: Method,
    codebook: &Codebook,
    calibration: &Calibration,
    settings: &Settings,
) -> Result<Linear, DecodeError> {
    let trca = |ensemble, neighbours| {
        Ok(TrcaParams { ensemble, neighbours }.fit(codebook, calibration)?.linear())
    };
    let sscor = |ensemble| Ok(SscorParams { ensemble }.fit(codebook, calibration)?.linear());
    let rcca = |events| {
        let window = settings.window;
        let params = RccaParams { events, window, ..RccaParams::default() };
        params.fit(codebook, calibration)?.linear().ok_or(DecodeError::Flat)
    };
    match method {
        Method::Trca => trca(false, 1),
        Method::ETrca => trca(true, 1),
        Method::MsETrca => trca(true, 2),
        Method::Sscor => sscor(false),
        Method::ESscor => sscor(true),
        Method::Rcca => rcca(EventModel::Duration),
        Method::RccaRiseFall => rcca(EventModel::RiseFall),
        other => {
            let expected = "trca, etrca, ms-etrca, sscor, esscor, rcca or rcca-refe";
            Err(DecodeError::Setting { name: "running method", found: other.to_string(), expected })
        }
    }
}

impl Band {
    fn new(linear: Linear) -> Self {
        let Linear { channels, samples, targets, weights, templates, own_rows } = linear;
        let rows = weights.len() / channels;
        // Rows of templates that a target has.
        let each = if own_rows { 1 } else { rows };
        let mut by_sample = vec![0.0; templates.len()];
        for (place, template) in templates.chunks_exact(samples).enumerate() {
            let (target, row) = (place / each, place % each);
            for (sample, value) in template.iter().enumerate() {
                by_sample[(sample * each + row) * targets + target] = *value;
            }
        }
        Self {
            own_rows,
            weights,
            templates: by_sample,
            u: vec![0.0; rows],
            of_rows: [(); 2].map(|()| vec![0.0; rows]),
            of_templates: [(); 3].map(|()| vec![0.0; each * targets]),
        }
    }

    fn restart(&mut self) {
        self.of_rows.iter_mut().flatten().for_each(|sum| *sum = 0.0);
        self.of_templates.iter_mut().flatten().for_each(|sum| *sum = 0.0);
    }

    fn add(&mut self, x: &[f64], sample: usize, targets: usize) {
        for (u, weights) in self.u.iter_mut().zip(self.weights.chunks_exact(x.len())) {
            *u = weights.iter().zip(x).map(|(w, x)| w * x).sum();
        }
        let [sum, square] = &mut self.of_rows;
        for ((u, sum), square) in self.u.iter().zip(sum).zip(square) {
            *sum += u;
            *square += u * u;
        }
        let [sums, squares, products] = &mut self.of_templates;
        let len = sums.len();
        let template = &self.templates[sample * len..(sample + 1) * len];
        with_vectors(
            #[inline(always)]
            || {
                let rows = template.chunks_exact(targets).zip(sums.chunks_exact_mut(targets));
                let rest =
                    squares.chunks_exact_mut(targets).zip(products.chunks_exact_mut(targets));
                for (row, ((v, sum), (square, product))) in rows.zip(rest).enumerate() {
                    let places = v.iter().zip(sum).zip(square).zip(product).enumerate();
                    for (target, (((v, sum), square), product)) in places {
                        *sum += v;
                        *square += v * v;
                        *product += v * if self.own_rows { self.u[target] } else { self.u[row] };
                    }
                }
            },
        );
    }

    fn score(&self, count: f64, target: usize, targets: usize) -> f64 {
        let [of_u, squares_of_u] = &self.of_rows;
        let [of_v, squares_of_v, products] = &self.of_templates;
        let (mut product, mut first, mut second) = (0.0, 0.0, 0.0);
        for (row, at) in (target..of_v.len()).step_by(targets).enumerate() {
            let own = if self.own_rows { target } else { row };
            product += products[at] - of_u[own] * of_v[at] / count;
            first += squares_of_u[own] - of_u[own] * of_u[own] / count;
            second += squares_of_v[at] - of_v[at] * of_v[at] / count;
        }
        let norms = first.max(0.0).sqrt() * second.max(0.0).sqrt();
        if norms > 0.0 { (product / norms).clamp(-1.0, 1.0) } else { 0.0 }
    }
}

impl Running for Templates {
    fn channels(&self) -> usize {
        self.channels
    }

    fn targets(&self) -> usize {
        self.targets
    }

    fn push(&mut self, chunk: Epoch<'_>) -> Result<(), DecodeError> {
        check_chunk(chunk, self.channels)?;
        let left = self.samples - self.passed;
        (0..chunk.len().min(left)).for_each(|sample| self.take(chunk, sample));
        Ok(())
    }

    fn skip(&mut self, samples: u64) {
        let left = self.samples - self.passed;
        self.passed += usize::try_from(samples).map_or(left, |samples| samples.min(left));
    }

    fn longest(&self) -> Option<u64> {
        Some(self.samples as u64)
    }

    fn len(&self) -> u64 {
        self.came as u64
    }

    fn restart(&mut self) {
        (self.passed, self.came) = (0, 0);
        self.bands.iter_mut().for_each(Band::restart);
    }

    fn score_into(&mut self, scores: &mut [f64]) -> Result<(), DecodeError> {
        let expected = self.targets;
        if scores.len() != expected {
            return Err(DecodeError::Shape { what: "scores", found: scores.len(), expected });
        }
        if self.came < 2 {
            let (found, what) = (self.came, "a running window");
            return Err(DecodeError::TooShort { found, what, needed: 2 });
        }
        let count = self.came as f64;
        let flat = |band: &Band| {
            let [sums, squares] = &band.of_rows;
            sums.iter().zip(squares).all(|(sum, square)| square - sum * sum / count <= 0.0)
        };
        if self.bands.iter().all(flat) {
            return Err(DecodeError::Flat);
        }
        if self.bands.iter().any(|band| band.of_rows[1].iter().any(|square| !square.is_finite())) {
            return Err(DecodeError::Overflow);
        }
        for (target, score) in scores.iter_mut().enumerate() {
            let of_band = |band: &Band| band.score(count, target, self.targets);
            *score = match self.weights.as_slice() {
                [] => self.bands.first().map_or(0.0, of_band),
                weights => {
                    let scores =
                        self.bands.iter().map(of_band).map(|s| Fusion::SignedSquare.apply(s));
                    weights.iter().zip(scores).map(|(weight, score)| weight * score).sum()
                }
            };
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pearson's correlation of all entries, rows without their means.
    fn correlation(u: &[Vec<f64>], v: &[Vec<f64>]) -> f64 {
        let centred = |rows: &[Vec<f64>]| -> Vec<f64> {
            let row = |row: &Vec<f64>| {
                let mean = row.iter().sum::<f64>() / row.len() as f64;
                row.iter().map(|value| value - mean).collect::<Vec<f64>>()
            };
            rows.iter().flat_map(row).collect()
        };
        let (u, v) = (centred(u), centred(v));
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        dot(&u, &v) / (dot(&u, &u) * dot(&v, &v)).sqrt()
    }

    #[test]
    fn scores_are_correlations_with_what_has_passed_of_the_templates() {
        compare(&|_| true);
        // Lost at the start, in the middle, one by one.
        compare(&|n| n > 3 && !(10..15).contains(&n) && n != 20);
    }

    fn compare(came: &dyn Fn(usize) -> bool) {
        let value = |at: usize| ((at * at * 31 + at * 7) % 113) as f64 / 10.0 - 5.0;
        let (channels, samples, targets) = (3, 30, 4);
        for own_rows in [false, true] {
            let rows = if own_rows { targets } else { 2 };
            let each = if own_rows { 1 } else { rows };
            let linear = Linear {
                channels,
                samples,
                targets,
                weights: (0..rows * channels).map(value).collect(),
                templates: (0..targets * each * samples).map(|at| value(at + 100)).collect(),
                own_rows,
            };
            let mut running = Templates::of(vec![linear.clone()], vec![]);
            let x = |c: usize, n: usize| 4200.0 + value(1000 + c * samples + n);
            for len in 1..=samples {
                let sample: Vec<f64> = (0..channels).map(|c| x(c, len - 1)).collect();
                match came(len - 1) {
                    true => running.push(Epoch::from_planar(&sample, channels).unwrap()).unwrap(),
                    false => running.skip(1),
                }
                let there: Vec<usize> = (0..len).filter(|n| came(*n)).collect();
                assert_eq!(running.len(), there.len() as u64);
                let mut scores = [0.0; 4];
                if there.len() < 2 {
                    assert!(running.score_into(&mut scores).is_err());
                    continue;
                }
                running.score_into(&mut scores).unwrap();
                let u = |row: usize| -> Vec<f64> {
                    let weights = &linear.weights[row * channels..][..channels];
                    let row = |&n: &usize| (0..channels).map(|c| weights[c] * x(c, n)).sum();
                    there.iter().map(row).collect()
                };
                for (target, score) in scores.iter().enumerate() {
                    let v = |row: usize| -> Vec<f64> {
                        let row = &linear.templates[(target * each + row) * samples..][..samples];
                        there.iter().map(|n| row[*n]).collect()
                    };
                    let (u, v): (Vec<_>, Vec<_>) = match own_rows {
                        true => (vec![u(target)], vec![v(0)]),
                        false => ((0..rows).map(u).collect(), (0..rows).map(v).collect()),
                    };
                    let expected = correlation(&u, &v);
                    assert!((score - expected).abs() < 1e-9, "{len} {target}: {score} {expected}");
                }
            }
        }
    }
}
