use serde::{Deserialize, Serialize};

use super::StimulusError;

/// How luminances become values that a screen is driven with.
///
/// A target at 0 has the luminance `dark`, at 1 `bright`, as shares of the screen's white. A screen
/// of gamma γ shows `driveᵞ` of its white, so a target is driven with `luminance^(1/γ)`: without that
/// step a sinusoid comes out distorted, with harmonics of its own.
///
/// ```
/// use evoked::stimulus::Screen;
/// let screen = Screen { dark: 0.0, bright: 1.0, gamma: 2.2 };
/// assert_eq!([0.0, 0.5, 1.0].map(|luminance| screen.drive_u8(luminance)), [0, 186, 255]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Screen {
    /// Luminance of a dark target, 0 to 1.
    #[serde(default)]
    pub dark: f64,
    /// Luminance of a bright target, above `dark`, at most 1.
    #[serde(default = "one")]
    pub bright: f64,
    /// Gamma of the screen: 1 for a linear one, about 2.2 for most.
    #[serde(default = "usual_gamma")]
    pub gamma: f64,
}

fn one() -> f64 {
    1.0
}

fn usual_gamma() -> f64 {
    2.2
}

impl Default for Screen {
    fn default() -> Self {
        Self { dark: 0.0, bright: one(), gamma: usual_gamma() }
    }
}

impl Screen {
    /// Luminance on the screen, as a share of its white.
    pub fn light(&self, luminance: f64) -> f64 {
        self.dark + (self.bright - self.dark) * luminance
    }

    /// The value from 0 to 1 to drive the screen with.
    pub fn drive(&self, luminance: f64) -> f64 {
        self.light(luminance).powf(self.gamma.recip())
    }

    /// As [`drive`](Self::drive), for eight bits a colour.
    pub fn drive_u8(&self, luminance: f64) -> u8 {
        (255.0 * self.drive(luminance)).round() as u8
    }

    pub(super) fn check(&self) -> Result<(), StimulusError> {
        let wrong = |what, found, expected| Err(StimulusError::setting(what, found, expected));
        if !(self.dark >= 0.0 && self.dark < self.bright && self.bright <= 1.0) {
            let found = format!("{} to {}", self.dark, self.bright);
            return wrong(
                "the screen's range from dark to bright",
                found,
                "0 to 1, dark below bright",
            );
        }
        if !(0.1..=10.0).contains(&self.gamma) {
            return wrong("the screen's gamma", self.gamma.to_string(), "0.1 to 10");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_screen_undoes_the_mapping() {
        let screen = Screen { dark: 0.1, bright: 0.7, gamma: 2.4 };
        for luminance in [0.0, 0.25, 0.5, 1.0] {
            let seen = screen.drive(luminance).powf(2.4);
            assert!((seen - (0.1 + 0.6 * luminance)).abs() < 1e-12);
        }
        assert!(screen.check().is_ok());
        assert!(Screen { dark: 0.7, ..screen }.check().is_err());
        assert!(Screen { gamma: 0.0, ..screen }.check().is_err());
        assert!(Screen { bright: f64::NAN, ..screen }.check().is_err());
    }
}
