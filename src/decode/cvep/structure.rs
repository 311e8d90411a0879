use super::events::Events;
use crate::decode::DecodeError;
use crate::dsp::vectors::with_vectors;

/// The design matrix of reconvolution, never written out: a row for each kind of event and each
/// lag, `M[(kind, lag), n] = 1` where such an event happened `lag` samples before sample n. It is
/// Toeplitz and nearly empty, so sums over its columns are sums over events.
#[derive(Debug, Clone)]
pub(super) struct Structure {
    events: Events,
    lags: usize,
}

impl Structure {
    pub(super) fn new(events: Events, lags: usize) -> Self {
        Self { events, lags }
    }

    pub(super) fn targets(&self) -> usize {
        self.events.times.len()
    }

    pub(super) fn lags(&self) -> usize {
        self.lags
    }

    /// Rows of the matrix.
    pub(super) fn features(&self) -> usize {
        self.events.kinds * self.lags
    }

    fn times(&self, target: usize, samples: usize) -> impl Iterator<Item = (usize, &[usize])> {
        let kinds = self.events.times.get(target).map_or(&[][..], Vec::as_slice);
        let before = move |times: &'_ Vec<usize>| times.partition_point(|&time| time < samples);
        kinds.iter().enumerate().map(move |(kind, times)| (kind, &times[..before(times)]))
    }

    /// Adds `weight · M·Mᵀ` over the first `samples` columns of a target's matrix to `gram`
    /// (features × features): its blocks on and below the diagonal.
    pub(super) fn add_gram(&self, target: usize, samples: usize, weight: f64, gram: &mut [f64]) {
        let (lags, features) = (self.lags, self.features());
        let mut block = vec![0.0; lags * lags];
        for (row, a) in self.times(target, samples) {
            for (column, b) in self.times(target, samples).take(row + 1) {
                block.fill(0.0);
                first_products(a, b, lags, &mut block);
                shifted_products(a, b, lags, samples, &mut block);
                let start = row * lags * features + column * lags;
                for (lag, block) in block.chunks_exact(lags).enumerate() {
                    let out = &mut gram[start + lag * features..][..lags];
                    out.iter_mut().zip(block).for_each(|(out, value)| *out += weight * value);
                }
            }
        }
    }

    /// Adds `X·Mᵀ` to `cross` (rows of X × features), where X has rows of `samples` values.
    pub(super) fn add_cross(&self, target: usize, x: &[f64], samples: usize, cross: &mut [f64]) {
        let features = self.features();
        for (row, cross) in x.chunks_exact(samples).zip(cross.chunks_exact_mut(features)) {
            for (kind, times) in self.times(target, samples) {
                let sums = &mut cross[kind * self.lags..][..self.lags];
                with_vectors(
                    #[inline(always)]
                    || {
                        for &time in times {
                            let after = &row[time..(time + self.lags).min(samples)];
                            sums.iter_mut().zip(after).for_each(|(sum, value)| *sum += value);
                        }
                    },
                );
            }
        }
    }

    /// Adds `weight` times the sum over columns of each row to `sums`.
    pub(super) fn add_sums(&self, target: usize, samples: usize, weight: f64, sums: &mut [f64]) {
        for (kind, times) in self.times(target, samples) {
            for (lag, sum) in sums[kind * self.lags..][..self.lags].iter_mut().enumerate() {
                let inside = times.partition_point(|&time| time + lag < samples);
                *sum += weight * inside as f64;
            }
        }
    }

    /// The response to a target's code: `rᵀ·M` for a response r to all kinds of events, added to
    /// `out`.
    pub(super) fn add_response(&self, target: usize, response: &[f64], out: &mut [f64]) {
        let samples = out.len();
        for (kind, times) in self.times(target, samples) {
            let response = &response[kind * self.lags..][..self.lags];
            for &time in times {
                let after = &mut out[time..(time + self.lags).min(samples)];
                after.iter_mut().zip(response).for_each(|(out, value)| *out += value);
            }
        }
    }

    /// Adds penalties on the size of responses and on their second differences to a matrix of
    /// features × features.
    pub(super) fn add_penalty(&self, [size, roughness]: [f64; 2], matrix: &mut [f64]) {
        let features = self.features();
        matrix.iter_mut().step_by(features + 1).for_each(|value| *value += size);
        let difference = [1.0, -2.0, 1.0];
        for kind in 0..self.events.kinds {
            for start in (0..self.lags.saturating_sub(2)).map(|lag| kind * self.lags + lag) {
                for (i, a) in difference.into_iter().enumerate() {
                    for (j, b) in difference.into_iter().enumerate() {
                        matrix[(start + i) * features + start + j] += roughness * a * b;
                    }
                }
            }
        }
    }

