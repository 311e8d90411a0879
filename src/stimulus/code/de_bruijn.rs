use super::{Polynomial, m_sequence};
use crate::stimulus::Bits;
use crate::stimulus::StimulusError;

/// A de Bruijn sequence of order n: `2ⁿ` bits in whose cycle every word of n bits comes exactly once
/// (de Bruijn 1946, Proc. K. Ned. Akad. Wet. 49:758). As many bits are 0 as 1.
///
/// It is the m-sequence of the polynomial with one more zero in its run of n − 1 zeros, which lacks
/// nothing but the word of zeros; it starts with that run.
///
/// ```
/// use evoked::stimulus::code::{Polynomial, de_bruijn};
/// assert_eq!(de_bruijn(Polynomial::of_order(3)?)?.to_string(), "00010111");
/// # Ok::<(), evoked::stimulus::StimulusError>(())
/// ```
///
/// # Errors
/// None that a polynomial of 2 to 16 can cause.
pub fn de_bruijn(polynomial: Polynomial) -> Result<Bits, StimulusError> {
    // State 1 << (n − 1) begins with n − 1 zeros.
    let sequence = m_sequence(polynomial, 1 << (polynomial.order() - 1))?;
    Ok(std::iter::once(false).chain(sequence.as_slice().iter().copied()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_comes_once() {
        for order in 2..=16 {
            for polynomial in Polynomial::all(order).unwrap().take(2) {
                let code = de_bruijn(polynomial).unwrap();
                let len = code.len();
                assert_eq!((len, code.ones()), (1 << order, 1 << (order - 1)));
                let mut seen = vec![false; len];
                for t in 0..len {
                    let bit = |i| usize::from(code.as_slice()[(t + i) % len]) << i;
                    let word: usize = (0..order as usize).map(bit).sum();
                    assert!(!std::mem::replace(&mut seen[word], true), "{polynomial}: {word:b}");
                }
            }
        }
    }
}
