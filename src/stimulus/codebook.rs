use serde::{Deserialize, Serialize};

use super::check::check;
use super::{Modulation, Recipe, Screen, StimulusError, Target};

/// Most targets a codebook may have.
const MAX_TARGETS: usize = 4096;

/// All targets with their modulation.
///
/// ```
/// use evoked::stimulus::Codebook;
/// let text = r#"{
///   "targets": [
///     {"label": "left",  "event": 33025, "modulation": {"kind": "sinusoid", "frequency_hz": 13}},
///     {"label": "right", "event": 33026, "modulation": {"kind": "sinusoid", "frequency_hz": 21}}
///   ]
/// }"#;
/// let codebook = Codebook::from_json(text)?;
/// assert_eq!(codebook.targets()[1].modulation.frequency_hz(), Some(21.0));
/// assert_eq!(Codebook::from_json(&codebook.to_json())?, codebook);
/// # Ok::<(), evoked::stimulus::StimulusError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Document", into = "Document")]
pub struct Codebook {
    refresh_hz: Option<f64>,
    screen: Option<Screen>,
    origin: Option<Recipe>,
    targets: Vec<Target>,
}

/// The codebook as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh_hz: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    screen: Option<Screen>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    origin: Option<Recipe>,
    targets: Vec<Target>,
}

impl TryFrom<Document> for Codebook {
    type Error = StimulusError;

    fn try_from(document: Document) -> Result<Self, Self::Error> {
        let mut codebook = Codebook::new(document.targets)?;
        codebook.origin = document.origin;
        if let Some(screen) = document.screen {
            codebook = codebook.with_screen(screen)?;
        }
        match document.refresh_hz {
            Some(rate_hz) => codebook.with_refresh_hz(rate_hz),
            None => Ok(codebook),
        }
    }
}

impl From<Codebook> for Document {
    fn from(codebook: Codebook) -> Self {
        let Codebook { refresh_hz, screen, origin, targets } = codebook;
        Self { refresh_hz, screen, origin, targets }
    }
}

impl Codebook {
    /// A codebook of these targets.
    ///
    /// # Errors
    /// No targets or too many; a frequency, phase, duty cycle or bit rate out of range; an empty
    /// code; two targets with the same label or event.
    pub fn new(targets: Vec<Target>) -> Result<Self, StimulusError> {
        if targets.is_empty() {
            return Err(StimulusError::Empty);
        }
        if targets.len() > MAX_TARGETS {
            return Err(StimulusError::TooManyTargets { found: targets.len(), limit: MAX_TARGETS });
        }
        for (index, target) in targets.iter().enumerate() {
            check(index, target)?;
        }
        no_duplicates(&targets, "label", |target| Some(&target.label))?;
        no_duplicates(&targets, "event", |target| target.event.as_ref())?;
        Ok(Self { refresh_hz: None, screen: None, origin: None, targets })
    }

    /// Sinusoids at these frequencies with phase zero, labelled by their frequency (`13 Hz`).
    ///
    /// ```
    /// let codebook = evoked::stimulus::Codebook::sinusoids(&[13.0, 17.0, 21.0])?;
    /// assert_eq!(codebook.targets()[0].label, "13 Hz");
    /// # Ok::<(), evoked::stimulus::StimulusError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Codebook::new`].
    pub fn sinusoids(frequencies_hz: &[f64]) -> Result<Self, StimulusError> {
        let sinusoid = |&frequency_hz: &f64| Target {
            label: format!("{frequency_hz} Hz"),
            event: None,
            modulation: Modulation::Sinusoid { frequency_hz, phase_rad: 0.0 },
        };
        Self::new(frequencies_hz.iter().map(sinusoid).collect())
    }

    /// Joint frequency-phase modulation: target k shows `first_hz + k·step_hz` at phase
    /// `k·step_rad`, k = 0 … `count` − 1 (Chen et al. 2015, PNAS 112:E6058).
    ///
    /// The Benchmark and BETA sets are `jfpm(8.0, 0.2, 0.5 * PI, 40)`.
    ///
    /// # Errors
    /// As [`Codebook::new`].
    pub fn jfpm(
        first_hz: f64,
        step_hz: f64,
        step_rad: f64,
        count: usize,
    ) -> Result<Self, StimulusError> {
        if count > MAX_TARGETS {
            return Err(StimulusError::TooManyTargets { found: count, limit: MAX_TARGETS });
        }
        let target = |k: usize| {
            // Decimal steps such as 0.2 are meant as written: keep nine digits.
            let frequency_hz = ((first_hz + k as f64 * step_hz) * 1e9).round() / 1e9;
            let phase_rad = (k as f64 * step_rad).rem_euclid(std::f64::consts::TAU);
            Target {
                label: format!("{frequency_hz} Hz"),
                event: None,
                modulation: Modulation::Sinusoid { frequency_hz, phase_rad },
            }
        };
        Self::new((0..count).map(target).collect())
    }

