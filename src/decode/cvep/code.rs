use crate::decode::{DecodeError, Shape};
use crate::stimulus::{Codebook, Modulation, Target};

/// Positions this close to a whole sample or bit are rounding.
const ROUNDING: f64 = 1e-9;

/// A bit sequence on the sample clock, repeated as long as it is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Code<'a> {
    bits: &'a [bool],
    /// Samples a bit, at least 1.
    bit_samples: f64,
}

/// The codes of all targets on the clock of the samples.
pub(super) fn codes(codebook: &Codebook, shape: Shape) -> Result<Vec<Code<'_>>, DecodeError> {
    codebook.targets().iter().map(|target| code(target, shape)).collect()
}

fn code(target: &Target, shape: Shape) -> Result<Code<'_>, DecodeError> {
    let Modulation::Code { bits, bit_rate_hz } = &target.modulation else {
        return Err(DecodeError::NoCode { label: target.label.clone() });
    };
    if *bit_rate_hz > shape.rate_hz * (1.0 + ROUNDING) {
        let found = format!("{bit_rate_hz} Hz beside {} samples a second", shape.rate_hz);
        let expected = "at most the sampling rate, or neighbouring bits can't be told apart";
        return Err(DecodeError::Setting { name: "bit rate", found, expected });
    }
    Ok(Code { bits: bits.as_slice(), bit_samples: shape.rate_hz / bit_rate_hz })
}

impl<'a> Code<'a> {
    /// Bits before the code repeats.
    pub(super) fn bits(&self) -> &'a [bool] {
        self.bits
    }

    /// Samples before the code repeats, whole or not.
    pub(super) fn period_samples(&self) -> f64 {
        self.bits.len() as f64 * self.bit_samples
    }

    /// The first sample of bit `place`, counted from the onset.
    pub(super) fn start(&self, place: usize) -> usize {
        (place as f64 * self.bit_samples - ROUNDING).ceil().max(0.0) as usize
    }

    /// Whether the target is bright at a sample.
    pub(super) fn is_bright(&self, sample: usize) -> bool {
        let place = (sample as f64 / self.bit_samples + ROUNDING) as usize;
        self.bits.get(place % self.bits.len().max(1)).copied().unwrap_or(false)
    }

    /// The flashes that start before sample `samples`: the bits at which they start and the bits
    /// that they last.
    pub(super) fn flashes(&self, samples: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
        let period = self.bits.len();
        let bright = move |place: usize| self.bits[place % period];
        let starts = (0..).take_while(move |&place| self.start(place) < samples);
        starts.filter(move |&p| period > 0 && bright(p) && (p == 0 || !bright(p - 1))).map(
            move |place| {
                // A code that is never dark is one flash without an end.
                let lasts = (1..=period).find(|len| !bright(place + len)).unwrap_or(period);
                (place, lasts)
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flashes(bits: &[bool], bit_samples: f64, samples: usize) -> Vec<(usize, usize)> {
        Code { bits, bit_samples }.flashes(samples).collect()
    }

    #[test]
    fn a_flash_may_go_on_where_the_code_repeats() {
        let bits = [true, false, true];
        assert_eq!(flashes(&bits, 2.0, 14), [(0, 1), (2, 2), (5, 2)]);
        assert_eq!(flashes(&[true, true], 1.0, 9), [(0, 2)]);
        assert_eq!(flashes(&[false], 1.0, 9), []);
    }

    #[test]
    fn bits_start_at_the_first_sample_that_shows_them() {
        // 60 bits a second at 250 samples a second, and at 240.
        for bit_samples in [250.0 / 60.0, 4.0, 1.0] {
            let bits = [true, false, false, true, true, false, true];
            let code = Code { bits: &bits, bit_samples };
            for place in 1..50 {
                let start = code.start(place);
                assert_eq!(code.is_bright(start), bits[place % 7], "{bit_samples} {place}");
                assert_eq!(
                    code.is_bright(start - 1),
                    bits[(place - 1) % 7],
                    "{bit_samples} {place}"
                );
            }
        }
    }
}
