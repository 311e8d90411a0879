use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::stimulus::StimulusError;

/// Orders that codes may have.
pub(crate) const ORDERS: std::ops::RangeInclusive<u32> = 2..=16;

/// A primitive polynomial over GF(2), of degree 2 to 16: the feedback of a shift register that runs
/// through all states but zero.
///
/// The sequence of `xⁿ + c₍ₙ₋₁₎xⁿ⁻¹ + … + c₁x + 1` follows `a[t+n] = Σ cᵢ·a[t+i] mod 2`, i = 0 … n − 1.
/// It is written as its exponents: `6,1,0` is `x⁶ + x + 1`.
///
/// ```
/// use evoked::stimulus::code::Polynomial;
/// let polynomial: Polynomial = "6,5,0".parse()?;
/// assert_eq!((polynomial.order(), polynomial.bits()), (6, 0b110_0001));
/// assert_eq!(polynomial.reciprocal().to_string(), "6,1,0");
/// assert!("6,3,0".parse::<Polynomial>().is_err()); // not primitive
/// # Ok::<(), evoked::stimulus::StimulusError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Vec<u32>", into = "Vec<u32>")]
pub struct Polynomial(u32);

impl Polynomial {
    /// The polynomial whose coefficient of `xⁱ` is bit i.
    ///
    /// # Errors
    /// [`StimulusError::Family`] where its degree is not 2 to 16 or it is not primitive.
    pub fn new(bits: u32) -> Result<Self, StimulusError> {
        let wrong = |expected: &str| {
            let found = exponents(bits);
            Err(StimulusError::family("polynomial", "exponents", format!("{found:?}"), expected))
        };
        if !ORDERS.contains(&degree(bits)) {
            return wrong("a degree of 2 to 16");
        }
        if !is_primitive(bits) {
            return wrong("a primitive polynomial, such as 6,1,0 for x^6 + x + 1");
        }
        Ok(Self(bits))
    }

    /// The primitive polynomial of this degree with the smallest [`bits`](Self::bits).
    ///
    /// # Errors
    /// [`StimulusError::Family`] where the order is not 2 to 16.
    pub fn of_order(order: u32) -> Result<Self, StimulusError> {
        let first = Self::all(order)?.next();
        first.ok_or_else(|| StimulusError::family("polynomial", "order", order, "2 to 16"))
    }

    /// All primitive polynomials of this degree, the smallest first: `φ(2ⁿ − 1)/n` of them.
    ///
    /// # Errors
    /// [`StimulusError::Family`] where the order is not 2 to 16.
    pub fn all(order: u32) -> Result<impl Iterator<Item = Self>, StimulusError> {
        check_order("polynomial", order)?;
        let odd = (1_u32 << order | 1..2 << order).step_by(2);
        Ok(odd.filter(|&bits| is_primitive(bits)).map(Self))
    }

    /// The polynomial that a linear sequence of `2·order` bits or more follows.
    ///
    /// # Errors
    /// [`StimulusError::Family`] where that is no primitive polynomial of degree 2 to 16.
    pub(super) fn of_sequence(bits: &[bool]) -> Result<Self, StimulusError> {
        Self::new(shortest_recurrence(bits))
    }

    /// The degree n; the period of its sequence is `2ⁿ − 1`.
    pub fn order(self) -> u32 {
        degree(self.0)
    }

    /// The coefficients: bit i is that of `xⁱ`.
    pub fn bits(self) -> u32 {
        self.0
    }

    /// The polynomial of the sequence read backwards.
    #[must_use]
    pub fn reciprocal(self) -> Self {
        Self(self.0.reverse_bits() >> (31 - self.order()))
    }
}

pub(super) fn check_order(family: &'static str, order: u32) -> Result<(), StimulusError> {
    match ORDERS.contains(&order) {
        true => Ok(()),
        false => Err(StimulusError::family(family, "order", order, "2 to 16")),
    }
}

fn degree(bits: u32) -> u32 {
    bits.checked_ilog2().unwrap_or(0)
}

fn exponents(bits: u32) -> Vec<u32> {
    (0..32).rev().filter(|i| bits >> i & 1 == 1).collect()
}

/// Whether x has the order `2ⁿ − 1` modulo the polynomial. Then its powers are all that is not zero,
/// so that everything but zero has an inverse: the polynomial is irreducible, too.
fn is_primitive(bits: u32) -> bool {
    let states = (1_u32 << degree(bits)) - 1;
    let is_one = |exponent| power_of_x(exponent, bits) == 1;
    bits & 1 == 1 && is_one(states) && prime_factors(states).all(|q| !is_one(states / q))
}

/// `x^exponent` modulo the polynomial.
fn power_of_x(exponent: u32, modulus: u32) -> u32 {
    let top = 1 << degree(modulus);
    let times_x = |a: u32| if a << 1 & top == 0 { a << 1 } else { a << 1 ^ modulus };
    let times = |a: u32, b: u32| {
        let mut product = 0;
        for i in (0..degree(modulus)).rev() {
            product = times_x(product);
            product ^= if b >> i & 1 == 1 { a } else { 0 };
        }
        product
    };
    (0..32).rev().fold(1, |power, i| {
        let square = times(power, power);
        if exponent >> i & 1 == 1 { times_x(square) } else { square }
    })
}

/// The primes that divide a number.
pub(super) fn prime_factors(number: u32) -> impl Iterator<Item = u32> {
    let mut rest = number;
    let mut candidates = 2..;
    std::iter::from_fn(move || {
        while rest > 1 {
            let q = candidates.next()?;
            if u64::from(q) * u64::from(q) > u64::from(rest) {
                return Some(std::mem::replace(&mut rest, 1));
            }
            if rest.is_multiple_of(q) {
                while rest.is_multiple_of(q) {
                    rest /= q;
                }
                return Some(q);
            }
        }
        None
    })
}

