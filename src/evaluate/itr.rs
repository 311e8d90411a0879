/// Information transfer rate in bits a minute (Wolpaw et al. 1998, IEEE Trans Rehabil Eng 6:326).
///
/// `60/T · (log2 M + P·log2 P + (1−P)·log2((1−P)/(M−1)))` for M targets and accuracy P; 0 for
/// P ≤ 1/M. `selection_s` is T, the time of one selection with everything the user waits for, gaze
/// shift included; a rate without its T says nothing. `None` where an argument makes no sense:
/// fewer than two targets, an accuracy outside 0 to 1, a time that is not positive.
///
/// ```
/// use evoked::evaluate::itr_bits_per_min;
/// // A perfect speller of 40 targets with one second a selection.
/// let rate = itr_bits_per_min(40, 1.0, 1.0).unwrap();
/// assert!((rate - 60.0 * 40_f64.log2()).abs() < 1e-9);
/// assert_eq!(itr_bits_per_min(4, 0.25, 1.0), Some(0.0));
/// ```
pub fn itr_bits_per_min(targets: usize, accuracy: f64, selection_s: f64) -> Option<f64> {
    if targets < 2 || !(0.0..=1.0).contains(&accuracy) {
        return None;
    }
    if !(selection_s.is_finite() && selection_s > 0.0) {
        return None;
    }
    let m = targets as f64;
    let p = accuracy;
    if p * m <= 1.0 {
        return Some(0.0);
    }
    let wrong = if p < 1.0 { (1.0 - p) * ((1.0 - p) / (m - 1.0)).log2() } else { 0.0 };
    Some(60.0 / selection_s * (m.log2() + p * p.log2() + wrong))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nakanishi et al. 2015 (PLoS ONE 10:e0140703) report 91.68 bits/min for 12 targets at
    /// 92.78 % with a selection of 2 s (1 s window and 1 s gaze shift) as a mean over subjects;
    /// the formula at the mean accuracy gives nearly that.
    #[test]
    fn a_published_rate() {
        let rate = itr_bits_per_min(12, 0.9278, 2.0).unwrap();
        assert!((rate - 91.68).abs() < 3.0, "{rate}");
    }

    #[test]
    fn senseless_arguments_have_no_rate() {
        for (m, p, t) in [(1, 0.9, 1.0), (4, 1.1, 1.0), (4, f64::NAN, 1.0), (4, 0.9, 0.0)] {
            assert_eq!(itr_bits_per_min(m, p, t), None);
        }
    }
}
