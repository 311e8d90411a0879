//! Filters as second-order sections: the coefficients, their frequency response, and causal
//! filtering of one channel in chunks of any size.
//!
//! A section is `H(z) = (b0 + b1 z⁻¹ + b2 z⁻²) / (a0 + a1 z⁻¹ + a2 z⁻²)`, run in transposed direct
//! form II. A cascade of sections keeps its accuracy where one long polynomial would not.

use super::{Complex64, error::DspError};

/// One second-order section.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Section {
    /// Numerator, ascending powers of z⁻¹.
    pub b: [f64; 3],
    /// Denominator, ascending powers of z⁻¹; `a[0]` is 1 in every section of a [`Sos`].
    pub a: [f64; 3],
}

/// A cascade of second-order sections.
#[derive(Debug, Clone, PartialEq)]
pub struct Sos {
    sections: Vec<Section>,
}

impl Sos {
    /// A cascade of the given sections, each scaled so that `a[0]` is 1. No sections at all make
    /// the filter that changes nothing.
    ///
    /// # Errors
    ///
    /// [`DspError::Section`] if a coefficient is not finite, or is not after the scaling.
    pub fn new(mut sections: Vec<Section>) -> Result<Self, DspError> {
        for (index, section) in sections.iter_mut().enumerate() {
            let lead = section.a[0];
            for value in section.b.iter_mut().chain(section.a.iter_mut()) {
                *value /= lead;
            }
            if section.b.iter().chain(&section.a).any(|value| !value.is_finite()) {
                return Err(DspError::Section { section: index });
            }
        }
        Ok(Self { sections })
    }

    /// The sections, in the order in which a sample passes them.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// This filter followed by `next`, as one cascade.
    #[must_use]
    pub fn then(mut self, next: &Sos) -> Self {
        self.sections.extend_from_slice(&next.sections);
        self
    }

    /// Complex gain at `freq_hz` for data sampled at `rate_hz`: its modulus is the amplification,
    /// its argument the phase shift in radians.
    pub fn frequency_response(&self, freq_hz: f64, rate_hz: f64) -> Complex64 {
        let z1 = Complex64::cis(-std::f64::consts::TAU * freq_hz / rate_hz);
        let polynomial = |c: &[f64; 3]| (z1 * c[2] + c[1]) * z1 + c[0];
        self.sections.iter().map(|s| polynomial(&s.b) / polynomial(&s.a)).product()
    }

    /// The memory of each section once a constant input of 1 has lasted for ever, so that a filter
    /// started with it answers a step as if the step had always been there.
    ///
    /// # Errors
    ///
    /// [`DspError::Unstable`] if a section has a pole at 0 Hz, where no such state exists.
    pub fn steady_state(&self) -> Result<Vec<[f64; 2]>, DspError> {
        let mut input = 1.0;
        let mut memory = Vec::with_capacity(self.sections.len());
        for Section { b, a } in &self.sections {
            let denominator = 1.0 + a[1] + a[2];
            let output = (b[0] + b[1] + b[2]) / denominator;
            let first = (b[1] - a[1] * b[0] + b[2] - a[2] * b[0]) / denominator;
            let second = b[2] - a[2] * (b[0] + first);
            if !(first.is_finite() && second.is_finite()) {
                return Err(DspError::Unstable { what: "a pole at 0 Hz has no steady state" });
            }
            memory.push([input * first, input * second]);
            input *= output;
        }
        Ok(memory)
    }
}

/// Sections that run side by side, so that one need not wait for the other.
const ABREAST: usize = 4;

