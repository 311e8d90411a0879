/// A small seeded generator (SplitMix64; Steele, Lea & Flood 2014, OOPSLA), our own so that a seed
/// means the same code in every version.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// A whole number below `limit`, which is not 0; its unevenness of 2⁻⁴⁰ is no matter here.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        ((u128::from(self.next_u64()) * limit as u128) >> 64) as usize
    }

    /// Uniform on [0, 1).
    pub(super) fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Output of the author's `splitmix64.c` for the seed 1234567.
    #[test]
    fn values_are_those_of_the_reference_implementation() {
        let mut random = Random::new(1_234_567);
        let expected = [6457827717110365317, 3203168211198807973, 9817491932198370423];
        assert_eq!(expected.map(|_| random.next_u64()), expected);
        assert!((0..1000).all(|_| random.below(3) < 3 && random.uniform() < 1.0));
    }
}
