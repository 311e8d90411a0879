//! What the rules on flashing images say about a codebook. It informs; see [`NOTICE`].

use std::fmt;

use super::flashes::{Threshold, most_flashes};
use super::{Codebook, Screen, StimulusError};

/// What every report has to say.
pub const NOTICE: &str = "This is information, no medical advice, and the program is no medical device. \
    Stimuli that flicker are made to break these rules. They can cause seizures in people with \
    photosensitive epilepsy, who may not know that they have it: ask before, watch, and be able to stop.";

/// The rate above which the rules count flashes as harmful.
const MOST_FLASHES: usize = 3;
/// WCAG: a quarter of a field of 10 degrees, in steradians.
const WCAG_AREA_SR: f64 = 0.006;
/// WCAG: a tenth of the greatest relative luminance, the darker state below 0.80.
const WCAG: Threshold = Threshold { change: 0.1, darker_below: 0.8 };
/// BT.1702: 20 cd/m² between states, the darker below 160 cd/m², over more than a quarter of the screen.
const BT_1702: Threshold = Threshold { change: 20.0, darker_below: 160.0 };
const BT_1702_AREA: f64 = 0.25;
/// Both: the share of red in a saturated red; WCAG: how far apart two colours are in CIE 1976.
const RED_SHARE: f64 = 0.8;
const RED_DISTANCE: f64 = 0.2;
/// The rates that provoke seizures in most of those who are at risk, in hertz.
const RISK_HZ: std::ops::RangeInclusive<f64> = 15.0..=25.0;
/// How long is looked at: the first seconds, more where the codebook repeats late.
const LEAST_S: f64 = 3.0;
const MOST_S: f64 = 60.0;

/// The rule that a finding comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// General flashes of WCAG 2.
    WcagGeneralFlash,
    /// Red flashes of WCAG 2.
    WcagRedFlash,
    /// Flashes of ITU-R BT.1702.
    BtFlash,
    /// Flashes of saturated red of ITU-R BT.1702.
    BtRedFlash,
    /// Rates of 15 to 25 Hz.
    RiskRange,
}

impl Rule {
    /// Where the rule stands.
    pub fn source(self) -> &'static str {
        match self {
            Rule::WcagGeneralFlash => {
                "WCAG 2.2, success criterion 2.3.1: no more than three general flashes in a second, \
                 or at most 0.006 sr of them"
            }
            Rule::WcagRedFlash => {
                "WCAG 2.2, success criterion 2.3.1: no more than three red flashes in a second, or at \
                 most 0.006 sr of them"
            }
            Rule::BtFlash => {
                "Recommendation ITU-R BT.1702: no more than three flashes of 20 cd/m² or more in a \
                 second over more than a quarter of the screen"
            }
            Rule::BtRedFlash => {
                "Recommendation ITU-R BT.1702: no more than three flashes to or from saturated red in \
                 a second over more than a quarter of the screen"
            }
            Rule::RiskRange => {
                "Fisher et al. 2005, Epilepsia 46:1426: flashes of 15 to 25 Hz provoke seizures most \
                 often"
            }
        }
    }
}

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weight {
    /// It flickers, but the rule allows it at this area.
    Note,
    /// It is beyond the rule.
    Warning,
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Weight::Note => "note",
            Weight::Warning => "warning",
        })
    }
}

/// What a rule says about a codebook.
#[derive(Debug, Clone, PartialEq)]
pub struct SafetyFinding {
    /// The rule.
    pub rule: Rule,
    /// Whether it is kept.
    pub weight: Weight,
    /// What was found, with figures.
    pub what: String,
    /// What can be done.
    pub advice: &'static str,
}

impl fmt::Display for SafetyFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, weight, what, advice } = self;
        write!(f, "{weight}: {what} ({}); {advice}", rule.source())
    }
}

/// Who looks at what from where. All lengths in centimetres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Viewing {
    /// Luminance of the screen's white.
    pub white_cd_m2: f64,
    /// Width and height of the screen.
    pub screen_cm: [f64; 2],
    /// Width and height of a target.
    pub target_cm: [f64; 2],
    /// From the eyes to the screen.
    pub distance_cm: f64,
    /// Colour of a bright target: red, green, blue in linear light, 0 to 1.
    pub bright_rgb: [f64; 3],
    /// Colour of a dark target.
    pub dark_rgb: [f64; 3],
}

impl Default for Viewing {
    /// A screen of 24 inches and 250 cd/m² at 60 cm, white targets of 4 × 4 cm on black.
    fn default() -> Self {
        Self {
            white_cd_m2: 250.0,
            screen_cm: [53.0, 30.0],
            target_cm: [4.0, 4.0],
            distance_cm: 60.0,
            bright_rgb: [1.0; 3],
            dark_rgb: [0.0; 3],
        }
    }
}