/// Coefficients of the shortest recurrence that a sequence follows (Massey 1969, IEEE Trans. Inf.
/// Theory 15:122), as those of a polynomial in the sense of [`Polynomial`]; 0 where it is longer than
/// 31.
fn shortest_recurrence(bits: &[bool]) -> u32 {
    let (mut connection, mut before) = (1_u64, 1_u64);
    let (mut len, mut since) = (0_usize, 1_u32);
    for t in 0..bits.len().min(64) {
        let taps = (0..=len.min(t)).filter(|&i| connection >> i & 1 == 1 && bits[t - i]);
        if taps.count() % 2 == 0 {
            since += 1;
            continue;
        }
        let corrected = connection ^ before.checked_shl(since).unwrap_or(0);
        if 2 * len <= t {
            (before, len, since) = (connection, t + 1 - len, 1);
        } else {
            since += 1;
        }
        connection = corrected;
        if len > 31 {
            return 0;
        }
    }
    // The connection polynomial counts backwards from the newest bit.
    (0..=len).filter(|&i| connection >> i & 1 == 1).fold(0, |bits, i| bits | 1 << (len - i))
}

impl fmt::Display for Polynomial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<_> = exponents(self.0).iter().map(u32::to_string).collect();
        f.pad(&texts.join(","))
    }
}

impl FromStr for Polynomial {
    type Err = StimulusError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let exponents: Result<Vec<u32>, _> = text.split(',').map(|e| e.trim().parse()).collect();
        match exponents {
            Ok(exponents) => Self::try_from(exponents),
            Err(_) => Err(StimulusError::family(
                "polynomial",
                "exponents",
                format!("{text:?}"),
                "exponents such as 6,1,0 for x^6 + x + 1",
            )),
        }
    }
}

impl TryFrom<Vec<u32>> for Polynomial {
    type Error = StimulusError;

    fn try_from(exponents: Vec<u32>) -> Result<Self, Self::Error> {
        let mut bits = 0;
        for exponent in &exponents {
            let bit = 1_u32.checked_shl(*exponent).unwrap_or(0);
            if bit == 0 || bits & bit != 0 {
                let found = format!("{exponents:?}");
                let expected = "every exponent once, none above 16";
                return Err(StimulusError::family("polynomial", "exponents", found, expected));
            }
            bits |= bit;
        }
        Self::new(bits)
    }
}

impl From<Polynomial> for Vec<u32> {
    fn from(polynomial: Polynomial) -> Self {
        exponents(polynomial.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of primitive polynomials over GF(2), from the On-Line Encyclopedia of Integer Sequences,
    /// A011260.
    #[test]
    fn as_many_are_primitive_as_the_table_says() {
        let counts = [1, 2, 2, 6, 6, 18, 16, 48, 60, 176, 144, 630, 756, 1800, 2048];
        for (order, count) in ORDERS.zip(counts) {
            assert_eq!(Polynomial::all(order).unwrap().count(), count, "order {order}");
        }
    }

    /// Primitive trinomials and pentanomials as tabulated for shift registers (Xilinx XAPP 052, table 3:
    /// the taps of `xⁿ + …`).
    #[test]
    fn published_taps_are_accepted() {
        let taps: [&[u32]; 14] = [
            &[3, 2],
            &[4, 3],
            &[5, 3],
            &[6, 5],
            &[7, 6],
            &[8, 6, 5, 4],
            &[9, 5],
            &[10, 7],
            &[11, 9],
            &[12, 6, 4, 1],
            &[13, 4, 3, 1],
            &[14, 5, 3, 1],
            &[15, 14],
            &[16, 15, 13, 4],
        ];
        for taps in taps {
            let exponents = [taps, &[0]].concat();
            let polynomial = Polynomial::try_from(exponents).unwrap();
            assert_eq!(polynomial.order(), taps[0]);
            assert!(Polynomial::new(polynomial.reciprocal().bits()).is_ok());
        }
    }

    #[test]
    fn what_is_not_primitive_is_refused() {
        // x⁴ + x³ + x² + x + 1 is irreducible, but x has order 5 only.
        for text in ["4,3,2,1,0", "6,3,0", "6,5", "17,3,0", "1,0", "0", "", "6,6,0", "6,99,0", "x"]
        {
            assert!(text.parse::<Polynomial>().is_err(), "{text}");
        }
        assert!(Polynomial::new(0).is_err() && Polynomial::new(u32::MAX).is_err());
        assert!(Polynomial::of_order(17).is_err() && Polynomial::of_order(1).is_err());
    }

    #[test]
    fn a_recurrence_is_found_again() {
        for polynomial in Polynomial::all(7).unwrap() {
            let mut bits = vec![true, false, false, true, true, false, true];
            for t in 0..40 {
                let taps = (0..7).filter(|&i| polynomial.bits() >> i & 1 == 1 && bits[t + i]);
                let next = taps.count() % 2 == 1;
                bits.push(next);
            }
            assert_eq!(Polynomial::of_sequence(&bits).unwrap(), polynomial);
        }
        assert!(Polynomial::of_sequence(&[false; 40]).is_err());
    }

    #[test]
    fn factors_are_the_primes() {
        assert_eq!(prime_factors(63).collect::<Vec<_>>(), [3, 7]);
        assert_eq!(prime_factors(65_535).collect::<Vec<_>>(), [3, 5, 17, 257]);
        assert_eq!(prime_factors(8191).collect::<Vec<_>>(), [8191]);
        assert_eq!(prime_factors(1).count(), 0);
    }
}
