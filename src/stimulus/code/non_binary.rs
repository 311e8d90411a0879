use super::prime_field::{check_taps, first_taps, longest_sequence};
use crate::stimulus::StimulusError;

const FAMILY: &str = "non-binary m-sequence";

/// An m-sequence over the integers modulo an odd prime p: `pⁿ − 1` values of 0 … p − 1, in which 0
/// comes `pⁿ⁻¹ − 1` times and every other value `pⁿ⁻¹` times (Zierler 1959, J. SIAM 7:31; as a stimulus
/// of several luminances, Gembler, Rezeika, Benda & Volosyak 2020, Comput. Intell. Neurosci.
/// 2020:7985010).
///
/// ```
/// use evoked::stimulus::code::NonBinary;
/// let code = NonBinary::of_order(3, 2)?;
/// assert_eq!(code.values(), [0, 1, 1, 2, 0, 2, 2, 1]);
/// assert_eq!(code.luminances()[..3], [0.0, 0.5, 0.5]);
/// # Ok::<(), evoked::stimulus::StimulusError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NonBinary {
    prime: u32,
    taps: Vec<u32>,
    values: Vec<u32>,
}

impl NonBinary {
    /// The sequence `a[t+n] = Σ cᵢ·a[t+i] mod p` of the taps c₀ … c₍ₙ₋₁₎, from 0, …, 0, 1 on.
    ///
    /// # Errors
    /// [`StimulusError::Family`] where p is no prime of 3 to 31, the sequence would be longer than
    /// 262,144 values, or `xⁿ − Σ cᵢxⁱ` is not primitive.
    pub fn new(prime: u32, taps: Vec<u32>) -> Result<Self, StimulusError> {
        check_taps(FAMILY, prime, &taps)?;
        let values = longest_sequence(prime, &taps);
        Ok(Self { prime, taps, values })
    }

    /// The sequence of the first primitive polynomial of this degree.
    ///
    /// # Errors
    /// As [`NonBinary::new`].
    pub fn of_order(prime: u32, order: u32) -> Result<Self, StimulusError> {
        Self::new(prime, first_taps(FAMILY, prime, order)?)
    }

    /// The taps c₀ … c₍ₙ₋₁₎.
    pub fn taps(&self) -> &[u32] {
        &self.taps
    }

    /// One period, each value 0 … p − 1.
    pub fn values(&self) -> &[u32] {
        &self.values
    }

    /// One period as luminances, evenly spaced: `value/(p − 1)`, 0 dark and 1 bright.
    pub fn luminances(&self) -> Vec<f64> {
        self.values.iter().map(|&value| f64::from(value) / f64::from(self.prime - 1)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stimulus::code::prime_field::PRIMES;

    /// The values as roots of unity have an autocorrelation of −1 at every shift but 0, as binary
    /// ones have: every value comes equally often among the differences, but for 0, which lacks one.
    #[test]
    fn values_and_differences_are_balanced() {
        for prime in PRIMES {
            for order in 1..=6 {
                let Ok(code) = NonBinary::of_order(prime, order) else { break };
                let values = code.values();
                if values.len() > 3000 {
                    break;
                }
                let often = prime.pow(order - 1) as usize;
                let balance = |values: &mut dyn Iterator<Item = u32>| {
                    let mut counts = vec![0; prime as usize];
                    values.for_each(|value| counts[value as usize] += 1);
                    counts[0] == often - 1 && counts[1..].iter().all(|&count| count == often)
                };
                assert!(balance(&mut values.iter().copied()), "{prime}^{order}");
                for shift in [1, 2, values.len() / 2, values.len() - 1] {
                    if shift % values.len() == 0 {
                        continue;
                    }
                    let other = values.iter().cycle().skip(shift);
                    let differences =
                        &mut values.iter().zip(other).map(|(a, b)| (a + prime - b) % prime);
                    assert!(balance(differences), "{prime}^{order}, shift {shift}");
                }
            }
        }
    }

    #[test]
    fn taps_that_are_not_primitive_are_refused() {
        // x² − 1 and x² + 1 over GF(3): orders 2 and 4 instead of 8.
        assert!(NonBinary::new(3, vec![1, 0]).is_err());
        let refusal = NonBinary::new(3, vec![2, 0]).unwrap_err().to_string();
        assert!(refusal.contains("such as [1, 1]"), "{refusal}");
    }
}
