use super::Method;
use crate::stimulus::{Codebook, Modulation};

/// What the targets of a codebook show, as far as methods care.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Light {
    /// All that flicker do it at one frequency each: [`Method::FREQUENCIES`].
    Frequencies,
    /// Codes of bits, all that show anything: [`Method::CODES`].
    Codes,
    /// Several luminances or frequencies a target, or targets of more than one kind:
    /// [`Method::TEMPLATES`].
    Other,
}

impl Light {
    /// That of a codebook.
    ///
    /// ```
    /// use evoked::decode::{Light, Method};
    /// use evoked::stimulus::Codebook;
    /// let light = Light::of(&Codebook::sinusoids(&[13.0, 17.0])?);
    /// assert_eq!(light, Light::Frequencies);
    /// assert!(light.methods().contains(&Method::Cca));
    /// # Ok::<(), evoked::stimulus::StimulusError>(())
    /// ```
    pub fn of(codebook: &Codebook) -> Self {
        let all = |is: fn(&Modulation) -> bool| {
            let lights = codebook.targets().iter().map(|target| &target.modulation);
            lights.filter(|light| **light != Modulation::Blank).all(is)
        };
        if all(|light| light.frequency_hz().is_some()) {
            Light::Frequencies
        } else if all(|light| matches!(light, Modulation::Code { .. })) {
            Light::Codes
        } else {
            Light::Other
        }
    }

    /// The methods that are made for it. Of [`Method::TEMPLATES`] all take any light.
    pub fn methods(self) -> &'static [Method] {
        match self {
            Light::Frequencies => &Method::FREQUENCIES,
            Light::Codes => &Method::CODES,
            Light::Other => &Method::TEMPLATES,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{Calibration, Settings, Shape};
    use crate::signal::Epoch;
    use crate::stimulus::{Bits, Target, Tone};

    fn of(lights: Vec<Modulation>) -> Codebook {
        let target = |(place, modulation): (usize, Modulation)| {
            let label = place.to_string();
            Target { label, event: None, modulation }
        };
        Codebook::new(lights.into_iter().enumerate().map(target).collect()).unwrap()
    }

    fn sinusoid(frequency_hz: f64) -> Modulation {
        Modulation::Sinusoid { frequency_hz, phase_rad: 0.0 }
    }

    fn code(bits: &str) -> Modulation {
        Modulation::Code { bits: Bits::try_from(bits.to_owned()).unwrap(), bit_rate_hz: 60.0 }
    }

    fn sum(frequency_hz: f64) -> Modulation {
        let tone = |frequency_hz| Tone { frequency_hz, phase_rad: 0.0, weight: 1.0 };
        Modulation::FrequencySum { tones: vec![tone(frequency_hz), tone(2.5 * frequency_hz)] }
    }

    fn takes(method: Method, codebook: &Codebook) -> bool {
        let shape = Shape { channels: 2, samples: 250, rate_hz: 250.0 };
        let mut noise = (1..).map(|n: u64| (n * n * 7919 % 10_007) as f64 / 5000.0 - 1.0);
        let mut calibration = Calibration::new(shape, codebook).unwrap();
        for trial in 0..3 * codebook.len() {
            let planar: Vec<f64> = noise.by_ref().take(500).collect();
            let epoch = Epoch::from_planar(&planar, 2).unwrap();
            calibration.add(trial % codebook.len(), epoch).unwrap();
        }
        method.fit(codebook, &calibration, &Settings::default()).is_ok()
    }

    #[test]
    fn codebooks_are_told_apart_and_their_methods_take_them() {
        let cases = [
            (Light::Frequencies, vec![sinusoid(10.0), sinusoid(13.0)]),
            (Light::Codes, vec![code("1101000"), code("1010001")]),
            (Light::Other, vec![sum(8.0), sum(9.0)]),
            (Light::Other, vec![sinusoid(10.0), code("1101000")]),
        ];
        for (light, modulations) in cases {
            let codebook = of(modulations);
            assert_eq!(Light::of(&codebook), light);
            for method in light.methods().iter().chain(&Method::TEMPLATES) {
                assert!(takes(*method, &codebook), "{light:?}: {method}");
            }
        }
        let rest = of(vec![sinusoid(10.0), Modulation::Blank]);
        assert_eq!(Light::of(&rest), Light::Frequencies);
        let rest = of(vec![code("1101000"), Modulation::Blank]);
        assert_eq!(Light::of(&rest), Light::Codes);
    }
}
