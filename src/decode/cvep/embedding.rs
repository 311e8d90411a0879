//! Channels beside themselves at later samples, so that a spatial filter becomes one of time, too.

use crate::dsp::vectors::with_vectors;
use crate::signal::Epoch;

/// Writes delays × channels rows: for delay d the channels from sample d on, with zeros behind their
/// end.
pub(super) fn embed_into(epoch: Epoch<'_>, delays: usize, out: &mut [f64]) {
    let samples = epoch.len();
    let rows = (0..delays).flat_map(|d| epoch.rows().map(move |row| (d.min(samples), row)));
    for ((delay, row), out) in rows.zip(out.chunks_exact_mut(samples.max(1))) {
        let (start, end) = out.split_at_mut(samples - delay);
        start.copy_from_slice(&row[delay..]);
        end.fill(0.0);
    }
}

/// Adds the embedded rows, weighted by a filter of delays × channels, to `out`.
pub(super) fn filter_into(epoch: Epoch<'_>, filter: &[f64], delays: usize, out: &mut [f64]) {
    let samples = epoch.len();
    with_vectors(
        #[inline(always)]
        || {
            for delay in 0..delays.min(samples) {
                let weights = &filter[delay * epoch.channels()..];
                for (row, weight) in epoch.rows().zip(weights) {
                    for (out, value) in out.iter_mut().zip(&row[delay..]) {
                        *out += weight * value;
                    }
                }
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_a_sum_of_embedded_rows() {
        let planar = [1.0, 2.0, 3.0, 10.0, 20.0, 30.0];
        let epoch = Epoch::from_planar(&planar, 2).unwrap();
        let mut embedded = [f64::NAN; 24];
        embed_into(epoch, 4, &mut embedded);
        assert_eq!(embedded[6..12], [2.0, 3.0, 0.0, 20.0, 30.0, 0.0]);
        assert_eq!(embedded[18..], [0.0; 6]);

        let filter = [1.0, -2.0, 3.0, 0.5, 0.0, 7.0, 1.0, 1.0];
        let mut found = [0.0; 3];
        filter_into(epoch, &filter, 4, &mut found);
        let column =
            |n: usize| embedded.chunks(3).zip(filter).map(|(row, w)| w * row[n]).sum::<f64>();
        assert_eq!(found, [column(0), column(1), column(2)]);
    }
}
