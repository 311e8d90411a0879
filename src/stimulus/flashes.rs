//! Counting flashes, as the rules on flashing images do.

/// What counts as a change towards a flash.
#[derive(Debug, Clone, Copy)]
pub(super) struct Threshold {
    /// Least difference of the two states.
    pub change: f64,
    /// Whether changes count depends on the darker state: it has to be below this.
    pub darker_below: f64,
}

/// The most flashes in any stretch of `window` frames: pairs of opposing changes. Changes are those
/// between neighbouring peaks and valleys; smaller ones on the way are none.
pub(super) fn most_flashes(values: &[f64], window: usize, threshold: Threshold) -> usize {
    let changes = changes(values, threshold);
    let in_window = |(place, &start): (usize, &usize)| {
        changes[place..].partition_point(|&frame| frame - start < window)
    };
    changes.iter().enumerate().map(in_window).max().unwrap_or(0) / 2
}

/// The frames by which the changes have reached the threshold, in order; rise and fall alternate.
fn changes(values: &[f64], threshold: Threshold) -> Vec<usize> {
    let Some(&first) = values.first() else { return Vec::new() };
    let (mut lowest, mut highest) = (first, first);
    let mut direction = 0;
    let mut changes = Vec::new();
    // Rounding must not turn a change of exactly the threshold into a smaller one.
    let enough = threshold.change * (1.0 - 1e-9);
    for (frame, &value) in values.iter().enumerate() {
        if direction <= 0 && value - lowest >= enough && lowest < threshold.darker_below {
            changes.push(frame);
            (direction, highest) = (1, value);
        } else if direction >= 0 && highest - value >= enough && value < threshold.darker_below {
            changes.push(frame);
            (direction, lowest) = (-1, value);
        }
        // Only the one that the next change starts from is used.
        (lowest, highest) = (lowest.min(value), highest.max(value));
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENTH: Threshold = Threshold { change: 0.1, darker_below: 0.8 };

    fn wave(hz: f64, seconds: usize, depth: f64) -> Vec<f64> {
        let at = |i: usize| (std::f64::consts::TAU * hz * i as f64 / 120.0).sin();
        (0..120 * seconds).map(|i| 0.5 * (1.0 + depth * at(i))).collect()
    }

    #[test]
    fn a_wave_flashes_once_a_period() {
        for hz in 1..=30 {
            let flashes = most_flashes(&wave(f64::from(hz), 5, 1.0), 120, TENTH);
            assert!(flashes.abs_diff(hz as usize) <= 1, "{hz} Hz: {flashes}");
        }
        assert_eq!(most_flashes(&wave(7.0, 5, 0.09), 120, TENTH), 0);
        assert_eq!(most_flashes(&[], 120, TENTH), 0);
    }

    #[test]
    fn steps_on_the_way_are_no_changes() {
        let stairs = [0.0, 0.3, 0.25, 0.6, 0.6, 1.0, 0.7, 0.4, 0.45, 0.0, 0.0];
        // 1.0 to 0.7 is a fall; 0.45 is less than a tenth above 0.4.
        assert_eq!(changes(&stairs, TENTH), [1, 6]);
        let bright: Vec<f64> = (0..60).map(|i| if i % 2 == 0 { 0.85 } else { 1.0 }).collect();
        assert!(changes(&bright, TENTH).is_empty());
    }

    #[test]
    fn the_window_moves_to_where_most_are() {
        let mut values = vec![0.0; 600];
        for k in 0..5 {
            values[300 + 10 * k] = 1.0;
        }
        assert_eq!(most_flashes(&values, 60, TENTH), 5);
        assert_eq!(most_flashes(&values, 21, TENTH), 2);
    }
}