    /// Refuses a design of more numbers than should be kept.
    pub(super) fn check(&self) -> Result<(), DecodeError> {
        const MOST: usize = 4096;
        match self.features() {
            0 => Err(DecodeError::Setting {
                name: "events",
                found: "none in any code".into(),
                expected: "codes that change",
            }),
            found if found > MOST => {
                Err(DecodeError::TooLarge { what: "kinds of events × lags", found, limit: MOST })
            }
            _ => Ok(()),
        }
    }
}

/// The products of which one lag is 0: pairs of events less than `lags` samples apart.
fn first_products(a: &[usize], b: &[usize], lags: usize, block: &mut [f64]) {
    let mut start = 0;
    for &time in a {
        start += b[start..].iter().take_while(|&&other| other + lags <= time).count();
        for &other in b[start..].iter().take_while(|&&other| other < time + lags) {
            // Row: lag of a; column: lag of b. The later event has lag 0.
            let at = if other <= time { time - other } else { (other - time) * lags };
            block[at] += 1.0;
        }
    }
}

/// All other products, from those one lag less of both; what lies beyond the last sample is taken
/// off.
fn shifted_products(a: &[usize], b: &[usize], lags: usize, samples: usize, block: &mut [f64]) {
    let ends = |times: &[usize]| {
        let mut ends = vec![0.0; lags];
        for &time in times.iter().rev().take_while(|&&time| time + lags >= samples) {
            if let Some(end) = ends.get_mut(samples - 1 - time) {
                *end += 1.0;
            }
        }
        ends
    };
    let (ends_a, ends_b) = (ends(a), ends(b));
    for lag in 1..lags {
        let (done, rest) = block.split_at_mut(lag * lags);
        let before = &done[(lag - 1) * lags..];
        let beyond = ends_a[lag - 1];
        for ((value, before), end) in rest[1..lags].iter_mut().zip(before).zip(&ends_b) {
            *value = before - beyond * end;
        }
    }
}

/// Copies the blocks below the diagonal above it.
pub(super) fn mirror(gram: &mut [f64], size: usize) {
    for row in 1..size {
        for column in 0..row {
            gram[column * size + row] = gram[row * size + column];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn times() -> impl Strategy<Value = Vec<usize>> {
        prop::collection::btree_set(0..40_usize, 0..12).prop_map(|set| set.into_iter().collect())
    }

    proptest! {
        #[test]
        fn sums_over_events_are_sums_over_the_matrix(
            first in times(), second in times(), lags in 1..9_usize, samples in 10..45_usize,
        ) {
            let mut dense = vec![0.0; 2 * lags * samples];
            for (kind, times) in [&first, &second].into_iter().enumerate() {
                for (lag, time) in (0..lags).flat_map(|lag| times.iter().map(move |t| (lag, t))) {
                    if time + lag < samples {
                        dense[(kind * lags + lag) * samples + time + lag] = 1.0;
                    }
                }
            }
            let rows: Vec<&[f64]> = dense.chunks(samples).collect();
            let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            let events = Events { kinds: 2, times: vec![vec![first, second]] };
            let structure = Structure::new(events, lags);
            let features = structure.features();

            let mut gram = vec![0.0; features * features];
            structure.add_gram(0, samples, 2.0, &mut gram);
            mirror(&mut gram, features);
            for (at, found) in gram.iter().enumerate() {
                prop_assert_eq!(*found, 2.0 * product(rows[at / features], rows[at % features]));
            }
            let x: Vec<f64> = (0..2 * samples).map(|n| ((n * 7) % 11) as f64).collect();
            let mut cross = vec![0.0; 2 * features];
            structure.add_cross(0, &x, samples, &mut cross);
            for (at, found) in cross.iter().enumerate() {
                let row = &x[at / features * samples..][..samples];
                prop_assert_eq!(*found, product(row, rows[at % features]));
            }
            let mut sums = vec![0.0; features];
            structure.add_sums(0, samples, 1.0, &mut sums);
            let mut response = vec![0.0; samples];
            let weights: Vec<f64> = (0..features).map(|k| k as f64 + 1.0).collect();
            structure.add_response(0, &weights, &mut response);
            for (sum, row) in sums.iter().zip(&rows) {
                prop_assert_eq!(*sum, row.iter().sum::<f64>());
            }
            for (n, found) in response.iter().enumerate() {
                let expected: f64 = weights.iter().zip(&rows).map(|(w, row)| w * row[n]).sum();
                prop_assert_eq!(*found, expected);
            }
        }
    }
}
