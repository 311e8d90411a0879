use std::fmt;
use std::str::FromStr;

use evoked::decode::{Direction, FilterBank, Light, Method, Preprocess, Settings};
use evoked::stimulus::Codebook;

use crate::args::{Bank, FrontArgs};
use crate::band::band;
use crate::failure::Failure;

/// Starts the names of methods in a filter bank.
const BANKED: &str = "fb";
/// The published bank (Chen et al. 2015), for targets from 8 Hz on.
const PUBLISHED: Bank = Bank { count: 5, spacing_hz: 8.0, high_hz: 90.0 };
/// The narrowest band worth filtering.
const NARROWEST_HZ: f64 = 4.0;

/// A method, in a filter bank or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) method: Method,
    pub(crate) banked: bool,
}

/// How many methods are evaluated where nobody names any.
pub(crate) const USUAL: usize = 3;

/// The methods that are evaluated where nobody names any.
pub(crate) fn usual(codebook: &Codebook) -> [Named; USUAL] {
    let plain = |method| Named { method, banked: false };
    match Light::of(codebook) {
        Light::Frequencies => [
            plain(Method::Whitened),
            plain(Method::Cca),
            Named { method: Method::Cca, banked: true },
        ],
        Light::Codes => [Method::ZeroTraining, Method::Rcca, Method::Reconvolution].map(plain),
        Light::Other => [Method::Trca, Method::ETrca, Method::ItCca].map(plain),
    }
}

impl FromStr for Named {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let plain: Result<Method, _> = name.parse();
        match (plain, name.strip_prefix(BANKED)) {
            (Ok(method), _) => Ok(Self { method, banked: false }),
            (Err(error), None) => {
                Err(format!("{error}; with {BANKED} in front each of them in a filter bank"))
            }
            (Err(_), Some(rest)) => {
                Ok(Self { method: rest.trim_start_matches('-').parse()?, banked: true })
            }
        }
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.banked { BANKED } else { "" })?;
        write!(f, "{}", self.method)
    }
}

/// What is done to the signal in front of a method, and the method's settings.
pub(crate) struct Front {
    pub(crate) preprocess: Preprocess,
    pub(crate) settings: Settings,
    /// The bands, for people.
    pub(crate) bands: String,
}

impl Named {
    pub(crate) fn front(
        self,
        args: &FrontArgs,
        direction: Direction,
        codebook: &Codebook,
        rate_hz: f64,
    ) -> Result<Front, Failure> {
        let mut settings =
            Settings { harmonics: args.harmonics, mains_hz: args.mains, ..Settings::default() };
        let (bank, bands) = if self.banked {
            let bank = args.bank.unwrap_or_else(|| usual_bank(codebook, rate_hz));
            let Bank { count, spacing_hz, high_hz } = bank;
            let bands = format!("{count} bands from i·{spacing_hz} to {high_hz} Hz");
            let bank = FilterBank::chen(count, spacing_hz, high_hz);
            settings.weights = bank.weights().to_vec();
            (Some(bank), bands)
        } else if let Some(bank) = self.method.own_bank(codebook) {
            (Some(bank), "a narrow band around each target".to_owned())
        } else {
            let band = band(args.band.as_deref(), rate_hz)?;
            let text = band.map(|band| format!("{}–{} Hz", band.low_hz, band.high_hz));
            (band.map(FilterBank::single), text.unwrap_or_else(|| "no band".to_owned()))
        };
        let preprocess = Preprocess { channels: None, bank, notch_hz: args.notch, direction };
        Ok(Front { preprocess, settings, bands })
    }
}

/// The published bank, as far as the targets and the rate allow.
pub(crate) fn usual_bank(codebook: &Codebook, rate_hz: f64) -> Bank {
    let frequencies = codebook.targets().iter().filter_map(|t| t.modulation.frequency_hz());
    let lowest_hz = frequencies.fold(PUBLISHED.spacing_hz, f64::min);
    let spacing_hz = if lowest_hz >= 1.0 { lowest_hz.floor() } else { lowest_hz };
    let high_hz = f64::min(PUBLISHED.high_hz, 0.45 * rate_hz);
    let fitting = ((high_hz - NARROWEST_HZ) / spacing_hz).floor().max(1.0) as usize;
    Bank { count: PUBLISHED.count.min(fitting), spacing_hz, high_hz }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_has_a_banked_form() {
        for method in Method::all() {
            for banked in [false, true] {
                let named = Named { method, banked };
                assert_eq!(named.to_string().parse(), Ok(named));
            }
        }
        assert_eq!("fb-cca".parse(), Ok(Named { method: Method::Cca, banked: true }));
        assert!("fbnone".parse::<Named>().unwrap_err().contains("no method named \"none\""));
    }

    #[test]
    fn the_usual_bank_is_the_published_one_where_it_fits() {
        let bank = |hz: &[f64], rate_hz| usual_bank(&Codebook::sinusoids(hz).unwrap(), rate_hz);
        assert_eq!(bank(&[8.0, 15.8], 250.0), PUBLISHED);
        let emotiv = bank(&[12.0, 6.66], 128.0);
        assert_eq!((emotiv.count, emotiv.spacing_hz), (5, 6.0));
        assert_eq!(bank(&[12.0], 64.0).count, 3);
    }
}
