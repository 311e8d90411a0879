use serde::{Deserialize, Serialize};

use super::code::{self, Burst, Polynomial};
use super::{
    Bits, Codebook, Frames, Grid, Layout, Modulation, Screen, Search, Similarity, StimulusError,
    Target, lay_out,
};

/// Most codes that are taken of a family to choose from.
const MAX_POOL: usize = 256;
/// The usual rate of bits.
const USUAL_RATE_HZ: f64 = 60.0;

/// A family of stimuli, with all that tells one of its codes from the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Family {
    /// [`code::m_sequence`].
    MSequence {
        /// Feedback.
        polynomial: Polynomial,
        /// The first bits, the lowest first.
        #[serde(default = "first_state")]
        state: u32,
    },
    /// [`code::Gold`].
    Gold {
        /// A preferred pair.
        polynomials: [Polynomial; 2],
    },
    /// [`code::Kasami`].
    Kasami {
        /// Feedback of the long sequence.
        polynomial: Polynomial,
    },
    /// [`code::de_bruijn`].
    DeBruijn {
        /// Feedback of the sequence without the word of zeros.
        polynomial: Polynomial,
    },
    /// [`code::golay_pair`].
    Golay {
        /// Bits.
        length: usize,
    },
    /// [`code::apa`].
    Apa {
        /// Bits.
        length: usize,
    },
    /// [`code::barker`].
    Barker {
        /// Bits.
        length: usize,
    },
    /// [`Burst`].
    Burst(Burst),
    /// [`code::NonBinary`].
    NonBinary {
        /// Number of luminances.
        prime: u32,
        /// Feedback.
        taps: Vec<u32>,
    },
    /// [`Codebook::jfpm`].
    Jfpm {
        /// Frequency of the first target.
        first_hz: f64,
        /// From target to target.
        step_hz: f64,
        /// From target to target.
        step_rad: f64,
    },
    /// Sinusoids of these frequencies, or squares where there is a duty cycle.
    Frequencies {
        /// One a target.
        frequencies_hz: Vec<f64>,
        /// Bright part of a period.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        duty: Option<f64>,
    },
}

fn first_state() -> u32 {
    1
}

/// How a codebook is made: with it, it can be made again.
///
/// ```
/// use evoked::stimulus::{Family, Recipe, code::Gold};
/// let gold = Family::Gold { polynomials: Gold::of_order(6)?.polynomials() };
/// let recipe = Recipe { targets: Some(20), bit_clock: true, ..Recipe::new(gold) };
/// let made = recipe.make()?;
/// assert_eq!(made.codebook.len(), 20);
/// assert_eq!(made.codebook.origin().map(|origin| origin.make()), Some(Ok(made.clone())));
/// # Ok::<(), evoked::stimulus::StimulusError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// What the codes are.
    pub family: Family,
    /// Number of targets. Default: a place of the grid each, or as many as the family or the shift
    /// gives, 256 at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub targets: Option<usize>,
    /// Bits or levels a second as they are shown, after the bit clock. Default: 60.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bit_rate_hz: Option<f64>,
    /// Whether codes are combined with the bit clock, which doubles them
    /// ([`Bits::bit_clocked`]).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub bit_clock: bool,
    /// All targets show the first code of the family, each this many bits further in its cycle than the
    /// one before (Bin, Gao, Wang, Li et al. 2011, J. Neural Eng. 8:025015). Counted before the bit
    /// clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shift: Option<usize>,
    /// Places of the targets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grid: Option<Grid>,
    /// How codes are chosen and placed on the grid; in order where there is no search.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<Search>,
    /// Frames a second of the display.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_hz: Option<f64>,
    /// Luminances of the display.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub screen: Option<Screen>,
}

/// What a [`Recipe`] makes.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    /// The codebook, with the recipe as its origin.
    pub codebook: Codebook,
    /// How good the search was, where there was one.
    pub layout: Option<Layout>,
}

impl Recipe {
    /// A recipe of this family, everything else as usual.
    pub fn new(family: Family) -> Self {
        Self {
            family,
            targets: None,
            bit_rate_hz: None,
            bit_clock: false,
            shift: None,
            grid: None,
            search: None,
            refresh_hz: None,
            screen: None,
        }
    }