    /// The same codebook for a display of this refresh rate.
    ///
    /// # Errors
    /// [`StimulusError::Json`] where the rate is not a positive number.
    pub fn with_refresh_hz(mut self, refresh_hz: f64) -> Result<Self, StimulusError> {
        if !(refresh_hz.is_finite() && refresh_hz > 0.0) {
            return Err(StimulusError::Json(format!(
                "refresh_hz is {refresh_hz}, expected a positive number"
            )));
        }
        self.refresh_hz = Some(refresh_hz);
        Ok(self)
    }

    /// The same codebook for a screen of these luminances.
    ///
    /// # Errors
    /// [`StimulusError::Setting`] where its range or its gamma makes no sense.
    pub fn with_screen(mut self, screen: Screen) -> Result<Self, StimulusError> {
        screen.check()?;
        self.screen = Some(screen);
        Ok(self)
    }

    /// The same codebook with what it was made from.
    #[must_use]
    pub fn with_origin(mut self, origin: Recipe) -> Self {
        self.origin = Some(origin);
        self
    }

    /// The targets in order; their index is what decisions speak of.
    pub fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// Number of targets.
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    /// Never: a codebook has at least one target.
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// Frames a second of the display it is made for, where that is known.
    pub fn refresh_hz(&self) -> Option<f64> {
        self.refresh_hz
    }

    /// Luminances of the screen it is made for, where they are known.
    pub fn screen(&self) -> Option<Screen> {
        self.screen
    }

    /// What it was made from, where that is known: enough to make it again.
    pub fn origin(&self) -> Option<&Recipe> {
        self.origin.as_ref()
    }

    /// The frequency of every target, or `None` where one of them shows a code or several
    /// frequencies.
    pub fn frequencies_hz(&self) -> Option<Vec<f64>> {
        self.targets.iter().map(|target| target.modulation.frequency_hz()).collect()
    }

    /// Reads a codebook from its JSON text.
    ///
    /// # Errors
    /// [`StimulusError::Json`] with line and column, or what [`Codebook::new`] refuses.
    pub fn from_json(text: &str) -> Result<Self, StimulusError> {
        serde_json::from_str(text).map_err(|error| StimulusError::Json(error.to_string()))
    }

    /// The codebook as JSON text, laid out for people.
    pub fn to_json(&self) -> String {
        // A codebook holds finite numbers and strings only, which always can be written.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

fn no_duplicates<'a>(
    targets: &'a [Target],
    what: &'static str,
    key: impl Fn(&'a Target) -> Option<&'a String>,
) -> Result<(), StimulusError> {
    let mut seen = std::collections::HashMap::new();
    for (second, target) in targets.iter().enumerate() {
        if let Some(key) = key(target)
            && let Some(first) = seen.insert(key, second)
        {
            return Err(StimulusError::Duplicate { first, second, what });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        Codebook::from_json(text).unwrap_err().to_string()
    }

    #[test]
    fn jfpm_follows_the_formula_of_the_benchmark() {
        let codebook = Codebook::jfpm(8.0, 0.2, 0.5 * std::f64::consts::PI, 40).unwrap();
        let last = &codebook.targets()[39].modulation;
        assert_eq!(last.frequency_hz(), Some(15.8));
        assert!((last.phase_rad().unwrap() - 1.5 * std::f64::consts::PI).abs() < 1e-9);
    }

    #[test]
    fn refusals_name_the_place() {
        let wrong =
            r#"{"targets":[{"label":"a","modulation":{"kind":"sinusoid","frequency_hz":-3}}]}"#;
        assert!(refusal(wrong).contains("target 0 (\"a\"): frequency_hz is -3"));
        let typo = r#"{"targets":[{"label":"a","modulation":{"kind":"sinusoid","frequenzy":3}}]}"#;
        assert!(refusal(typo).contains("unknown field `frequenzy`"));
        let bits = r#"{"targets":[{"label":"a","modulation":{"kind":"code","bits":"0120","bit_rate_hz":60}}]}"#;
        assert!(refusal(bits).contains("bit 2 is '2'"));
        assert!(refusal(r#"{"targets":[]}"#).contains("no targets"));
        let refresh = r#"{"refresh_hz":0,"targets":[{"label":"a","modulation":{"kind":"sinusoid","frequency_hz":3}}]}"#;
        assert!(refusal(refresh).contains("refresh_hz is 0"));
    }

    #[test]
    fn targets_that_cannot_be_told_apart_are_refused() {
        let target = |label: &str, event: &str| Target {
            label: label.into(),
            event: Some(event.into()),
            modulation: Modulation::Sinusoid { frequency_hz: 10.0, phase_rad: 0.0 },
        };
        let same_label = Codebook::new(vec![target("a", "1"), target("a", "2")]);
        assert!(matches!(same_label, Err(StimulusError::Duplicate { what: "label", .. })));
        let same_event = Codebook::new(vec![target("a", "1"), target("b", "1")]);
        assert!(matches!(same_event, Err(StimulusError::Duplicate { what: "event", .. })));
    }
}
