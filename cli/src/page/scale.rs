/// Numbers to pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    pub(super) from: (f64, f64),
    pub(super) to: (f64, f64),
}

impl Scale {
    pub(super) fn at(&self, value: f64) -> f64 {
        let ((low, high), (start, end)) = (self.from, self.to);
        let part = if high > low { (value - low) / (high - low) } else { 0.5 };
        start + part * (end - start)
    }

    /// Round numbers within the scale, about so many.
    pub(super) fn ticks(&self, about: usize) -> Vec<f64> {
        let (low, high) = self.from;
        let step = step((high - low) / about.max(1) as f64);
        if !(step.is_finite() && step > 0.0) {
            return vec![low];
        }
        let first = (low / step - 1e-9).ceil();
        let count = ((high / step + 1e-9).floor() - first).clamp(0.0, 100.0) as usize;
        // Multiples of a step such as 0.1 have digits that nobody wants to read.
        let tidy = |value: f64| (value * 1e9).round() / 1e9;
        (0..=count).map(|k| tidy((first + k as f64) * step)).collect()
    }
}

/// A top for an axis from 0 that is a little above this.
pub(super) fn round_top(highest: f64) -> f64 {
    if !(highest.is_finite() && highest > 0.0) {
        return 1.0;
    }
    let step = step(highest / 4.0);
    (highest / step).ceil() * step
}

/// The next of 1, 2, 5, 10, … that is not smaller.
fn step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
    steps.into_iter().find(|step| *step >= least * (1.0 - 1e-9)).unwrap_or(steps[3])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_within() {
        let scale = Scale { from: (0.25, 4.0), to: (0.0, 100.0) };
        assert_eq!(scale.ticks(8), [0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0]);
        assert_eq!(Scale { from: (0.0, 0.3), ..scale }.ticks(3), [0.0, 0.1, 0.2, 0.3]);
        assert_eq!(Scale { from: (2.0, 2.0), ..scale }.ticks(5), [2.0]);
        assert_eq!((round_top(37.2), round_top(0.0)), (40.0, 1.0));
    }
}
