use super::prime_field::{PRIMES, first_taps, longest_sequence};
use crate::stimulus::{Bits, StimulusError};

const FAMILY: &str = "APA sequence";

/// An almost perfect autocorrelation sequence: its periodic autocorrelation is zero at every shift but
/// 0 and half the length N, where it is 4 − N (Wolfmann 1992, IEEE Trans. Inf. Theory 38:1412). Lengths
/// are `2(p + 1)` with an odd prime p of 3 to 31: 8, 12, 16, 24, 28, 36, 40, 48, 60, 64.
///
/// It is made of the traces `u[i]` of the powers of a primitive element of GF(p²): the quadratic
/// characters of `u[0] … u[p]` form a negacyclic conference sequence (Delsarte, Goethals & Seidel 1971,
/// Can. J. Math. 23:816), which goes on with its own inverse. The two values of character 0 become
/// 1 (Pott & Bradley 1995, IEEE Trans. Inf. Theory 41:301).
///
/// The second half of the cycle is the first inverted, but for two bits: shifts of half the length
/// can't be told from an inverted answer.
///
/// ```
/// use evoked::stimulus::code::{apa, correlation};
/// let code = apa(8)?;
/// assert_eq!(correlation(&code, &code)?, [8, 0, 0, 0, -4, 0, 0, 0]);
/// # Ok::<(), evoked::stimulus::StimulusError>(())
/// ```
///
/// # Errors
/// [`StimulusError::Family`] for another length.
pub fn apa(len: usize) -> Result<Bits, StimulusError> {
    let Some(prime) = PRIMES.into_iter().find(|&prime| len == 2 * (prime as usize + 1)) else {
        let expected = "8, 12, 16, 24, 28, 36, 40, 48, 60 or 64";
        return Err(StimulusError::family(FAMILY, "length", len, expected));
    };
    // An m-sequence of order 2 lists the traces of all powers.
    let traces = longest_sequence(prime, &first_taps(FAMILY, prime, 2)?);
    let is_square = |value: u32| (1..prime).any(|root| root * root % prime == value);
    Ok(traces.into_iter().take(len).map(|trace| trace == 0 || is_square(trace)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stimulus::code::correlation;

    #[test]
    fn the_autocorrelation_is_zero_but_at_half_the_length() {
        let mut made = 0;
        for len in 0..100 {
            let Ok(code) = apa(len) else { continue };
            let mut expected = vec![0; len];
            expected[0] = len as i64;
            expected[len / 2] = 4 - len as i64;
            assert_eq!(correlation(&code, &code).unwrap(), expected, "length {len}");
            made += 1;
        }
        assert_eq!(made, 10);
    }
}
