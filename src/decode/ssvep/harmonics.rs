use crate::decode::DecodeError;
use crate::stimulus::Codebook;

/// Harmonics this close to a multiple of the mains are left out.
const MAINS_WIDTH_HZ: f64 = 1.0;
/// More harmonics than any response has.
const MOST: usize = 64;

/// The frequencies to look at for each target, in rising order, all below `limit_hz`.
pub(crate) fn usable(
    codebook: &Codebook,
    harmonics: usize,
    mains_hz: Option<f64>,
    limit_hz: f64,
    rate_hz: f64,
) -> Result<Vec<Vec<f64>>, DecodeError> {
    if !(1..=MOST).contains(&harmonics) {
        let (found, expected) = (harmonics.to_string(), "1 to 64");
        return Err(DecodeError::Setting { name: "harmonics", found, expected });
    }
    if let Some(found) = mains_hz.filter(|mains| !(mains.is_finite() && *mains > 0.0)) {
        let (found, expected) = (found.to_string(), "a positive number");
        return Err(DecodeError::Setting { name: "mains_hz", found, expected });
    }
    let of_target = |target: &crate::stimulus::Target| {
        let label = target.label.clone();
        let Some(frequency_hz) = target.modulation.frequency_hz() else {
            return Err(DecodeError::NoFrequency { label });
        };
        if frequency_hz >= limit_hz {
            return Err(DecodeError::Nyquist { label, frequency_hz, limit_hz, rate_hz });
        }
        let all = (1..=harmonics).map(|h| h as f64 * frequency_hz);
        let free = |f: &f64| mains_hz.is_none_or(|mains| !on_mains(*f, mains));
        let usable: Vec<f64> = all.filter(|&f| f < limit_hz).filter(free).collect();
        match mains_hz {
            Some(mains_hz) if usable.is_empty() => Err(DecodeError::OnlyMains { label, mains_hz }),
            _ => Ok(usable),
        }
    };
    codebook.targets().iter().map(of_target).collect()
}

fn on_mains(frequency_hz: f64, mains_hz: f64) -> bool {
    let multiple = (frequency_hz / mains_hz).round();
    multiple >= 1.0 && (frequency_hz - multiple * mains_hz).abs() < MAINS_WIDTH_HZ
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmonics_stop_below_the_limit_and_skip_the_mains() {
        let codebook = Codebook::sinusoids(&[30.0, 20.0]).unwrap();
        let all = usable(&codebook, 4, None, 100.0, 256.0).unwrap();
        assert_eq!(all, [vec![30.0, 60.0, 90.0], vec![20.0, 40.0, 60.0, 80.0]]);
        let free = usable(&codebook, 4, Some(60.0), 100.0, 256.0).unwrap();
        assert_eq!(free, [vec![30.0, 90.0], vec![20.0, 40.0, 80.0]]);
    }

    #[test]
    fn targets_without_a_usable_harmonic_are_refused() {
        let codebook = Codebook::sinusoids(&[60.0]).unwrap();
        let refused = usable(&codebook, 2, Some(60.0), 128.0, 256.0);
        assert!(matches!(refused, Err(DecodeError::OnlyMains { .. })));
        let refused = usable(&codebook, 2, None, 60.0, 120.0);
        assert!(matches!(refused, Err(DecodeError::Nyquist { .. })));
        assert!(matches!(
            usable(&codebook, 0, None, 128.0, 256.0),
            Err(DecodeError::Setting { .. })
        ));
    }
}