/// Runs a cascade over a stretch of samples of `L` channels side by side, from its end if
/// `BACKWARD`. `memory` has one entry a section.
#[inline(always)]
pub(crate) fn run_cascade<const L: usize, const BACKWARD: bool>(
    sections: &[Section],
    memory: &mut [[[f64; L]; 2]],
    samples: &mut [[f64; L]],
) {
    let (groups, rest) = sections.as_chunks::<ABREAST>();
    let (group_memory, rest_memory) = memory.as_chunks_mut::<ABREAST>();
    for (group, memory) in groups.iter().zip(group_memory) {
        run_abreast::<L, ABREAST, BACKWARD>(group, memory, samples);
    }
    for (section, memory) in rest.as_chunks::<1>().0.iter().zip(rest_memory.as_chunks_mut().0) {
        run_abreast::<L, 1, BACKWARD>(section, memory, samples);
    }
}

#[inline(always)]
fn run_abreast<const L: usize, const N: usize, const BACKWARD: bool>(
    sections: &[Section; N],
    memory: &mut [[[f64; L]; 2]; N],
    samples: &mut [[f64; L]],
) {
    let mut state = *memory;
    let len = samples.len();
    for n in 0..len {
        let sample = &mut samples[if BACKWARD { len - 1 - n } else { n }];
        let mut passing = *sample;
        for (section, [first, second]) in sections.iter().zip(&mut state) {
            let Section { b: [b0, b1, b2], a: [_, a1, a2] } = *section;
            for lane in 0..L {
                let x = passing[lane];
                let y = b0 * x + first[lane];
                first[lane] = (b1 * x + second[lane]) - a1 * y;
                second[lane] = b2 * x - a2 * y;
                passing[lane] = y;
            }
        }
        *sample = passing;
    }
    *memory = state;
}

/// A causal filter at work on one channel: the sections and what they remember.
///
/// Make one for each channel. Cutting a signal into chunks, whatever their sizes, does not change
/// a bit of the output. A NaN or an infinity in the input stays in the memory until
/// [`reset`](Self::reset).
///
/// ```
/// use evoked::dsp::{BandPass, Family, SosState};
///
/// let band = BandPass { family: Family::Butterworth, order: 4, low_hz: 4.0, high_hz: 60.0 };
/// let sos = band.design(256.0)?;
/// let mut channels = vec![SosState::new(&sos); 8];
/// let mut chunk = vec![[1.0; 32]; 8];
/// for (state, samples) in channels.iter_mut().zip(&mut chunk) {
///     state.filter_in_place(samples);
/// }
/// # Ok::<(), evoked::dsp::DspError>(())
/// ```
#[derive(Debug, Clone)]
pub struct SosState {
    sections: Vec<Section>,
    memory: Vec<[[f64; 1]; 2]>,
}

impl SosState {
    /// A filter at rest, as if the input had been zero for ever.
    pub fn new(sos: &Sos) -> Self {
        Self { sections: sos.sections.clone(), memory: vec![[[0.0]; 2]; sos.sections.len()] }
    }

    /// A filter in balance, as if the input had been `level` for ever. Starting with the first
    /// sample as the level avoids most of the ringing that a large offset would cause.
    ///
    /// # Errors
    ///
    /// As [`Sos::steady_state`].
    pub fn settled(sos: &Sos, level: f64) -> Result<Self, DspError> {
        let settle = |[first, second]: [f64; 2]| [[first * level], [second * level]];
        let memory = sos.steady_state()?.into_iter().map(settle).collect();
        Ok(Self { sections: sos.sections.clone(), memory })
    }

    /// Back to rest.
    pub fn reset(&mut self) {
        self.memory.fill([[0.0]; 2]);
    }

