use super::lanes;
use super::sums::Layout;
use super::whiten::whiten;
use crate::decode::ssvep::MecParams;
use crate::decode::{DecodeError, Fusion, Method};
use crate::dsp::linalg::{
    EigenScratch, EigenvalueScratch, LANES, Lanes, multiply, symmetric_eigen_in,
    symmetric_eigenvalues, top_eigenvalues,
};
use crate::dsp::vectors::with_vectors;

/// What is made of the sums: the score of a target, as the decoders of whole epochs define it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum Statistic {
    /// [`Cca`](crate::decode::ssvep::Cca).
    #[default]
    Cca,
    /// [`Msi`](crate::decode::ssvep::Msi).
    Msi,
    /// [`Mec`](crate::decode::ssvep::Mec).
    Mec {
        /// Part of the noise's power that the combinations of channels may keep, above 0 and below
        /// 1.
        kept: f64,
    },
}

impl Statistic {
    /// The score of a method that knows nothing but the light; `None` for others.
    pub fn of(method: Method) -> Option<Self> {
        match method {
            Method::Cca => Some(Self::Cca),
            Method::Msi => Some(Self::Msi),
            Method::Mec => Some(Self::Mec { kept: MecParams::default().kept }),
            _ => None,
        }
    }

    /// How scores of bands add up.
    pub fn fusion(self) -> Fusion {
        match self {
            Statistic::Cca => Fusion::SignedSquare,
            Statistic::Msi | Statistic::Mec { .. } => Fusion::Plain,
        }
    }
}

/// Directions whose power is this much below the strongest are rounding.
const RELATIVE_POWER: f64 = 1e-10;
/// The least noise, relative to all power.
const FLOOR: f64 = 1e-15;

/// Memory that scoring works in.
#[derive(Debug, Clone, Default)]
pub(super) struct Work {
    gram: Vec<f64>,
    cross: Vec<f64>,
    reduced: Vec<f64>,
    filters: Vec<f64>,
    column: Vec<f64>,
    factors: Vec<Lanes>,
    solved: Vec<Lanes>,
    matrices: Vec<Lanes>,
    lanes: Vec<Lanes>,
    small: Vec<f64>,
    eigen: EigenScratch,
    eigenvalues: EigenvalueScratch,
}

impl Work {
    pub(super) fn new(layout: &Layout) -> Self {
        let Layout { channels, rows, groups, .. } = *layout;
        let size = channels.min(rows).max(1);
        Self {
            gram: vec![0.0; channels * channels],
            cross: vec![0.0; channels * layout.columns()],
            reduced: vec![0.0; channels * layout.columns()],
            filters: vec![0.0; channels * channels],
            column: vec![0.0; channels],
            factors: vec![[0.0; LANES]; groups * layout.triangle()],
            solved: vec![[0.0; LANES]; channels * rows],
            matrices: vec![[0.0; LANES]; size * size],
            lanes: vec![[0.0; LANES]; 2 * size],
            small: vec![0.0; channels * channels + rows],
            ..Self::default()
        }
    }

    /// The factors of the sinusoids' own products, which all bands share.
    pub(super) fn factor(&mut self, layout: &Layout, sums: &[f64]) {
        let count = layout.count(sums);
        let (sum, products) = layout.sinusoids(sums);
        let (sum, rows) = (sum.as_chunks::<LANES>().0, layout.rows);
        with_vectors(
            #[inline(always)]
            || lanes::factor_centred(&mut self.factors, products, sum, rows, count),
        );
    }

    /// The scores of a band, after [`factor`](Self::factor); `own` counts the sinusoids of each target.
    pub(super) fn score(
        &mut self,
        statistic: Statistic,
        layout: &Layout,
        sums: &[f64],
        band: usize,
        own: &[usize],
        scores: &mut [f64],
    ) -> Result<(), DecodeError> {
        self.centre(layout, sums, band);
        if self.gram.iter().any(|value| !value.is_finite()) {
            return Err(DecodeError::Overflow);
        }
        match statistic {
            Statistic::Cca => {
                let rank = self.whitened(layout)?;
                self.largest_correlations(layout, rank, scores);
                Ok(())
            }
            Statistic::Msi => {
                let rank = self.whitened(layout)?;
                self.dependences(layout, rank, scores)
            }
            Statistic::Mec { kept } => self.least_energies(layout, kept, own, scores),
        }
    }

