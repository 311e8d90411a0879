use std::f64::consts::TAU;

use crate::dsp::linalg::LANES;

/// Turns after which rounding is taken off again.
const RESEED: u64 = 256;

/// The sinusoids of all targets, one sample after the other.
///
/// Columns are laid out in groups of [`LANES`] targets: column `(group · rows + r) · LANES + lane` is
/// row r of target `group · LANES + lane`, a sine for even r and a cosine for odd r; zeros where a
/// target has fewer frequencies than others.
#[derive(Debug, Clone)]
pub(super) struct Oscillators {
    /// Cycles a sample of each pair; `None` for places without a frequency.
    steps: Vec<Option<f64>>,
    /// Sines and cosines, a turn and the current values.
    turn: [Vec<f64>; 2],
    now: [Vec<f64>; 2],
    position: u64,
}

impl Oscillators {
    pub(super) fn new(frequencies_hz: &[Vec<f64>], rate_hz: f64) -> Self {
        let pairs = frequencies_hz.iter().map(Vec::len).max().unwrap_or(0);
        let groups = frequencies_hz.len().div_ceil(LANES);
        let mut steps = vec![None; groups * pairs * LANES];
        for (target, own) in frequencies_hz.iter().enumerate() {
            for (pair, hz) in own.iter().enumerate() {
                steps[(target / LANES * pairs + pair) * LANES + target % LANES] =
                    Some(hz / rate_hz);
            }
        }
        let part = |function: fn(f64) -> f64| {
            steps.iter().map(|step| step.map_or(0.0, |step| function(TAU * step.fract()))).collect()
        };
        let turn = [part(f64::sin), part(f64::cos)];
        let now = [vec![0.0; steps.len()], vec![0.0; steps.len()]];
        let mut oscillators = Self { steps, turn, now, position: 0 };
        oscillators.restart();
        oscillators
    }

    /// Number of columns.
    pub(super) fn columns(&self) -> usize {
        2 * self.steps.len()
    }

    /// Back to the first sample.
    pub(super) fn restart(&mut self) {
        self.position = 0;
        self.seed();
    }

    /// Moves on by so many samples.
    pub(super) fn skip(&mut self, samples: u64) {
        self.position = self.position.wrapping_add(samples);
        self.seed();
    }

    fn seed(&mut self) {
        let [sines, cosines] = &mut self.now;
        for ((step, sine), cosine) in self.steps.iter().zip(sines).zip(cosines) {
            let Some(step) = step else { continue };
            // Whole turns are taken off first, which keeps the angle exact for hours.
            (*sine, *cosine) = (TAU * (step * self.position as f64).fract()).sin_cos();
        }
    }

    /// Writes the values at the current sample and moves on to the next.
    #[inline(always)]
    pub(super) fn next(&mut self, out: &mut [f64]) {
        let [sines, cosines] = &mut self.now;
        let [turn_sines, turn_cosines] = &self.turn;
        let values = sines.chunks_exact_mut(LANES).zip(cosines.chunks_exact_mut(LANES));
        let turns = turn_sines.chunks_exact(LANES).zip(turn_cosines.chunks_exact(LANES));
        for ((out, (sine, cosine)), (turn_sine, turn_cosine)) in
            out.chunks_exact_mut(2 * LANES).zip(values).zip(turns)
        {
            for lane in 0..LANES {
                let (s, c) = (sine[lane], cosine[lane]);
                out[lane] = s;
                out[LANES + lane] = c;
                sine[lane] = s * turn_cosine[lane] + c * turn_sine[lane];
                cosine[lane] = c * turn_cosine[lane] - s * turn_sine[lane];
            }
        }
        self.position = self.position.wrapping_add(1);
        if self.position.is_multiple_of(RESEED) {
            self.seed();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_the_formula_for_hours() {
        let frequencies_hz =
            [vec![8.0, 16.0], vec![9.7], vec![0.3, 124.0], vec![11.0, 22.0], vec![7.5, 15.0]];
        let mut oscillators = Oscillators::new(&frequencies_hz, 250.0);
        let mut out = vec![f64::NAN; oscillators.columns()];
        let mut n = 0;
        while n < 1_000_000_u64 {
            if n % 40_000 == 77 {
                oscillators.skip(1000);
                n += 1000;
            }
            oscillators.next(&mut out);
            n += 1;
            let n = n - 1;
            if n % 99_991 > 300 {
                continue;
            }
            for (target, own) in frequencies_hz.iter().enumerate() {
                for pair in 0..2 {
                    let at = (target / LANES * 4 + 2 * pair) * LANES + target % LANES;
                    let expected = own
                        .get(pair)
                        .map_or((0.0, 0.0), |hz| (TAU * (hz * n as f64 / 250.0).fract()).sin_cos());
                    assert!((out[at] - expected.0).abs() < 1e-8, "{n} {target} {pair}");
                    assert!((out[at + LANES] - expected.1).abs() < 1e-8, "{n} {target} {pair}");
                }
            }
        }
    }
}
