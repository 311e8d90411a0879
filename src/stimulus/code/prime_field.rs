//! Polynomials over the integers modulo a small prime.

use super::polynomial::prime_factors;
use crate::stimulus::StimulusError;

/// Primes p over which sequences are made.
pub(super) const PRIMES: [u32; 10] = [3, 5, 7, 11, 13, 17, 19, 23, 29, 31];
/// Longest sequence.
const MAX_LEN: u32 = 1 << 18;

/// A sequence with the greatest period, `pⁿ − 1`: `a[t+n] = Σ cᵢ·a[t+i] mod p`, i = 0 … n − 1, from
/// 0, …, 0, 1 on.
pub(super) fn longest_sequence(prime: u32, taps: &[u32]) -> Vec<u32> {
    let order = taps.len();
    let mut values = vec![0; order];
    if let Some(last) = values.last_mut() {
        *last = 1;
    }
    let len = prime.pow(order as u32) as usize - 1;
    for t in 0..len.saturating_sub(order) {
        let sum: u32 = taps.iter().zip(&values[t..]).map(|(c, a)| c * a).sum();
        values.push(sum % prime);
    }
    values.truncate(len);
    values
}

/// The first taps in counting order, c₀ fastest, that make a sequence of the greatest period.
pub(super) fn first_taps(
    family: &'static str,
    prime: u32,
    order: u32,
) -> Result<Vec<u32>, StimulusError> {
    check_size(family, prime, order)?;
    let count = prime.pow(order);
    let taps = |number: u32| (0..order).map(move |i| number / prime.pow(i) % prime).collect();
    let mut all = (1..count).map(taps);
    all.find(|taps: &Vec<u32>| is_primitive(prime, taps))
        .ok_or_else(|| StimulusError::family(family, "order", order, "1 or more"))
}

/// Refuses what makes no sequence of the greatest period.
pub(super) fn check_taps(
    family: &'static str,
    prime: u32,
    taps: &[u32],
) -> Result<(), StimulusError> {
    check_size(family, prime, u32::try_from(taps.len()).unwrap_or(u32::MAX))?;
    if taps.iter().any(|&tap| tap >= prime) || !is_primitive(prime, taps) {
        let first = first_taps(family, prime, taps.len() as u32)?;
        let expected =
            format!("those of a primitive polynomial over GF({prime}), such as {first:?}");
        return Err(StimulusError::family(family, "taps", format!("{taps:?}"), expected));
    }
    Ok(())
}

fn check_size(family: &'static str, prime: u32, order: u32) -> Result<(), StimulusError> {
    if !PRIMES.contains(&prime) {
        let expected = "an odd prime of 3 to 31";
        return Err(StimulusError::family(family, "prime", prime, expected));
    }
    let is_short = prime.checked_pow(order).is_some_and(|len| len <= MAX_LEN);
    if order == 0 || !is_short {
        let expected = format!("1 or more, with {prime}^order at most {MAX_LEN}");
        return Err(StimulusError::family(family, "order", order, expected));
    }
    Ok(())
}

/// Whether x has the order `pⁿ − 1` modulo `xⁿ − Σ cᵢxⁱ`; then the polynomial is irreducible, too, as
/// over GF(2).
fn is_primitive(prime: u32, taps: &[u32]) -> bool {
    let states = prime.pow(taps.len() as u32) - 1;
    let is_one = |exponent| {
        let power = power_of_x(exponent, prime, taps);
        power[0] == 1 && power[1..].iter().all(|&c| c == 0)
    };
    taps[0] != 0 && is_one(states) && prime_factors(states).all(|q| !is_one(states / q))
}

fn power_of_x(exponent: u32, prime: u32, taps: &[u32]) -> Vec<u32> {
    let order = taps.len();
    let times_x = |a: &[u32]| -> Vec<u32> {
        let top = a[order - 1];
        let shifted = std::iter::once(0).chain(a[..order - 1].iter().copied());
        shifted.zip(taps).map(|(low, c)| (low + top * c) % prime).collect()
    };
    let times = |a: &[u32], b: &[u32]| {
        let mut product = vec![0; order];
        for &factor in b.iter().rev() {
            product = times_x(&product);
            product.iter_mut().zip(a).for_each(|(p, a)| *p = (*p + factor * a) % prime);
        }
        product
    };
    let mut power = vec![0; order];
    power[0] = 1;
    for i in (0..32).rev() {
        power = times(&power, &power);
        if exponent >> i & 1 == 1 {
            power = times_x(&power);
        }
    }
    power
}

#[cfg(test)]
mod tests {
    use super::*;

    /// φ(pⁿ − 1)/n, counted by hand: OEIS A027385 for 3, A027741 for 5.
    #[test]
    fn as_many_are_primitive_as_the_tables_say() {
        let count = |prime: u32, order: u32| {
            let taps = |number: u32| -> Vec<u32> {
                (0..order).map(|i| number / prime.pow(i) % prime).collect()
            };
            (0..prime.pow(order)).filter(|&number| is_primitive(prime, &taps(number))).count()
        };
        assert_eq!([1, 2, 3, 4, 5].map(|order| count(3, order)), [1, 2, 4, 8, 22]);
        assert_eq!([1, 2, 3, 4].map(|order| count(5, order)), [2, 4, 20, 48]);
    }

    #[test]
    fn sizes_are_limited() {
        assert!(first_taps("test", 3, 0).is_err() && first_taps("test", 3, 12).is_err());
        assert!(first_taps("test", 4, 2).is_err() && first_taps("test", 31, u32::MAX).is_err());
        assert!(check_taps("test", 3, &[]).is_err() && check_taps("test", 3, &[7, 1]).is_err());
    }
}