impl Viewing {
    fn check(&self) -> Result<(), StimulusError> {
        let lengths = [self.screen_cm, self.target_cm].concat();
        let positive = |value: f64| value.is_finite() && value > 0.0;
        if !lengths.iter().chain([&self.distance_cm, &self.white_cd_m2]).all(|&v| positive(v)) {
            let found = format!(
                "a screen of {:?} cm and {} cd/m², targets of {:?} cm at {} cm",
                self.screen_cm, self.white_cd_m2, self.target_cm, self.distance_cm
            );
            return Err(StimulusError::setting("the viewing", found, "positive numbers"));
        }
        let colours = [self.bright_rgb, self.dark_rgb].concat();
        if let Some(colour) = colours.iter().find(|colour| !(0.0..=1.0).contains(*colour)) {
            return Err(StimulusError::setting("a colour", colour, "0 to 1"));
        }
        Ok(())
    }

    /// The area of some targets as a share of the screen.
    fn share(&self, targets: usize) -> f64 {
        let area = |[width, height]: [f64; 2]| width * height;
        (targets as f64 * area(self.target_cm) / area(self.screen_cm)).min(1.0)
    }

    /// The area of some targets within a field of 10 degrees, in steradians. How far apart they are is
    /// not known, so all count that the field can hold.
    fn solid_angle_sr(&self, targets: usize) -> f64 {
        let half_field = 5_f64.to_radians();
        let field_sr = std::f64::consts::TAU * (1.0 - half_field.cos());
        let one_sr = self.target_cm[0] * self.target_cm[1] / self.distance_cm.powi(2);
        (targets as f64 * one_sr).min(field_sr)
    }
}

/// What the rules say about a codebook on a display of its refresh rate. Targets are taken to flicker all at
/// once.
///
/// ```
/// use evoked::stimulus::{Codebook, Rule, Viewing, Weight, safety_findings};
/// let codebook = Codebook::sinusoids(&[15.0, 20.0])?.with_refresh_hz(60.0)?;
/// let findings = safety_findings(&codebook, &Viewing::default())?;
/// let risk = findings.iter().find(|finding| finding.rule == Rule::RiskRange);
/// assert!(risk.is_some_and(|finding| finding.weight == Weight::Warning));
/// # Ok::<(), evoked::stimulus::StimulusError>(())
/// ```
///
/// # Errors
/// [`StimulusError::NoRefreshRate`]; [`StimulusError::Setting`] for a viewing that makes no sense;
/// [`StimulusError::TooMuch`] for very fast displays.
pub fn safety_findings(
    codebook: &Codebook,
    viewing: &Viewing,
) -> Result<Vec<SafetyFinding>, StimulusError> {
    viewing.check()?;
    let refresh_hz = codebook.refresh_hz().ok_or(StimulusError::NoRefreshRate)?;
    let sight =
        Sight { codebook, viewing, screen: codebook.screen().unwrap_or_default(), refresh_hz };
    let rows = sight.rows()?;
    let mut findings = Vec::new();
    sight.general(&rows, &mut findings);
    sight.broadcast(&rows, &mut findings);
    sight.red(&rows, &mut findings);
    sight.risk_range(&rows, &mut findings);
    Ok(findings)
}

struct Sight<'a> {
    codebook: &'a Codebook,
    viewing: &'a Viewing,
    screen: Screen,
    refresh_hz: f64,
}

