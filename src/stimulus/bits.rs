use serde::{Deserialize, Serialize};

/// A bit sequence, written as a string of `0` and `1`.
///
/// ```
/// use evoked::stimulus::Bits;
/// let bits: Bits = "0110".parse()?;
/// assert_eq!(bits.rotated(1).to_string(), "1100");
/// assert_eq!(bits.repeated(2).to_string(), "00111100");
/// assert_eq!(bits.bit_clocked().to_string(), "01101001");
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Bits(Vec<bool>);

impl Bits {
    /// A sequence from its bits.
    pub fn new(bits: Vec<bool>) -> Self {
        Self(bits)
    }

    /// The bits in order.
    pub fn as_slice(&self) -> &[bool] {
        &self.0
    }

    /// Number of bits.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no bits.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Number of bright bits.
    pub fn ones(&self) -> usize {
        self.0.iter().filter(|&&bit| bit).count()
    }

    /// The cycle from bit `shift` on: bit t of the result is bit `t + shift` of this one.
    #[must_use]
    pub fn rotated(&self, shift: usize) -> Self {
        let mut bits = self.0.clone();
        if !bits.is_empty() {
            let shift = shift % bits.len();
            bits.rotate_left(shift);
        }
        Self(bits)
    }

    /// Every bit `times` times in a row: the same code for a display that is `times` as fast.
    #[must_use]
    pub fn repeated(&self, times: usize) -> Self {
        Self(self.0.iter().flat_map(|&bit| std::iter::repeat_n(bit, times)).collect())
    }

    /// The code at twice its bit rate, combined by exclusive or with the bit clock `01`: 0 becomes
    /// `01` and 1 becomes `10`. No run is longer than two bits, and the light is on for half of
    /// the time (Thielen, van den Broek, Farquhar & Desain 2015, PLoS ONE 10:e0133797).
    #[must_use]
    pub fn bit_clocked(&self) -> Self {
        Self(self.0.iter().flat_map(|&bit| [bit, !bit]).collect())
    }

    /// Dark where this one is bright.
    #[must_use]
    pub fn inverted(&self) -> Self {
        self.0.iter().map(|bit| !bit).collect()
    }

    /// Exclusive or with `other`, bit by bit, as far as both go.
    #[must_use]
    pub fn xor(&self, other: &Self) -> Self {
        self.0.iter().zip(&other.0).map(|(a, b)| a != b).collect()
    }

    /// Bit `q·t` for every t, modulo the length: the decimation of a cycle by q.
    #[must_use]
    pub fn decimated(&self, q: usize) -> Self {
        let len = self.0.len().max(1);
        (0..self.0.len()).map(|t| self.0[(t * (q % len)) % len]).collect()
    }

    /// The shortest length after which the cycle repeats itself.
    pub fn cycle_len(&self) -> usize {
        let len = self.0.len();
        let repeats = |&cycle: &usize| {
            len.is_multiple_of(cycle) && (cycle..len).all(|t| self.0[t] == self.0[t - cycle])
        };
        (1..=len).find(repeats).unwrap_or(0)
    }
}

impl FromIterator<bool> for Bits {
    fn from_iter<I: IntoIterator<Item = bool>>(bits: I) -> Self {
        Self(bits.into_iter().collect())
    }
}

impl std::str::FromStr for Bits {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bit = |(place, character)| match character {
            '0' => Ok(false),
            '1' => Ok(true),
            other => Err(format!("bit {place} is {other:?}, expected 0 or 1")),
        };
        text.chars().enumerate().map(bit).collect::<Result<_, _>>().map(Self)
    }
}

impl std::fmt::Display for Bits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|&bit| f.write_str(if bit { "1" } else { "0" }))
    }
}

impl TryFrom<String> for Bits {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Bits> for String {
    fn from(bits: Bits) -> Self {
        bits.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(text: &str) -> Bits {
        text.parse().unwrap()
    }

    #[test]
    fn the_bit_clock_is_an_exclusive_or_with_alternation() {
        let code = bits("1101000");
        let clock: Bits = (0..14).map(|t| t % 2 == 1).collect();
        assert_eq!(code.bit_clocked(), code.repeated(2).xor(&clock));
        assert_eq!(code.bit_clocked().ones(), 7);
    }

    #[test]
    fn cycles_are_found_whole() {
        assert_eq!(bits("010101").cycle_len(), 2);
        assert_eq!(bits("01010").cycle_len(), 5);
        assert_eq!(bits("1111").cycle_len(), 1);
        assert_eq!(bits("").cycle_len(), 0);
        assert_eq!(bits("").rotated(3), bits(""));
    }

    #[test]
    fn decimation_takes_every_qth() {
        assert_eq!(bits("11010").decimated(2), bits("10011"));
    }
}
