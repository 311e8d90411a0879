use super::math;

/// A seeded generator of random numbers whose stream never changes.
///
/// It is our own because fixtures and expected figures are made from it: general crates reserve the
/// right to change their streams with a version, and then every fixture would change with them.
/// The bits come from xoshiro256++ 1.0 (Blackman & Vigna 2021, ACM Trans. Math. Softw. 47:36), its
/// state filled from the seed with SplitMix64 (Steele, Lea & Flood 2014). Not for cryptography.
///
/// ```
/// use evoked::simulate::Random;
/// let mut random = Random::new(7);
/// let (u, n, k) = (random.uniform(), random.normal(), random.below(6));
/// assert!((0.0..1.0).contains(&u) && n.is_finite() && k < 6);
/// assert_eq!(Random::new(7).uniform(), u);
/// ```
#[derive(Debug, Clone)]
pub struct Random {
    state: [u64; 4],
    /// The second of a pair of normal values, not handed out yet.
    spare: Option<f64>,
}

impl Random {
    /// A generator of this seed; every seed is good.
    pub fn new(seed: u64) -> Self {
        let mut counter = seed;
        Self { state: std::array::from_fn(|_| split_mix(&mut counter)), spare: None }
    }

    /// A new generator seeded by this one, so that parts of a simulation do not share a stream.
    pub fn split(&mut self) -> Self {
        Self::new(self.next_u64())
    }

    /// The next 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        let [a, b, c, d] = self.state;
        let result = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let (c, d) = (c ^ a, d ^ b);
        self.state = [a ^ d, b ^ c, c ^ (b << 17), d.rotate_left(45)];
        result
    }

    /// Uniform on [0, 1): a multiple of 2⁻⁵³.
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// Standard normal: mean 0, variance 1 (polar method, Marsaglia & Bray 1964).
    pub fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let x = 2.0 * self.uniform() - 1.0;
            let y = 2.0 * self.uniform() - 1.0;
            let square = x * x + y * y;
            if square > 0.0 && square < 1.0 {
                let factor = (-2.0 * math::ln(square) / square).sqrt();
                self.spare = Some(factor * y);
                return factor * x;
            }
        }
    }

    /// A whole number below `limit`, all equally likely; 0 where `limit` is 0.
    ///
    /// Takes the high half of a 128-bit product and refuses the few values that would favour some
    /// numbers (Lemire 2019, ACM Trans. Model. Comput. Simul. 29:3).
    pub fn below(&mut self, limit: u64) -> u64 {
        if limit == 0 {
            return 0;
        }
        let favoured = limit.wrapping_neg() % limit;
        loop {
            let product = u128::from(self.next_u64()) * u128::from(limit);
            if product as u64 >= favoured {
                return (product >> 64) as u64;
            }
        }
    }

    /// Puts the items in random order, all orders equally likely (Fisher & Yates; Durstenfeld 1964).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }
}

fn split_mix(counter: &mut u64) -> u64 {
    *counter = counter.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *counter;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Output of the authors' `xoshiro256plusplus.c` from the state 1, 2, 3, 4.
    #[test]
    fn bits_are_those_of_the_reference_implementation() {
        let mut random = Random { state: [1, 2, 3, 4], spare: None };
        let expected = [
            41943041,
            58720359,
            3588806011781223,
            3591011842654386,
            9228616714210784205,
            9973669472204895162,
            14011001112246962877,
            12406186145184390807,
            15849039046786891736,
            10450023813501588000,
        ];
        assert_eq!(expected.map(|_| random.next_u64()), expected);
    }

    /// Output of the author's `splitmix64.c` for the seed 1234567.
    #[test]
    fn seeding_is_that_of_the_reference_implementation() {
        let expected = [
            6457827717110365317,
            3203168211198807973,
            9817491932198370423,
            4593380528125082431,
            16408922859458223821,
        ];
        let mut counter = 1_234_567;
        assert_eq!(expected.map(|_| split_mix(&mut counter)), expected);
        assert_eq!(Random::new(1_234_567).state, expected[..4]);
    }

    fn moment(values: &[f64], power: i32) -> f64 {
        values.iter().map(|value| value.powi(power)).sum::<f64>() / values.len() as f64
    }

    #[test]
    fn uniform_moments() {
        let mut random = Random::new(1);
        let values: Vec<f64> = (0..200_000).map(|_| random.uniform()).collect();
        for power in 1..=4 {
            let expected = 1.0 / f64::from(power + 1);
            assert!((moment(&values, power) - expected).abs() < 0.003, "moment {power}");
        }
    }

    #[test]
    fn normal_moments_and_tails() {
        let mut random = Random::new(2);
        let values: Vec<f64> = (0..200_000).map(|_| random.normal()).collect();
        for (power, expected, tolerance) in
            [(1, 0.0, 0.01), (2, 1.0, 0.015), (3, 0.0, 0.04), (4, 3.0, 0.12)]
        {
            assert!((moment(&values, power) - expected).abs() < tolerance, "moment {power}");
        }
        let beyond_two = values.iter().filter(|value| value.abs() > 2.0).count() as f64;
        assert!((beyond_two / 200_000.0 - 0.045_500).abs() < 0.002);
        let neighbours: f64 = values.windows(2).map(|pair| pair[0] * pair[1]).sum();
        assert!((neighbours / 200_000.0).abs() < 0.01);
    }

    #[test]
    fn whole_numbers_are_equally_likely() {
        let mut random = Random::new(3);
        let mut counts = [0_u32; 7];
        for _ in 0..70_000 {
            counts[random.below(7) as usize] += 1;
        }
        assert!(counts.iter().all(|&count| count.abs_diff(10_000) < 400), "{counts:?}");
        assert_eq!((random.below(0), random.below(1)), (0, 0));
        assert!((0..100).all(|_| random.below(u64::MAX) < u64::MAX));
    }

    #[test]
    fn all_orders_are_equally_likely() {
        let mut random = Random::new(4);
        let mut counts = std::collections::BTreeMap::new();
        for _ in 0..24_000 {
            let mut items = [0, 1, 2, 3];
            random.shuffle(&mut items);
            *counts.entry(items).or_insert(0_u32) += 1;
        }
        assert_eq!(counts.len(), 24);
        assert!(counts.values().all(|count| count.abs_diff(1000) < 150), "{counts:?}");
    }

    #[test]
    fn split_generators_differ() {
        let mut random = Random::new(5);
        let (mut a, mut b) = (random.split(), random.split());
        let product: f64 = (0..50_000).map(|_| a.normal() * b.normal()).sum();
        assert!((product / 50_000.0).abs() < 0.02);
    }
}
