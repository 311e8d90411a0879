use super::{Polynomial, m_sequence};
use crate::stimulus::{Bits, StimulusError};

/// The small set of Kasami codes: an m-sequence a of even order n, and `a ⊕ Tᵏb` with its decimation
/// b by `2^(n/2) + 1`; `2^(n/2)` codes of `2ⁿ − 1` bits. The correlation of any two, at any shift, is
/// −1, −s or s − 2 with `s = 2^(n/2) + 1`, which is the least that so many codes can have (Kasami 1966,
/// Coordinated Science Laboratory report R-285; Welch 1974, IEEE Trans. Inf. Theory 20:397).
///
/// ```
/// use evoked::stimulus::code::{Kasami, Polynomial};
/// let kasami = Kasami::new(Polynomial::of_order(6)?)?;
/// assert_eq!((kasami.len(), kasami.code_len(), kasami.bound()), (8, 63, 9));
/// # Ok::<(), evoked::stimulus::StimulusError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Kasami {
    polynomial: Polynomial,
    long: Bits,
    short: Bits,
}

impl Kasami {
    /// The set of a polynomial, its register started in state 1.
    ///
    /// # Errors
    /// [`StimulusError::Family`] where its order is odd or less than 4.
    pub fn new(polynomial: Polynomial) -> Result<Self, StimulusError> {
        let order = polynomial.order();
        if order < 4 || order % 2 == 1 {
            let expected = "an even number of 4 to 16";
            return Err(StimulusError::family("Kasami codes", "order", order, expected));
        }
        let long = m_sequence(polynomial, 1)?;
        let decimation = (1 << (order / 2)) + 1;
        // Some starts of the long sequence decimate to nothing but zeros.
        let start = |shift| long.rotated(shift).decimated(decimation);
        let short = (0..long.len()).map(start).find(|short| short.ones() > 0);
        let short = short.unwrap_or_else(|| long.clone());
        Ok(Self { polynomial, long, short })
    }

    /// Number of codes, `2^(n/2)`.
    pub fn len(&self) -> usize {
        1 << (self.polynomial.order() / 2)
    }

    /// Never: a set has four codes at least.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Bits of each code, `2ⁿ − 1`.
    pub fn code_len(&self) -> usize {
        self.long.len()
    }

    /// The most that the correlation of two codes can be from zero, `s = 2^(n/2) + 1`.
    pub fn bound(&self) -> i64 {
        self.len() as i64 + 1
    }

    /// The three values that the correlation of two codes takes.
    pub fn values(&self) -> [i64; 3] {
        [-self.bound(), -1, self.bound() - 2]
    }

    /// A code of the set: a, then `a ⊕ Tᵏb` for k = 0, 1, …; `None` past the end.
    pub fn code(&self, index: usize) -> Option<Bits> {
        match index {
            0 => Some(self.long.clone()),
            _ if index < self.len() => Some(self.long.xor(&self.short.rotated(index - 1))),
            _ => None,
        }
    }

    /// All codes in order.
    pub fn codes(&self) -> impl Iterator<Item = Bits> {
        (0..self.len()).filter_map(|index| self.code(index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stimulus::code::correlation;

    #[test]
    fn correlations_keep_the_bound() {
        for order in [4, 6, 8, 10] {
            for polynomial in Polynomial::all(order).unwrap().take(2) {
                let kasami = Kasami::new(polynomial).unwrap();
                let codes: Vec<Bits> = kasami.codes().collect();
                assert_eq!(codes.len(), 1 << (order / 2));
                let few = if order > 8 { 6 } else { codes.len() };
                for (i, a) in codes.iter().take(few).enumerate() {
                    for (j, b) in codes.iter().take(few).enumerate().skip(i) {
                        let values = correlation(a, b).unwrap();
                        let values = if i == j { &values[1..] } else { &values[..] };
                        let is_one = |value| kasami.values().contains(value);
                        assert!(values.iter().all(is_one), "{polynomial}: {i} and {j}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_longest_sets_keep_it_where_they_are_looked_at() {
        for order in [12, 14, 16] {
            let kasami = Kasami::new(Polynomial::of_order(order).unwrap()).unwrap();
            let (a, b) = (kasami.code(1).unwrap(), kasami.code(kasami.len() - 1).unwrap());
            let values = correlation(&a, &b).unwrap();
            assert!(values.iter().all(|value| kasami.values().contains(value)), "order {order}");
        }
    }

    #[test]
    fn odd_orders_are_refused() {
        for order in [2, 3, 5, 7, 15] {
            assert!(Kasami::new(Polynomial::of_order(order).unwrap()).is_err(), "order {order}");
        }
    }
}