impl Sight<'_> {
    /// Luminance of each target as a share of the screen's white: one period and a second, or a minute.
    fn rows(&self) -> Result<Vec<Vec<f64>>, StimulusError> {
        let periods = self
            .codebook
            .targets()
            .iter()
            .map(|target| target.modulation.period_frames(self.refresh_hz));
        let longest = periods.map(|period| period.unwrap_or(u64::MAX)).max().unwrap_or(0);
        let period_s = longest as f64 / self.refresh_hz;
        let count = (period_s + 1.0).clamp(LEAST_S, MOST_S) * self.refresh_hz;
        let frames = self.codebook.frames(count.ceil() as usize)?;
        let [dark, bright] = [self.viewing.dark_rgb, self.viewing.bright_rgb].map(luminance);
        // Between the colours, luminance follows the modulation.
        let light = |&value: &f64| dark + (bright - dark) * self.screen.light(value);
        Ok(frames.rows().map(|row| row.iter().map(light).collect()).collect())
    }

    fn second(&self) -> usize {
        (self.refresh_hz.round() as usize).max(1)
    }

    /// How many targets flash more often than allowed, and the most flashes of one in a second.
    fn count(&self, rows: &[Vec<f64>], scale: f64, threshold: Threshold) -> (usize, usize) {
        let threshold = Threshold {
            change: threshold.change / scale,
            darker_below: threshold.darker_below / scale,
        };
        let flashes = rows.iter().map(|row| most_flashes(row, self.second(), threshold));
        flashes.fold((0, 0), |(targets, most), flashes| {
            (targets + usize::from(flashes > MOST_FLASHES), most.max(flashes))
        })
    }

    fn general(&self, rows: &[Vec<f64>], findings: &mut Vec<SafetyFinding>) {
        let (targets, most) = self.count(rows, 1.0, WCAG);
        if targets == 0 {
            return;
        }
        let area_sr = self.viewing.solid_angle_sr(targets);
        let what = format!(
            "{targets} of {} targets flash more than three times a second, up to {most} times, over \
             {area_sr:.4} sr of a field of 10 degrees",
            rows.len()
        );
        findings.push(SafetyFinding {
            rule: Rule::WcagGeneralFlash,
            weight: if area_sr > WCAG_AREA_SR { Weight::Warning } else { Weight::Note },
            what,
            advice: "smaller or fewer targets, a greater distance, or less contrast",
        });
    }

    fn broadcast(&self, rows: &[Vec<f64>], findings: &mut Vec<SafetyFinding>) {
        let (targets, most) = self.count(rows, self.viewing.white_cd_m2, BT_1702);
        if targets == 0 {
            return;
        }
        let share = self.viewing.share(targets);
        let what = format!(
            "{targets} of {} targets flash by 20 cd/m² or more, up to {most} times a second, over \
             {:.1} % of the screen",
            rows.len(),
            100.0 * share
        );
        findings.push(SafetyFinding {
            rule: Rule::BtFlash,
            weight: if share > BT_1702_AREA { Weight::Warning } else { Weight::Note },
            what,
            advice: "smaller or fewer targets, a darker screen, or less contrast",
        });
    }

    fn red(&self, rows: &[Vec<f64>], findings: &mut Vec<SafetyFinding>) {
        let colours = [self.viewing.dark_rgb, self.viewing.bright_rgb];
        if !colours.iter().any(|&colour| red_share(colour) >= RED_SHARE) {
            return;
        }
        // Of red, any change counts that can be seen.
        let (targets, most) = self.count(rows, 1.0, Threshold { change: 1e-3, darker_below: 2.0 });
        if targets == 0 {
            return;
        }
        let (area_sr, share) = (self.viewing.solid_angle_sr(targets), self.viewing.share(targets));
        let advice = "another colour than red";
        let what = |area: String| {
            let all = rows.len();
            format!(
                "{targets} of {all} targets flash to or from saturated red, up to {most} times a second, over {area}"
            )
        };
        let weight = |is_beyond| if is_beyond { Weight::Warning } else { Weight::Note };
        if distance(colours) > RED_DISTANCE {
            findings.push(SafetyFinding {
                rule: Rule::WcagRedFlash,
                weight: weight(area_sr > WCAG_AREA_SR),
                what: what(format!("{area_sr:.4} sr of a field of 10 degrees")),
                advice,
            });
        }
        findings.push(SafetyFinding {
            rule: Rule::BtRedFlash,
            weight: weight(share > BT_1702_AREA),
            what: what(format!("{:.1} % of the screen", 100.0 * share)),
            advice,
        });
    }

    fn risk_range(&self, rows: &[Vec<f64>], findings: &mut Vec<SafetyFinding>) {
        let flashes = |row: &Vec<f64>| most_flashes(row, self.second(), WCAG) as f64;
        let targets = self.codebook.targets().iter().zip(rows);
        let risky: Vec<&str> = targets
            .filter(|(_, row)| RISK_HZ.contains(&flashes(row)))
            .map(|(target, _)| target.label.as_str())
            .collect();
        let Some(first) = risky.first() else { return };
        let others = match risky.len() {
            1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        findings.push(SafetyFinding {
            rule: Rule::RiskRange,
            weight: Weight::Warning,
            what: format!(
                "{first}{others} of {} targets flash 15 to 25 times in a second",
                rows.len()
            ),
            advice: "rates below 15 Hz, or above 30 Hz on a faster display",
        });
    }
}

