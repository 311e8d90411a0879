//! Texts and numbers as header fields take them.

/// Characters of a number.
const WIDTH: usize = 8;

/// The number of eight characters that is nearest to `value`. `None` where there is none at all.
pub(super) fn nearest(value: f64) -> Option<String> {
    if !value.is_finite() {
        return None;
    }
    let whole = format!("{value:.0}").len();
    let decimals = WIDTH.saturating_sub(whole + 1);
    let plain = trimmed(&format!("{value:.decimals$}"));
    let off = |text: &str| text.parse().map_or(f64::INFINITY, |found: f64| (found - value).abs());
    let fits = plain.len() <= WIDTH;
    if fits && (value == 0.0 || off(&plain) <= value.abs() * 1e-3) {
        return Some(plain);
    }
    // Very large and very small ones: not in the specification, but read by everyone.
    let powers = (0..WIDTH).map(|decimals| format!("{value:.decimals$E}"));
    let powers = powers.filter(|text| text.len() <= WIDTH);
    let best = powers.min_by(|a, b| off(a).total_cmp(&off(b)));
    best.filter(|power| !fits || off(power) < off(&plain)).or_else(|| fits.then(|| plain.clone()))
}

/// The highest number of eight characters that is at most `value`, nearly.
pub(super) fn at_most(value: f64) -> Option<String> {
    outward(value, -1.0)
}

/// The lowest number of eight characters that is at least `value`, nearly.
pub(super) fn at_least(value: f64) -> Option<String> {
    outward(value, 1.0)
}

fn outward(value: f64, sign: f64) -> Option<String> {
    let mut step = value.abs().max(1e-30) * 1e-8;
    let mut moved = value;
    // A step of the last character is at most a tenth of the number itself.
    for _ in 0..40 {
        let text = nearest(moved)?;
        let found: f64 = text.parse().ok()?;
        if (found - value) * sign >= 0.0 {
            return Some(text);
        }
        moved = value + sign * step;
        step *= 2.0;
    }
    None
}

/// Without zeros at the end of its decimals, and without the sign of zero.
fn trimmed(text: &str) -> String {
    let text = if text.contains('.') { text.trim_end_matches('0') } else { text };
    let text = text.trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// The text in printable ASCII, of at most `width` characters: the micro sign becomes `u`, anything
/// else a question mark.
pub(super) fn ascii(text: &str, width: usize) -> String {
    let plain = |c: char| match c {
        ' '..='~' => c,
        '\u{b5}' | '\u{3bc}' => 'u',
        _ => '?',
    };
    let text: String = text.trim().chars().map(plain).take(width).collect();
    text.trim_end().to_owned()
}

/// As [`ascii`], as one word of a field of several: blanks become underscores.
pub(super) fn word(text: &str, width: usize) -> String {
    ascii(text, width).replace(' ', "_")
}

/// A time of an annotation: as many decimals as it needs, nine at most.
pub(super) fn seconds(value: f64) -> String {
    let rounded = (value * 1e9).round() / 1e9;
    // Past the precision of such numbers, the product overflows or tells nothing.
    let shown = if value.abs() < 1e6 { rounded } else { value };
    format!("{}", if shown == 0.0 { 0.0 } else { shown })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_eight_characters() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (-3276.8, "-3276.8"),
            (32767.0, "32767"),
            (-187_500.022_351_7, "-187500"),
            (187_499.977, "187500"),
            (1.0 / 3.0, "0.333333"),
            (-8_388_608.0, "-8388608"),
            (99_999_999.0, "99999999"),
            (123_456_789.0, "1.2346E8"),
            (1.5e-9, "1.5E-9"),
            (-1e30, "-1E30"),
            (0.1 + 0.2, "0.3"),
        ] {
            let found = nearest(value).unwrap();
            assert_eq!(found, text);
            assert!(found.len() <= 8);
        }
        assert_eq!(nearest(f64::NAN), None);
        assert_eq!(nearest(f64::INFINITY), None);
    }

    #[test]
    fn ends_enclose() {
        for i in -400..400 {
            let value = f64::from(i) * 1.000_123_4_f64.powi(i) * 10_f64.powi(i % 9);
            let (low, high) = (at_most(value).unwrap(), at_least(value).unwrap());
            let number = |text: &str| text.parse::<f64>().unwrap();
            assert!(low.len() <= 8 && high.len() <= 8);
            assert!(number(&low) <= value && value <= number(&high), "{low} {value} {high}");
            assert!(number(&high) - number(&low) <= value.abs() * 1e-2 + 1e-6, "{low} {high}");
        }
    }

    #[test]
    fn texts_are_plain() {
        assert_eq!(ascii(" Größe µV ", 16), "Gr??e uV");
        assert_eq!(ascii("a long label indeed", 7), "a long");
        assert_eq!(word("Amp 01", 80), "Amp_01");
        assert_eq!(seconds(0.1 + 0.2), "0.3");
        assert_eq!(seconds(8192.202312), "8192.202312");
        assert_eq!(seconds(-0.0), "0");
        assert_eq!(seconds(1.0 / 3.0), "0.333333333");
    }
}
