use super::Polynomial;
use crate::stimulus::{Bits, StimulusError};

/// An m-sequence: one period, `2ⁿ − 1` bits, of the longest sequence that a shift register of n bits
/// makes. `2ⁿ⁻¹` of its bits are 1, and its periodic autocorrelation is −1 at every shift but 0
/// (Golomb 1967, *Shift Register Sequences*).
///
/// Its first n bits are those of `state`, the lowest first; another state starts the same cycle
/// elsewhere.
///
/// ```
/// use evoked::stimulus::code::{Polynomial, m_sequence};
/// let code = m_sequence(Polynomial::of_order(3)?, 1)?;
/// assert_eq!(code.to_string(), "1001011");
/// # Ok::<(), evoked::stimulus::StimulusError>(())
/// ```
///
/// # Errors
/// [`StimulusError::Family`] where the state is 0 or has more than n bits.
pub fn m_sequence(polynomial: Polynomial, state: u32) -> Result<Bits, StimulusError> {
    let (order, bits) = (polynomial.order(), polynomial.bits());
    if state == 0 || state >> order != 0 {
        let expected = format!("1 to {}", (1_u32 << order) - 1);
        return Err(StimulusError::family("m-sequence", "state", state, expected));
    }
    let taps = bits & !(1 << order);
    let step = |&state: &u32| {
        let feedback = (state & taps).count_ones() & 1;
        Some(state >> 1 | feedback << (order - 1))
    };
    let states = std::iter::successors(Some(state), step).take((1 << order) - 1);
    Ok(states.map(|state| state & 1 == 1).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stimulus::code::correlation;

    /// Golomb's three postulates, for every order and for several polynomials of each.
    #[test]
    fn balance_runs_and_autocorrelation_are_those_of_golomb() {
        for order in 2..=14 {
            for polynomial in Polynomial::all(order).unwrap().take(3) {
                let code = m_sequence(polynomial, 1).unwrap();
                assert_eq!(code.len(), (1 << order) - 1);
                assert_eq!(code.ones(), 1 << (order - 1), "{polynomial}");
                let correlation = correlation(&code, &code).unwrap();
                assert_eq!(correlation[0], code.len() as i64);
                assert!(correlation[1..].iter().all(|&value| value == -1), "{polynomial}");
                check_runs(&code, order as usize);
            }
        }
    }

    /// Of 2ⁿ⁻¹ runs, half are one bit long, a quarter two, and so on, as many of 0 as of 1; beside them
    /// one run of n − 1 zeros and one of n ones.
    fn check_runs(code: &Bits, order: usize) {
        let bits = code.as_slice();
        let start = (0..bits.len()).find(|&t| bits[t] != bits[(t + bits.len() - 1) % bits.len()]);
        let code = code.rotated(start.unwrap());
        let mut runs = std::collections::BTreeMap::new();
        for run in code.as_slice().chunk_by(|a, b| a == b) {
            *runs.entry((run[0], run.len())).or_insert(0_usize) += 1;
        }
        let mut expected = std::collections::BTreeMap::new();
        for len in 1..order.saturating_sub(1) {
            let count = 1 << (order - 2 - len);
            expected.insert((false, len), count);
            expected.insert((true, len), count);
        }
        expected.insert((false, order - 1), 1);
        expected.insert((true, order), 1);
        assert_eq!(runs, expected);
    }

    #[test]
    fn every_state_starts_the_same_cycle() {
        let polynomial = Polynomial::of_order(5).unwrap();
        let code = m_sequence(polynomial, 1).unwrap();
        for state in 1..32 {
            let other = m_sequence(polynomial, state).unwrap();
            assert!((0..31).any(|shift| code.rotated(shift) == other), "state {state}");
        }
        assert!(m_sequence(polynomial, 0).is_err() && m_sequence(polynomial, 32).is_err());
    }
}
