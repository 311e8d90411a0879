//! How alike two codes are, at every shift.

use crate::stimulus::{Bits, StimulusError};

/// The periodic correlation of two codes of the same length, as sums of products of ±1: value τ is
/// `Σ a[t]·b[t + τ]`, t = 0 … N − 1, positions modulo N.
///
/// ```
/// use evoked::stimulus::{Bits, code::correlation};
/// let code: Bits = "0010111".parse()?;
/// assert_eq!(correlation(&code, &code)?, [7, -1, -1, -1, -1, -1, -1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`StimulusError::Family`] where the lengths differ or are 0.
pub fn correlation(a: &Bits, b: &Bits) -> Result<Vec<i64>, StimulusError> {
    let len = a.len();
    if len == 0 || len != b.len() {
        let found = format!("{len} and {} bits", b.len());
        return Err(StimulusError::family("correlation", "length", found, "the same, not 0"));
    }
    // The second code twice, so that a shift is a shift and no rotation.
    let (a, b) = (Words::of(a.as_slice()), Words::of(&[b.as_slice(), b.as_slice()].concat()));
    Ok((0..len).map(|shift| len as i64 - 2 * a.differences(&b, shift) as i64).collect())
}

/// The aperiodic autocorrelation: value τ is `Σ a[t]·a[t + τ]`, t = 0 … N − 1 − τ.
///
/// ```
/// use evoked::stimulus::{Bits, code::aperiodic_autocorrelation};
/// let barker: Bits = "11101".parse()?;
/// assert_eq!(aperiodic_autocorrelation(&barker), [5, 0, 1, 0, 1]);
/// # Ok::<(), String>(())
/// ```
pub fn aperiodic_autocorrelation(code: &Bits) -> Vec<i64> {
    let bits = code.as_slice();
    let product = |(a, b): (&bool, &bool)| if a == b { 1_i64 } else { -1 };
    (0..bits.len()).map(|shift| bits.iter().zip(&bits[shift..]).map(product).sum()).collect()
}

/// Bits, 64 in a word, so that a whole word is compared at once.
struct Words {
    len: usize,
    words: Vec<u64>,
}

impl Words {
    fn of(bits: &[bool]) -> Self {
        let word = |bits: &[bool]| {
            bits.iter().enumerate().fold(0, |word, (i, &bit)| word | u64::from(bit) << i)
        };
        let mut words: Vec<u64> = bits.chunks(64).map(word).collect();
        // A word read across the end.
        words.push(0);
        Self { len: bits.len(), words }
    }

    /// The 64 bits from `at` on.
    fn at(&self, at: usize) -> u64 {
        let (word, shift) = (at / 64, at % 64);
        let low = self.words[word] >> shift;
        if shift == 0 { low } else { low | self.words[word + 1] << (64 - shift) }
    }

    /// In how many places this differs from `other` from `shift` on.
    fn differences(&self, other: &Self, shift: usize) -> u32 {
        let differences = |(i, &word): (usize, &u64)| {
            let left = self.len - 64 * i;
            let mask = if left >= 64 { u64::MAX } else { (1 << left) - 1 };
            ((word ^ other.at(shift + 64 * i)) & mask).count_ones()
        };
        self.words.iter().take(self.len.div_ceil(64)).enumerate().map(differences).sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sign(bit: bool) -> i64 {
        if bit { 1 } else { -1 }
    }

    proptest! {
        #[test]
        fn words_count_as_the_formula_does(
            pairs in prop::collection::vec(any::<(bool, bool)>(), 1..300)
        ) {
            let (a, b): (Vec<bool>, Vec<bool>) = pairs.into_iter().unzip();
            let len = a.len();
            let plain: Vec<i64> = (0..len)
                .map(|shift| (0..len).map(|t| sign(a[t]) * sign(b[(t + shift) % len])).sum())
                .collect();
            prop_assert_eq!(correlation(&Bits::new(a), &Bits::new(b)).unwrap(), plain);
        }
    }

    #[test]
    fn lengths_have_to_fit() {
        let bits = |len| Bits::new(vec![true; len]);
        assert!(correlation(&bits(3), &bits(4)).is_err());
        assert!(correlation(&bits(0), &bits(0)).is_err());
    }
}
