/// Channels of which less than this part of the power is left beside the channels before them count
/// for nothing: the sums of a long window hold no more digits.
const SMALLEST_PIVOT: f64 = 1e-10;

/// Filters W that make signals with the products G uncorrelated and of norm 1, `W·G·W' = I`, as
/// rows of `n` weights; gives their number. What adds nothing to the channels before it has none.
///
/// `work` holds `n` numbers, `filters` n × n.
pub(super) fn whiten(gram: &[f64], n: usize, work: &mut [f64], filters: &mut [f64]) -> usize {
    let mut rank = 0;
    for channel in 0..n {
        let power = gram[channel * n + channel];
        if power.is_nan() || power <= 0.0 {
            continue;
        }
        // Gram-Schmidt among the filters, by their products with the channel.
        let (done, rest) = filters.split_at_mut(rank * n);
        let row = &mut rest[..n];
        row.fill(0.0);
        row[channel] = 1.0;
        let mut left = power;
        for filter in done.chunks_exact(n) {
            let along: f64 = filter.iter().zip(&gram[channel * n..]).map(|(w, g)| w * g).sum();
            row.iter_mut().zip(filter).for_each(|(row, w)| *row -= along * w);
            left -= along * along;
        }
        if left.is_nan() || left <= SMALLEST_PIVOT * power {
            continue;
        }
        // Once more by what the filter really leaves, which rounding has moved.
        for (i, value) in work.iter_mut().enumerate() {
            *value = row.iter().zip(&gram[i * n..]).map(|(w, g)| w * g).sum();
        }
        for filter in done.chunks_exact(n) {
            let along: f64 = filter.iter().zip(&*work).map(|(w, g)| w * g).sum();
            row.iter_mut().zip(filter).for_each(|(row, w)| *row -= along * w);
        }
        for (i, value) in work.iter_mut().enumerate() {
            *value = row.iter().zip(&gram[i * n..]).map(|(w, g)| w * g).sum();
        }
        let square: f64 = row.iter().zip(&*work).map(|(w, g)| w * g).sum();
        if square.is_nan() || square <= SMALLEST_PIVOT * power {
            continue;
        }
        let norm = square.sqrt();
        row.iter_mut().for_each(|w| *w /= norm);
        rank += 1;
    }
    rank
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_make_channels_uncorrelated_and_drop_what_adds_nothing() {
        let signal = |row: usize, n: usize| ((row * 37 + n * n * 11 + row * n) % 29) as f64 - 14.0;
        // Channels 0, 1, zeros, a copy of 1 in another unit, 2.
        let value = |channel: usize, n: usize| match channel {
            0 => signal(0, n),
            1 => signal(1, n),
            2 => 0.0,
            3 => -1e3 * signal(1, n),
            _ => 1e-4 * signal(2, n),
        };
        let gram: Vec<f64> =
            (0..25).map(|at| (0..40).map(|n| value(at / 5, n) * value(at % 5, n)).sum()).collect();
        let (mut work, mut filters) = ([0.0; 5], [0.0; 25]);
        let rank = whiten(&gram, 5, &mut work, &mut filters);
        assert_eq!(rank, 3);
        for i in 0..rank {
            for j in 0..rank {
                let product: f64 = (0..25)
                    .map(|at| filters[i * 5 + at / 5] * gram[at] * filters[j * 5 + at % 5])
                    .sum();
                let expected = f64::from(u8::from(i == j));
                assert!((product - expected).abs() < 1e-10, "{i} {j} {product}");
            }
        }
        assert_eq!(whiten(&[0.0; 4], 2, &mut [0.0; 2], &mut [0.0; 4]), 0);
        assert_eq!(whiten(&[f64::NAN; 4], 2, &mut [0.0; 2], &mut [0.0; 4]), 0);
    }
}