    /// Products of a band's channels, and with the sinusoids, all without their means.
    fn centre(&mut self, layout: &Layout, sums: &[f64], band: usize) {
        let count = layout.count(sums);
        let (sum, square, cross) = layout.band(sums, band);
        let (of_sinusoids, _) = layout.sinusoids(sums);
        let (channels, columns) = (layout.channels, layout.columns());
        let rows = self.gram.chunks_exact_mut(channels).zip(square.chunks_exact(channels));
        for ((out, given), left) in rows.zip(sum) {
            for ((out, given), right) in out.iter_mut().zip(given).zip(sum) {
                *out = given - left * right / count;
            }
        }
        let rows = self.cross.chunks_exact_mut(columns).zip(cross.chunks_exact(columns));
        for ((out, given), left) in rows.zip(sum) {
            let mean = left / count;
            for ((out, given), right) in out.iter_mut().zip(given).zip(of_sinusoids) {
                *out = given - mean * right;
            }
        }
    }

    /// Leaves the products of uncorrelated channels of norm 1 with the sinusoids in `reduced`, and
    /// gives their number.
    fn whitened(&mut self, layout: &Layout) -> Result<usize, DecodeError> {
        let channels = layout.channels;
        let rank = whiten(&self.gram, channels, &mut self.column, &mut self.filters);
        if rank == 0 {
            return Err(DecodeError::Flat);
        }
        let columns = layout.columns();
        let filters = &self.filters[..rank * channels];
        multiply(filters, channels, &self.cross, columns, &mut self.reduced[..rank * columns])?;
        Ok(rank)
    }

    fn largest_correlations(&mut self, layout: &Layout, rank: usize, scores: &mut [f64]) {
        let size = rank.min(layout.rows);
        with_vectors(
            #[inline(always)]
            || {
                for (group, scores) in scores.chunks_mut(LANES).enumerate() {
                    self.correlated(layout, group, rank);
                    let matrices = &mut self.matrices[..size * size];
                    let top = top_eigenvalues(matrices, size, &mut self.lanes[..2 * size]);
                    for (score, top) in scores.iter_mut().zip(top) {
                        *score = top.max(0.0).sqrt().min(1.0);
                    }
                }
            },
        );
    }

    /// Leaves the matrices whose eigenvalues are the squared canonical correlations of a group, lower
    /// triangles of the lesser size.
    #[inline(always)]
    fn correlated(&mut self, layout: &Layout, group: usize, rank: usize) {
        solve(&self.reduced, &self.factors, layout, group, rank, &mut self.solved);
        let rows = layout.rows;
        let size = rank.min(rows);
        let solved = &self.solved[..rank * rows];
        for i in 0..size {
            for j in 0..=i {
                let mut sum = [0.0; LANES];
                let mut add = |a: &Lanes, b: &Lanes| {
                    for lane in 0..LANES {
                        sum[lane] += a[lane] * b[lane];
                    }
                };
                if rank <= rows {
                    let (a, b) = (&solved[i * rows..][..rows], &solved[j * rows..][..rows]);
                    a.iter().zip(b).for_each(|(a, b)| add(a, b));
                } else {
                    solved.chunks_exact(rows).for_each(|row| add(&row[i], &row[j]));
                }
                self.matrices[i * size + j] = sum;
            }
        }
    }

    fn dependences(
        &mut self,
        layout: &Layout,
        rank: usize,
        scores: &mut [f64],
    ) -> Result<(), DecodeError> {
        let size = rank.min(layout.rows);
        for (group, scores) in scores.chunks_mut(LANES).enumerate() {
            with_vectors(
                #[inline(always)]
                || self.correlated(layout, group, rank),
            );
            for (lane, score) in scores.iter_mut().enumerate() {
                let matrix = &mut self.small[..size * size];
                for i in 0..size {
                    for j in 0..=i {
                        let value = self.matrices[i * size + j][lane];
                        (matrix[i * size + j], matrix[j * size + i]) = (value, value);
                    }
                }
                let squares = symmetric_eigenvalues(matrix, size, &mut self.eigenvalues)?;
                let dependence: f64 = squares.iter().map(|&square| entropy_lost(square)).sum();
                let own = used_rows(&self.factors, layout, group, lane);
                let eigenvalues = (rank + own) as f64;
                *score = dependence / (eigenvalues * eigenvalues.ln());
            }
        }
        Ok(())
    }