    /// Replaces the next samples of the channel by their filtered values.
    pub fn filter_in_place(&mut self, samples: &mut [f64]) {
        let (lanes, _) = samples.as_chunks_mut::<1>();
        run_cascade::<1, false>(&self.sections, &mut self.memory, lanes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn resonator() -> Sos {
        let first = Section { b: [0.5, 0.2, -0.1], a: [1.0, -1.2, 0.6] };
        let second = Section { b: [1.0, -1.0, 0.0], a: [1.0, -0.3, 0.0] };
        Sos::new(vec![first, second]).unwrap()
    }

    /// The difference equation, term by term.
    fn plain(section: &Section, x: &[f64]) -> Vec<f64> {
        let mut y: Vec<f64> = Vec::new();
        for n in 0..x.len() {
            let past = |v: &[f64], k: usize| if n >= k { v[n - k] } else { 0.0 };
            let forward: f64 = (0..3).map(|k| section.b[k] * past(x, k)).sum();
            let back: f64 = (1..3).map(|k| section.a[k] * past(&y, k)).sum();
            y.push(forward - back);
        }
        y
    }

    proptest! {
        #[test]
        fn follows_the_difference_equation_in_any_chunking(
            x in prop::collection::vec(-100.0..100.0f64, 0..80),
            cuts in prop::collection::vec(0..9usize, 0..40),
        ) {
            let sos = resonator();
            let expected = sos.sections().iter().fold(x.clone(), |v, s| plain(s, &v));
            let mut whole = x.clone();
            SosState::new(&sos).filter_in_place(&mut whole);
            for (found, expected) in whole.iter().zip(&expected) {
                prop_assert!((found - expected).abs() < 1e-10);
            }

            let mut pieces = x;
            let mut state = SosState::new(&sos);
            let mut rest = pieces.as_mut_slice();
            for cut in cuts {
                let (head, tail) = rest.split_at_mut(cut.min(rest.len()));
                state.filter_in_place(head);
                rest = tail;
            }
            state.filter_in_place(rest);
            prop_assert_eq!(pieces, whole);
        }
    }

    #[test]
    fn a_settled_filter_answers_a_constant_with_a_constant() {
        let sos = resonator();
        let gain: f64 = sos
            .sections()
            .iter()
            .map(|s| s.b.iter().sum::<f64>() / s.a.iter().sum::<f64>())
            .product();
        let mut samples = [7.0; 20];
        let mut state = SosState::settled(&sos, 7.0).unwrap();
        state.filter_in_place(&mut samples);
        assert!(samples.iter().all(|y| (y - 7.0 * gain).abs() < 1e-12));
        state.reset();
        let mut zeros = [0.0; 4];
        state.filter_in_place(&mut zeros);
        assert_eq!(zeros, [0.0; 4]);
    }

    #[test]
    fn the_response_is_what_a_sinusoid_meets() {
        let (sos, freq_hz, rate_hz) = (resonator(), 20.0, 250.0);
        let phase = |n: usize| std::f64::consts::TAU * freq_hz * n as f64 / rate_hz;
        let mut samples: Vec<f64> = (0..500).map(|n| phase(n).cos()).collect();
        SosState::new(&sos).filter_in_place(&mut samples);
        let gain = sos.frequency_response(freq_hz, rate_hz);
        for (n, sample) in samples.iter().enumerate().skip(400) {
            assert!((sample - gain.norm() * (phase(n) + gain.arg()).cos()).abs() < 1e-9);
        }
    }

    #[test]
    fn scales_sections_and_refuses_broken_ones() {
        let doubled = Section { b: [2.0, 4.0, 6.0], a: [2.0, 1.0, 0.5] };
        let sos = Sos::new(vec![doubled]).unwrap();
        assert_eq!(sos.sections()[0], Section { b: [1.0, 2.0, 3.0], a: [1.0, 0.5, 0.25] });
        for a0 in [0.0, f64::NAN] {
            let broken = Section { b: [1.0; 3], a: [a0, 0.0, 0.0] };
            assert_eq!(
                Sos::new(vec![doubled, broken]).unwrap_err(),
                DspError::Section { section: 1 }
            );
        }
        let integrator = Section { b: [1.0, 0.0, 0.0], a: [1.0, -1.0, 0.0] };
        let integrator = Sos::new(vec![integrator]).unwrap();
        assert!(matches!(integrator.steady_state(), Err(DspError::Unstable { .. })));
        let nothing = Sos::new(Vec::new()).unwrap();
        assert_eq!(nothing.frequency_response(3.0, 100.0), Complex64::new(1.0, 0.0));
    }
}
