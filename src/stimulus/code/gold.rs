use super::{Polynomial, correlation, m_sequence};
use crate::stimulus::{Bits, StimulusError};

/// A family of Gold codes: two m-sequences a and b of a preferred pair, and their sums
/// `a ⊕ Tᵏb` for all `2ⁿ − 1` shifts k; `2ⁿ + 1` codes of `2ⁿ − 1` bits. The correlation of any two
/// of them, at any shift, is −1, −t or t − 2 with `t = 2^⌊(n+2)/2⌋ + 1` (Gold 1967, IEEE Trans.
/// Inf. Theory 13:619).
///
/// There is none whose order is a multiple of 4.
///
/// ```
/// use evoked::stimulus::code::Gold;
/// let gold = Gold::of_order(6)?;
/// assert_eq!((gold.len(), gold.code_len(), gold.bound()), (65, 63, 17));
/// # Ok::<(), evoked::stimulus::StimulusError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Gold {
    polynomials: [Polynomial; 2],
    pair: [Bits; 2],
}

impl Gold {
    /// The family of two polynomials, both registers started in state 1.
    ///
    /// # Errors
    /// [`StimulusError::Family`] where their orders differ or they are no preferred pair.
    pub fn new(a: Polynomial, b: Polynomial) -> Result<Self, StimulusError> {
        let wrong = |expected: String| {
            let found = format!("{a} and {b}");
            StimulusError::family("Gold codes", "polynomials", found, expected)
        };
        if a.order() != b.order() {
            return Err(wrong("two of the same order".to_owned()));
        }
        let gold = Self { polynomials: [a, b], pair: [m_sequence(a, 1)?, m_sequence(b, 1)?] };
        let values = correlation(&gold.pair[0], &gold.pair[1])?;
        if values.iter().any(|value| !gold.values().contains(value)) {
            let other = Self::partner(a)
                .map(|partner| format!("a preferred pair, such as {a} and {partner}"));
            return Err(wrong(
                other.unwrap_or_else(|_| "an order that is no multiple of 4".into()),
            ));
        }
        Ok(gold)
    }

    /// The family of the smallest primitive polynomial of this order and its partner.
    ///
    /// # Errors
    /// [`StimulusError::Family`] where the order is not 3 to 15, or a multiple of 4.
    pub fn of_order(order: u32) -> Result<Self, StimulusError> {
        let first = Polynomial::of_order(order)?;
        Self::new(first, Self::partner(first)?)
    }

    /// The polynomial that makes a preferred pair with this one: that of its sequence decimated by 3
    /// where the order is odd, by 5 where it is twice an odd number.
    ///
    /// # Errors
    /// [`StimulusError::Family`] where the order has no preferred pair.
    pub fn partner(polynomial: Polynomial) -> Result<Polynomial, StimulusError> {
        let order = polynomial.order();
        if order < 3 || order.is_multiple_of(4) {
            let expected = "3 to 15, but no multiple of 4: other orders have no preferred pairs";
            return Err(StimulusError::family("Gold codes", "order", order, expected));
        }
        let decimation = if order % 2 == 1 { 3 } else { 5 };
        let sequence = m_sequence(polynomial, 1)?.decimated(decimation);
        // Orders 3 and 6 are shorter than what the search for a recurrence would like to see.
        let twice = [sequence.as_slice(), sequence.as_slice()].concat();
        Polynomial::of_sequence(&twice)
    }

    /// Number of codes, `2ⁿ + 1`.
    pub fn len(&self) -> usize {
        self.code_len() + 2
    }

    /// Never: a family has five codes at least.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Bits of each code, `2ⁿ − 1`.
    pub fn code_len(&self) -> usize {
        self.pair[0].len()
    }

    /// The polynomials of the preferred pair.
    pub fn polynomials(&self) -> [Polynomial; 2] {
        self.polynomials
    }

    /// The most that the correlation of two codes can be from zero, `t = 2^⌊(n+2)/2⌋ + 1`.
    pub fn bound(&self) -> i64 {
        (1 << ((self.polynomials[0].order() + 2) / 2)) + 1
    }

    /// The three values that the correlation of two codes takes.
    pub fn values(&self) -> [i64; 3] {
        [-self.bound(), -1, self.bound() - 2]
    }

    /// A code of the family: a, b, then `a ⊕ Tᵏb` for k = 0, 1, …, where `Tᵏ` starts the cycle k
    /// bits later; `None` past the end.
    pub fn code(&self, index: usize) -> Option<Bits> {
        let [a, b] = &self.pair;
        match index {
            0 => Some(a.clone()),
            1 => Some(b.clone()),
            _ if index < self.len() => Some(a.xor(&b.rotated(index - 2))),
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

    #[test]
    fn correlations_are_three_valued_and_the_family_is_whole() {
        for order in [3, 5, 6, 7] {
            let gold = Gold::of_order(order).unwrap();
            let codes: Vec<Bits> = gold.codes().collect();
            assert_eq!(codes.len(), (1 << order) + 1);
            for (i, a) in codes.iter().enumerate() {
                for (j, b) in codes.iter().enumerate().skip(i) {
                    let values = correlation(a, b).unwrap();
                    // Beside its peak, the correlation of a code with itself takes them, too.
                    let values = if i == j { &values[1..] } else { &values[..] };
                    let is_one = |value| gold.values().contains(value);
                    assert!(values.iter().all(is_one), "order {order}: {i} and {j}");
                }
            }
        }
    }

    #[test]
    fn long_families_are_three_valued_where_they_are_looked_at() {
        for order in [9, 10, 11, 13, 14, 15] {
            let gold = Gold::of_order(order).unwrap();
            for (i, j) in [(0, 1), (1, 7), (5, gold.len() - 1)] {
                let (a, b) = (gold.code(i).unwrap(), gold.code(j).unwrap());
                let mut values = correlation(&a, &b).unwrap();
                values.sort_unstable();
                values.dedup();
                assert_eq!(values, gold.values(), "order {order}: {i} and {j}");
            }
            assert_eq!(gold.code(gold.len()), None);
        }
    }

    #[test]
    fn pairs_that_are_not_preferred_are_refused() {
        let polynomial = |text: &str| text.parse::<Polynomial>().unwrap();
        // A sequence and its reverse: the correlation takes more values.
        let refusal = Gold::new(polynomial("6,1,0"), polynomial("6,5,0")).unwrap_err().to_string();
        assert!(refusal.contains("a preferred pair, such as 6,1,0 and 6,5,2,1,0"), "{refusal}");
        assert!(Gold::new(polynomial("6,1,0"), polynomial("5,2,0")).is_err());
        assert!(Gold::new(polynomial("4,1,0"), polynomial("4,3,0")).is_err());
        for order in [0, 1, 2, 4, 8, 12, 16, 17] {
            assert!(Gold::of_order(order).is_err(), "order {order}");
        }
    }
}