/// Relative luminance of a colour in linear light (IEC 61966-2-1).
fn luminance([red, green, blue]: [f64; 3]) -> f64 {
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn red_share([red, green, blue]: [f64; 3]) -> f64 {
    let sum = red + green + blue;
    if sum > 0.0 { red / sum } else { 0.0 }
}

/// How far apart two colours are in the CIE 1976 diagram of u′ and v′. Black has no colour, and is taken
/// for grey.
fn distance(colours: [[f64; 3]; 2]) -> f64 {
    let uv = |[red, green, blue]: [f64; 3]| {
        let x = 0.4124 * red + 0.3576 * green + 0.1805 * blue;
        let y = luminance([red, green, blue]);
        let z = 0.0193 * red + 0.1192 * green + 0.9505 * blue;
        let sum = x + 15.0 * y + 3.0 * z;
        if sum > 0.0 { [4.0 * x / sum, 9.0 * y / sum] } else { [0.1978, 0.4683] }
    };
    let [[u, v], [other_u, other_v]] = colours.map(uv);
    (u - other_u).hypot(v - other_v)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(hz: &[f64], viewing: Viewing) -> Vec<(Rule, Weight)> {
        let codebook = Codebook::sinusoids(hz).unwrap().with_refresh_hz(60.0).unwrap();
        let findings = safety_findings(&codebook, &viewing).unwrap();
        findings.iter().map(|finding| (finding.rule, finding.weight)).collect()
    }

    #[test]
    fn three_flashes_are_allowed_and_more_are_not() {
        assert_eq!(findings(&[2.0], Viewing::default()), []);
        // 4 × 4 cm at 60 cm are 0.0044 sr, two of them 0.0089, and 1 % of the screen each.
        let small = [(Rule::WcagGeneralFlash, Weight::Note), (Rule::BtFlash, Weight::Note)];
        assert_eq!(findings(&[8.0], Viewing::default()), small);
        let two = [(Rule::WcagGeneralFlash, Weight::Warning), (Rule::BtFlash, Weight::Note)];
        assert_eq!(findings(&[8.0, 9.0], Viewing::default()), two);
        let full = Viewing { target_cm: [53.0, 30.0], ..Viewing::default() };
        let both = [(Rule::WcagGeneralFlash, Weight::Warning), (Rule::BtFlash, Weight::Warning)];
        assert_eq!(findings(&[8.0], full), both);
    }

    #[test]
    fn the_range_of_highest_risk_is_named() {
        for hz in [15.0, 20.0, 24.0] {
            let found = findings(&[8.0, hz], Viewing::default());
            assert!(found.contains(&(Rule::RiskRange, Weight::Warning)), "{hz} Hz");
        }
        let found = findings(&[12.0, 27.0], Viewing::default());
        assert!(found.iter().all(|(rule, _)| *rule != Rule::RiskRange));
    }

    #[test]
    fn low_contrast_flashes_in_no_sense() {
        let codebook = Codebook::sinusoids(&[10.0]).unwrap().with_refresh_hz(60.0).unwrap();
        let faint = Screen { dark: 0.46, bright: 0.54, gamma: 2.2 };
        let codebook = codebook.with_screen(faint).unwrap();
        // 8 % of white is below a tenth, and of 240 cd/m² it is 19.2.
        let viewing = Viewing { white_cd_m2: 240.0, ..Viewing::default() };
        assert_eq!(safety_findings(&codebook, &viewing).unwrap(), []);
    }

    #[test]
    fn red_has_rules_of_its_own() {
        let red = Viewing { bright_rgb: [1.0, 0.0, 0.0], ..Viewing::default() };
        let rules: Vec<Rule> = findings(&[8.0, 9.0], red).iter().map(|(rule, _)| *rule).collect();
        assert!(rules.contains(&Rule::WcagRedFlash) && rules.contains(&Rule::BtRedFlash));
        let green = Viewing { bright_rgb: [0.0, 1.0, 0.0], ..Viewing::default() };
        let rules: Vec<Rule> = findings(&[8.0], green).iter().map(|(rule, _)| *rule).collect();
        assert!(!rules.contains(&Rule::BtRedFlash));
        // Primaries and white of sRGB in u′v′, as published: red 0.451 0.523, white 0.198 0.468.
        let from_white = distance([[1.0, 0.0, 0.0], [1.0; 3]]);
        assert!((from_white - (0.4507_f64 - 0.1978).hypot(0.5229 - 0.4683)).abs() < 1e-3);
    }

    #[test]
    fn viewings_that_make_no_sense_are_refused() {
        let codebook = Codebook::sinusoids(&[10.0]).unwrap();
        let viewing = Viewing::default();
        assert_eq!(safety_findings(&codebook, &viewing), Err(StimulusError::NoRefreshRate));
        let codebook = codebook.with_refresh_hz(60.0).unwrap();
        let far = Viewing { distance_cm: f64::NAN, ..viewing };
        let bright = Viewing { bright_rgb: [2.0, 0.0, 0.0], ..viewing };
        assert!(safety_findings(&codebook, &far).is_err());
        assert!(safety_findings(&codebook, &bright).is_err());
        let fast = codebook.with_refresh_hz(1e300).unwrap();
        assert!(matches!(safety_findings(&fast, &viewing), Err(StimulusError::TooMuch { .. })));
    }
}