    fn least_energies(
        &mut self,
        layout: &Layout,
        kept: f64,
        own: &[usize],
        scores: &mut [f64],
    ) -> Result<(), DecodeError> {
        let (rank, floor) = self.directions(layout)?;
        let (rows, columns) = (layout.rows, layout.columns());
        for (target, score) in scores.iter_mut().enumerate() {
            let (group, lane) = (target / LANES, target % LANES);
            if lane == 0 {
                solve(&self.reduced, &self.factors, layout, group, rank, &mut self.solved);
            }
            let (noise, of_sinusoids) = self.small.split_at_mut(layout.channels * layout.channels);
            let noise = &mut noise[..rank * rank];
            noise.copy_from_slice(&self.gram[..rank * rank]);
            for i in 0..rank {
                for j in 0..rank {
                    let pair = self.solved[i * rows..][..rows].iter().zip(&self.solved[j * rows..]);
                    noise[i * rank + j] -= pair.map(|(a, b)| a[lane] * b[lane]).sum::<f64>();
                }
            }
            symmetric_eigen_in(noise, rank, &mut self.eigen)?;
            let eigen = &self.eigen;
            let powers = || eigen.values.iter().rev().map(|&power| power.max(floor));
            let enough = kept * powers().sum::<f64>();
            let (mut held, mut combinations, mut sum) = (0.0, 0.0, 0.0);
            for (power, combination) in powers().zip(eigen.vectors.chunks_exact(rank).rev()) {
                of_sinusoids.fill(0.0);
                for (weight, row) in combination.iter().zip(self.reduced.chunks_exact(columns)) {
                    let own = row[group * rows * LANES..][..rows * LANES].iter().skip(lane);
                    for (out, value) in of_sinusoids.iter_mut().zip(own.step_by(LANES)) {
                        *out += weight * value;
                    }
                }
                sum += of_sinusoids.iter().map(|value| value * value).sum::<f64>() / power;
                held += power;
                combinations += 1.0;
                if held > enough {
                    break;
                }
            }
            let sinusoids = own[target];
            *score = 2.0 * sum / (combinations * sinusoids as f64);
        }
        Ok(())
    }

    /// Channels with power in as many directions as they have: their products in `gram`, those with
    /// the sinusoids in `reduced`. Gives their number, and the least noise.
    fn directions(&mut self, layout: &Layout) -> Result<(usize, f64), DecodeError> {
        let (channels, columns) = (layout.channels, layout.columns());
        symmetric_eigen_in(&self.gram, channels, &mut self.eigen)?;
        let EigenScratch { values, vectors, .. } = &self.eigen;
        let strongest = values.first().copied().unwrap_or(0.0);
        if strongest <= 0.0 {
            return Err(DecodeError::Flat);
        }
        let rank = values.iter().take_while(|&&v| v > RELATIVE_POWER * strongest).count();
        let directions = &vectors[..rank * channels];
        multiply(directions, channels, &self.cross, columns, &mut self.reduced[..rank * columns])?;
        self.gram[..rank * rank].fill(0.0);
        for (at, value) in values[..rank].iter().enumerate() {
            self.gram[at * rank + at] = *value;
        }
        Ok((rank, FLOOR * values[..rank].iter().sum::<f64>()))
    }
}

/// The products of a group, freed of the sinusoids' own: `rank × rows`.
#[inline(always)]
fn solve(
    products: &[f64],
    factors: &[Lanes],
    layout: &Layout,
    group: usize,
    rank: usize,
    solved: &mut [Lanes],
) {
    let rows = layout.rows;
    let factor = &factors[group * layout.triangle()..][..layout.triangle()];
    let given = products.chunks_exact(layout.columns()).take(rank);
    for (out, given) in solved.chunks_exact_mut(rows).zip(given) {
        let own = given[group * rows * LANES..][..rows * LANES].as_chunks::<LANES>().0;
        out.copy_from_slice(own);
        lanes::solve(factor, out);
    }
}

/// Rows of a target that add something to the rows before them.
fn used_rows(factors: &[Lanes], layout: &Layout, group: usize, lane: usize) -> usize {
    let factor = &factors[group * layout.triangle()..][..layout.triangle()];
    (0..layout.rows).filter(|i| factor[i * (i + 1) / 2 + i][lane] > 0.0).count()
}

/// `(1+ρ)·ln(1+ρ) + (1−ρ)·ln(1−ρ)` for a squared canonical correlation.
fn entropy_lost(square: f64) -> f64 {
    let rho = square.clamp(0.0, 1.0).sqrt();
    let less = if rho < 1.0 { (1.0 - rho) * (-rho).ln_1p() } else { 0.0 };
    (1.0 + rho) * rho.ln_1p() + less
}
