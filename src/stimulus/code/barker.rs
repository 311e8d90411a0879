use crate::stimulus::{Bits, StimulusError};

/// All Barker codes there are known to be, but for reversal and inversion (Barker 1953, in
/// *Communication Theory*, ed. Jackson, 273).
const CODES: [&str; 7] = ["10", "110", "1101", "11101", "1110010", "11100010010", "1111100110101"];

/// A Barker code: its aperiodic autocorrelation is −1, 0 or 1 at every shift but 0. The lengths are 2,
/// 3, 4, 5, 7, 11 and 13; no others are known, and of odd length there are none (Turyn & Storer 1961,
/// Proc. AMS 12:394).
///
/// ```
/// assert_eq!(evoked::stimulus::code::barker(7)?.to_string(), "1110010");
/// # Ok::<(), evoked::stimulus::StimulusError>(())
/// ```
///
/// # Errors
/// [`StimulusError::Family`] for another length.
pub fn barker(len: usize) -> Result<Bits, StimulusError> {
    let code = CODES.iter().find(|code| code.len() == len);
    let bits = code.map(|code| code.bytes().map(|byte| byte == b'1').collect());
    bits.ok_or_else(|| {
        StimulusError::family("Barker code", "length", len, "2, 3, 4, 5, 7, 11 or 13")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stimulus::code::aperiodic_autocorrelation;

    #[test]
    fn side_lobes_are_one_at_most() {
        for len in [2, 3, 4, 5, 7, 11, 13] {
            let lobes = aperiodic_autocorrelation(&barker(len).unwrap());
            assert_eq!(lobes[0], len as i64);
            assert!(lobes[1..].iter().all(|lobe| lobe.abs() <= 1), "{len}: {lobes:?}");
        }
        for len in [0, 1, 6, 8, 12, 14] {
            assert!(barker(len).is_err());
        }
    }
}
