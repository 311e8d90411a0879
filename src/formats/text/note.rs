/// Words before the number that is a sampling rate.
const RATE_WORDS: [&str; 10] = [
    "sampling rate",
    "sampling_rate",
    "samplingrate",
    "sample rate",
    "sample_rate",
    "samplerate",
    "sampling",
    "srate",
    "sfreq",
    "fs",
];

/// The sampling rate that a line tells of, such as `# Sampling rate: 250 Hz` or `Time:512Hz`.
pub(in crate::formats) fn stated_rate(line: &str) -> Option<f64> {
    let line = line.to_lowercase();
    if let Some((_, rest)) = line.split_once("time:") {
        let digits = rest.split_once("hz").map(|(digits, _)| digits);
        return digits.and_then(positive);
    }
    RATE_WORDS.iter().find_map(|word| {
        let (before, after) = line.split_once(word)?;
        if before.ends_with(char::is_alphanumeric) || after.starts_with('_') {
            return None;
        }
        let after = after.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '.');
        let after = after.strip_prefix("hz").unwrap_or(after);
        let after = after.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '.');
        let end = after.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(after.len());
        after.get(..end).and_then(positive)
    })
}

fn positive(digits: &str) -> Option<f64> {
    let digits = digits.trim().trim_end_matches('.');
    digits.parse().ok().filter(|rate: &f64| rate.is_finite() && *rate > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_from_lines() {
        for (line, rate) in [
            ("%Sample Rate = 250.0 Hz", Some(250.0)),
            ("# sampling_rate: 512", Some(512.0)),
            ("# Sampling rate [Hz]: 1000", Some(1000.0)),
            ("title:x, sampling:128, subject:", Some(128.0)),
            ("{\"sampling rate\": 1000, \"a\": 2}", Some(1000.0)),
            ("Time:512Hz,Epoch,Oz", Some(512.0)),
            ("fs=256", Some(256.0)),
            ("offs=256", None),
            ("sampling interval 4", None),
            ("fs=0", None),
            ("time: 12", None),
            ("sample rate", None),
        ] {
            assert_eq!(stated_rate(line), rate, "{line}");
        }
    }
}