    /// Makes the codebook. The targets are labelled by their number from 1, or by their frequency.
    ///
    /// # Errors
    /// [`StimulusError::Family`] for codes that their family does not hold, or options that it does not
    /// take; [`StimulusError::Setting`] for a grid that does not fit; as [`Codebook::new`].
    pub fn make(&self) -> Result<Made, StimulusError> {
        let mut pool = self.pool()?;
        let wanted = self.targets.or(self.grid.map(Grid::places)).unwrap_or(pool.len());
        if let Some(grid) = self.grid.filter(|grid| grid.places() < wanted) {
            let found = format!("{} × {} places for {wanted} targets", grid.rows, grid.columns);
            return Err(StimulusError::setting("the grid", found, "a place for each target"));
        }
        if !(1..=pool.len()).contains(&wanted) {
            let expected = format!("1 to {}, as many as the family or the shift gives", pool.len());
            return Err(self.wrong("targets", wanted, expected));
        }
        let mut layout = None;
        if let Some(search) = self.search {
            let Some(grid) = self.grid.filter(|grid| grid.places() == wanted) else {
                let expected = "a grid with as many places as targets";
                return Err(StimulusError::setting(
                    "the search",
                    "without a grid that fits",
                    expected,
                ));
            };
            let found = lay_out(&self.similarity(&pool, search.lags)?, grid, search)?;
            pool = found.codes.iter().map(|&code| pool[code].clone()).collect();
            layout = Some(found);
        }
        pool.truncate(wanted);
        let target = |(place, modulation): (usize, Modulation)| {
            let label = match modulation.frequency_hz() {
                Some(frequency_hz) => format!("{frequency_hz} Hz"),
                None => format!("T{}", place + 1),
            };
            Target { label, event: None, modulation }
        };
        let mut codebook = Codebook::new(pool.into_iter().enumerate().map(target).collect())?;
        if let Some(refresh_hz) = self.refresh_hz {
            codebook = codebook.with_refresh_hz(refresh_hz)?;
        }
        if let Some(screen) = self.screen {
            codebook = codebook.with_screen(screen)?;
        }
        Ok(Made { codebook: codebook.with_origin(self.clone()), layout })
    }

    /// All modulations that targets may be given.
    fn pool(&self) -> Result<Vec<Modulation>, StimulusError> {
        let wanted = self.targets.or(self.grid.map(Grid::places)).unwrap_or(MAX_POOL);
        let codes = match &self.family {
            Family::Jfpm { first_hz, step_hz, step_rad } => {
                self.no_bits()?;
                let Some(count) = self.targets.or(self.grid.map(Grid::places)) else {
                    return Err(self.wrong("targets", "not given", "how many there are".into()));
                };
                let codebook = Codebook::jfpm(*first_hz, *step_hz, *step_rad, count)?;
                return Ok(codebook.targets().iter().map(|t| t.modulation.clone()).collect());
            }
            Family::Frequencies { frequencies_hz, duty } => {
                self.no_bits()?;
                let one = |&frequency_hz: &f64| match *duty {
                    Some(duty) => Modulation::Square { frequency_hz, phase_rad: 0.0, duty },
                    None => Modulation::Sinusoid { frequency_hz, phase_rad: 0.0 },
                };
                return Ok(frequencies_hz.iter().map(one).collect());
            }
            Family::NonBinary { prime, taps } => return self.level_pool(*prime, taps),
            Family::MSequence { polynomial, state } => vec![code::m_sequence(*polynomial, *state)?],
            Family::Gold { polynomials: [a, b] } => {
                code::Gold::new(*a, *b)?.codes().take(self.pool_len(wanted)).collect()
            }
            Family::Kasami { polynomial } => {
                code::Kasami::new(*polynomial)?.codes().take(self.pool_len(wanted)).collect()
            }
            Family::DeBruijn { polynomial } => vec![code::de_bruijn(*polynomial)?],
            Family::Golay { length } => code::golay_pair(*length)?.into(),
            Family::Apa { length } => vec![code::apa(*length)?],
            Family::Barker { length } => vec![code::barker(*length)?],
            Family::Burst(burst) => burst.codes(if self.shift.is_some() {
                1
            } else {
                wanted.min(self.burst_len(wanted))
            })?,
        };
        let codes: Vec<Bits> = match self.shift {
            None => codes,
            Some(shift) => {
                let first = codes.first().cloned().unwrap_or_else(|| Bits::new(Vec::new()));
                let count = self.shifts(first.len(), shift)?;
                (0..count).map(|k| first.rotated(k * shift)).collect()
            }
        };
        let bit_rate_hz = self.bit_rate_hz.unwrap_or(USUAL_RATE_HZ);
        let code = |bits: Bits| {
            let bits = if self.bit_clock { bits.bit_clocked() } else { bits };
            Modulation::Code { bits, bit_rate_hz }
        };
        Ok(codes.into_iter().map(code).collect())
    }

