use crate::stimulus::{Bits, StimulusError};

/// Longest pair.
const MAX_LEN: usize = 1 << 16;

/// Pairs from which the others are multiplied (Golay 1961, IRE Trans. Inf. Theory 7:82; of 26, Golay
/// 1962, Proc. IRE 50:84).
const KERNELS: [[&str; 2]; 3] = [
    ["11110110010101001011100111", "11110110010111110100011000"],
    ["1101010011", "1101111100"],
    ["11", "10"],
];

/// A Golay complementary pair: two codes whose aperiodic autocorrelations add up to zero at every
/// shift but 0. Pairs of length `2ᵃ·10ᵇ·26ᶜ` are known, and these are made (Turyn 1974, J. Comb. Theory
/// A 16:313).
///
/// ```
/// use evoked::stimulus::code::golay_pair;
/// let [a, b] = golay_pair(4)?;
/// assert_eq!((a.to_string(), b.to_string()), ("1101".to_owned(), "1000".to_owned()));
/// # Ok::<(), evoked::stimulus::StimulusError>(())
/// ```
///
/// # Errors
/// [`StimulusError::Family`] where the length is none of these, or above 65,536.
pub fn golay_pair(len: usize) -> Result<[Bits; 2], StimulusError> {
    let wrong = || {
        let expected = "2^a * 10^b * 26^c, 1 to 65536";
        StimulusError::family("Golay pair", "length", len, expected)
    };
    if !(1..=MAX_LEN).contains(&len) {
        return Err(wrong());
    }
    let (mut pair, mut rest) = ([vec![1], vec![1]], len);
    for kernel in KERNELS {
        while rest.is_multiple_of(kernel[0].len()) {
            rest /= kernel[0].len();
            pair = product(&pair, kernel);
        }
    }
    if rest != 1 {
        return Err(wrong());
    }
    Ok(pair.map(|signs| signs.into_iter().map(|sign| sign > 0).collect()))
}

/// Turyn's product of two pairs: where the kernel's codes agree the pair itself follows, and where
/// they differ the pair reversed and exchanged.
fn product([a, b]: &[Vec<i8>; 2], kernel: [&str; 2]) -> [Vec<i8>; 2] {
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for (c, d) in kernel[0].bytes().zip(kernel[1].bytes()) {
        let sign = if c == b'1' { 1 } else { -1 };
        if c == d {
            first.extend(a.iter().map(|x| sign * x));
            second.extend(b.iter().map(|x| sign * x));
        } else {
            first.extend(b.iter().rev().map(|x| sign * x));
            second.extend(a.iter().rev().map(|x| -sign * x));
        }
    }
    [first, second]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stimulus::code::aperiodic_autocorrelation;

    #[test]
    fn the_pairs_are_complementary() {
        let mut pairs = 0;
        for len in 1..=1100 {
            let Ok([a, b]) = golay_pair(len) else { continue };
            assert_eq!((a.len(), b.len()), (len, len));
            let (a, b) = (aperiodic_autocorrelation(&a), aperiodic_autocorrelation(&b));
            let sums: Vec<i64> = a.iter().zip(&b).map(|(a, b)| a + b).collect();
            assert_eq!(sums[0], 2 * len as i64);
            assert!(sums[1..].iter().all(|&sum| sum == 0), "length {len}");
            pairs += 1;
        }
        // 1 … 1024 (11), 10 … 640 (7), 100 … 800 (4), 1000, 26 … 832 (6), 260, 520, 1040, 676.
        assert_eq!(pairs, 33);
    }

    #[test]
    fn other_lengths_are_refused() {
        for len in [0, 3, 6, 12, 27, 1 << 17, usize::MAX] {
            assert!(golay_pair(len).is_err(), "length {len}");
        }
        assert_eq!(golay_pair(1 << 16).unwrap()[0].len(), 1 << 16);
    }
}
