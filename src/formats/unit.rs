//! Units as files write them, and the way to microvolts.

use crate::signal::Unit;

/// A unit, and the factor that takes the file's numbers to it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scale {
    pub unit: Unit,
    pub factor: f64,
}

/// A unit from its text: voltages become microvolts, anything else is kept.
pub(super) fn from_text(text: &str) -> Scale {
    match microvolts_per(text) {
        Some(factor) => Scale { unit: Unit::Microvolt, factor },
        None => Scale { unit: Unit::Other(text.to_owned()), factor: 1.0 },
    }
}

/// Microvolts in one of a unit of voltage.
fn microvolts_per(text: &str) -> Option<f64> {
    Some(match text {
        // Micro as u, as the micro sign, and as the Greek letter, in Unicode and in Shift JIS.
        "uV" | "uv" | "UV" | "\u{b5}V" | "\u{3bc}V" | "\u{83}\u{ca}V" => 1.0,
        "mV" | "mv" => 1e3,
        "V" | "v" => 1e6,
        "nV" | "nv" => 1e-3,
        _ => match text.to_ascii_lowercase().as_str() {
            "microvolt" | "microvolts" => 1.0,
            "millivolt" | "millivolts" => 1e3,
            "volt" | "volts" => 1e6,
            "nanovolt" | "nanovolts" => 1e-3,
            _ => return None,
        },
    })
}

/// A unit from its code in ISO/IEEE 11073-10101: a base unit in steps of 32, plus a decimal prefix.
pub(super) fn from_code(code: u16) -> Scale {
    const VOLT: u16 = 4256;
    const OHM: u16 = 4288;
    const DIMENSIONLESS: u16 = 512;
    const PERCENT: u16 = 544;
    let prefix = prefix(code & 31);
    match (code & !31, prefix) {
        (VOLT, Some((_, exponent))) => {
            Scale { unit: Unit::Microvolt, factor: 10_f64.powi(exponent + 6) }
        }
        (OHM, Some((sign, _))) => other(format!("{sign}Ohm")),
        (DIMENSIONLESS, _) => other(String::new()),
        (PERCENT, _) => other("%".to_owned()),
        _ => other(format!("unit code {code}")),
    }
}

fn other(name: String) -> Scale {
    Scale { unit: Unit::Other(name), factor: 1.0 }
}

/// Sign and exponent of a decimal prefix.
fn prefix(code: u16) -> Option<(&'static str, i32)> {
    Some(match code {
        0 => ("", 0),
        1 => ("da", 1),
        2 => ("h", 2),
        3 => ("k", 3),
        4 => ("M", 6),
        5 => ("G", 9),
        6 => ("T", 12),
        16 => ("d", -1),
        17 => ("c", -2),
        18 => ("m", -3),
        19 => ("u", -6),
        20 => ("n", -9),
        21 => ("p", -12),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn voltages_become_microvolts() {
        let factors = ["uV", "µV", "μV", "mV", "V", "nV"].map(|text| from_text(text).factor);
        assert_eq!(factors, [1.0, 1.0, 1.0, 1e3, 1e6, 1e-3]);
        let factors = ["microvolts", "Volts", "millivolt"].map(|text| from_text(text).factor);
        assert_eq!(factors, [1.0, 1e6, 1e3]);
        let factors = [4256, 4274, 4275, 4276].map(|code| from_code(code).factor);
        assert_eq!(factors, [1e6, 1e3, 1.0, 1e-3]);
        assert_eq!(from_code(4275).unit, Unit::Microvolt);
    }

    #[test]
    fn other_units_keep_their_name() {
        assert_eq!(from_text("degC"), other("degC".to_owned()));
        assert_eq!(from_code(4291), other("kOhm".to_owned()));
        assert_eq!(from_code(4256 + 30), other("unit code 4286".to_owned()));
        assert_eq!(from_code(9999), other("unit code 9999".to_owned()));
    }
}