    /// A search chooses from more than it needs.
    fn pool_len(&self, wanted: usize) -> usize {
        if self.search.is_some() { MAX_POOL.max(wanted) } else { wanted }
    }

    fn burst_len(&self, wanted: usize) -> usize {
        if self.targets.is_some() || self.grid.is_some() { wanted } else { 1 }
    }

    /// How many shifts of a cycle differ.
    fn shifts(&self, len: usize, shift: usize) -> Result<usize, StimulusError> {
        match shift {
            _ if (1..=len).contains(&shift) => {
                Ok((len / shift).min(self.targets.unwrap_or(MAX_POOL).max(1)))
            }
            _ => Err(self.wrong("shift", shift, format!("1 to {len}, the length of a cycle"))),
        }
    }

    fn level_pool(&self, prime: u32, taps: &[u32]) -> Result<Vec<Modulation>, StimulusError> {
        if self.bit_clock {
            return Err(self.wrong(
                "bit_clock",
                true,
                "false: only codes of two levels take it".into(),
            ));
        }
        let levels = code::NonBinary::new(prime, taps.to_vec())?.luminances();
        let level_rate_hz = self.bit_rate_hz.unwrap_or(USUAL_RATE_HZ);
        let (shift, count) = match self.shift {
            Some(shift) => (shift, self.shifts(levels.len(), shift)?),
            None => (0, 1),
        };
        let rotated = |k: usize| {
            let mut levels = levels.clone();
            levels.rotate_left(k * shift);
            Modulation::Levels { levels, level_rate_hz }
        };
        Ok((0..count).map(rotated).collect())
    }

    fn no_bits(&self) -> Result<(), StimulusError> {
        if self.bit_clock || self.shift.is_some() || self.bit_rate_hz.is_some() {
            let found = "bit_rate_hz, bit_clock or shift";
            return Err(self.wrong(
                "options",
                found,
                "none of these: frequencies have no bits".into(),
            ));
        }
        Ok(())
    }

    /// How alike the modulations are: bit by bit where all are codes, else frame by frame over a second
    /// or more.
    fn similarity(&self, pool: &[Modulation], lags: usize) -> Result<Similarity, StimulusError> {
        let codes = pool.iter().map(|modulation| match modulation {
            Modulation::Code { bits, .. } => Some(bits.len()),
            Modulation::Levels { levels, .. } => Some(levels.len()),
            _ => None,
        });
        let len = codes.collect::<Option<Vec<_>>>().and_then(|lens| lens.into_iter().max());
        let rate_hz = match len {
            Some(_) => self.bit_rate_hz.unwrap_or(USUAL_RATE_HZ),
            None => self.refresh_hz.unwrap_or(USUAL_RATE_HZ),
        };
        let len = len.unwrap_or((5.0 * rate_hz).clamp(1.0, 1e4) as usize);
        let row = |modulation: &Modulation| -> Vec<f64> {
            (0..len as u64).map(|frame| modulation.luminance(frame, rate_hz)).collect()
        };
        let values: Vec<f64> = pool.iter().flat_map(row).collect();
        Similarity::of_frames_within(&Frames::new(values, len), lags)
    }

    fn wrong(&self, field: &'static str, found: impl ToString, expected: String) -> StimulusError {
        let family = match self.family {
            Family::MSequence { .. } => "m-sequence",
            Family::Gold { .. } => "Gold codes",
            Family::Kasami { .. } => "Kasami codes",
            Family::DeBruijn { .. } => "de Bruijn sequence",
            Family::Golay { .. } => "Golay pair",
            Family::Apa { .. } => "APA sequence",
            Family::Barker { .. } => "Barker code",
            Family::Burst(_) => "burst codes",
            Family::NonBinary { .. } => "non-binary m-sequence",
            Family::Jfpm { .. } => "JFPM",
            Family::Frequencies { .. } => "frequencies",
        };
        StimulusError::family(family, field, found, expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn polynomial(order: u32) -> Polynomial {
        Polynomial::of_order(order).unwrap()
    }

    fn recipes() -> Vec<Recipe> {
        let gold = code::Gold::of_order(6).unwrap().polynomials();
        let m_sequence = Family::MSequence { polynomial: polynomial(6), state: 5 };
        let burst = Burst { len: 60, bursts: 4, width: 3, min_gap: 10, max_gap: 24, seed: 1 };
        let of = Recipe::new;
        vec![
            Recipe { shift: Some(4), refresh_hz: Some(60.0), ..of(m_sequence) },
            Recipe {
                bit_clock: true,
                grid: Some(Grid { rows: 4, columns: 5 }),
                search: Some(Search { seed: 7, steps: 5000, lags: 3 }),
                screen: Some(Screen::default()),
                ..of(Family::Gold { polynomials: gold })
            },
            of(Family::Kasami { polynomial: polynomial(6) }),
            Recipe { shift: Some(2), ..of(Family::DeBruijn { polynomial: polynomial(5) }) },
            of(Family::Golay { length: 64 }),
            Recipe { shift: Some(8), targets: Some(3), ..of(Family::Apa { length: 64 }) },
            Recipe { bit_rate_hz: Some(30.0), ..of(Family::Barker { length: 13 }) },
            Recipe { targets: Some(9), ..of(Family::Burst(burst)) },
            Recipe {
                shift: Some(31),
                ..of(Family::NonBinary {
                    prime: 5,
                    taps: code::NonBinary::of_order(5, 3).unwrap().taps().to_vec(),
                })
            },
            Recipe {
                targets: Some(40),
                ..of(Family::Jfpm { first_hz: 8.0, step_hz: 0.2, step_rad: 1.5 })
            },
            of(Family::Frequencies { frequencies_hz: vec![10.0, 12.0], duty: Some(0.5) }),
        ]
    }

    #[test]
    fn a_codebook_can_be_made_again_from_its_own_text() {
        let counts: Vec<usize> = recipes()
            .iter()
            .map(|recipe| {
                let codebook = recipe.make().unwrap().codebook;
                let read = Codebook::from_json(&codebook.to_json()).unwrap();
                assert_eq!(read, codebook);
                assert_eq!(read.origin().unwrap().make().unwrap().codebook, codebook);
                codebook.len()
            })
            .collect();
        assert_eq!(counts, [15, 20, 8, 16, 2, 3, 1, 9, 4, 40, 2]);
    }

    #[test]
    fn shifted_targets_show_one_code() {
        let made = recipes()[0].make().unwrap();
        let bits = |k: usize| match &made.codebook.targets()[k].modulation {
            Modulation::Code { bits, .. } => bits.clone(),
            other => panic!("{other:?}"),
        };
        assert!((0..15).all(|k| bits(k) == bits(0).rotated(4 * k)));
    }

    #[test]
    fn the_search_says_what_it_reached() {
        let layout = recipes()[1].make().unwrap().layout.unwrap();
        assert!(layout.after.energy < layout.before.energy, "{layout:?}");
        assert!(layout.after.mean < layout.before.mean);
    }

    #[test]
    fn options_that_do_not_fit_are_refused() {
        let refused = |recipe: Recipe| recipe.make().unwrap_err().to_string();
        let [m_sequence, gold, .., jfpm, _] = &recipes()[..] else { panic!() };
        let many = Recipe { targets: Some(66), grid: None, search: None, ..gold.clone() };
        assert!(refused(many).contains("targets is 66, expected 1 to 65"));
        let far = Recipe { shift: Some(64), ..m_sequence.clone() };
        assert!(refused(far).contains("shift is 64, expected 1 to 63"));
        let clocked = Recipe { bit_clock: true, ..jfpm.clone() };
        assert!(refused(clocked).contains("frequencies have no bits"));
        let few = Recipe { targets: Some(21), ..gold.clone() };
        assert!(refused(few).contains("4 × 5 places for 21 targets"));
        let nowhere = Recipe { grid: None, ..gold.clone() };
        assert!(refused(nowhere).contains("without a grid"));
        let none = Recipe { targets: None, ..jfpm.clone() };
        assert!(refused(none).contains("targets is not given"));
        let huge = Recipe { grid: Some(Grid { rows: usize::MAX, columns: 2 }), ..gold.clone() };
        assert!(huge.make().is_err());
    }
}
