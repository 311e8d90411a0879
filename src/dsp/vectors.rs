//! The widest vectors that the processor has, chosen at run time.
//!
//! Only the width differs: no product and sum are fused and no order of sums depends on it, so that
//! every processor gives the same bits.

/// Runs a loop that the compiler turns into vectors by itself, compiled for the processor at hand.
///
/// What `work` calls should be `#[inline(always)]`, or it is compiled for the narrowest processor
/// only.
#[inline(always)]
pub(crate) fn with_vectors<R>(work: impl FnOnce() -> R) -> R {
    #[cfg(all(feature = "simd", any(target_arch = "x86", target_arch = "x86_64")))]
    if let Some(simd) = fearless_simd::Level::new().as_avx2() {
        return fearless_simd::Simd::vectorize(simd, work);
    }
    work()
}

/// Arithmetic on four numbers at once, for loops that the compiler leaves scalar.
pub(crate) trait Vectors: Copy {
    /// Four numbers.
    type Four: Copy;

    fn zero(self) -> Self::Four;
    fn splat(self, value: f64) -> Self::Four;
    fn load(self, values: &[f64; 4]) -> Self::Four;
    fn store(self, four: Self::Four) -> [f64; 4];
    /// `sum + a · b`, rounded twice.
    fn add_product(self, sum: Self::Four, a: Self::Four, b: Self::Four) -> Self::Four;
}

/// A loop written for [`Vectors`].
pub(crate) trait Kernel {
    type Output;

    /// To be `#[inline(always)]`.
    fn run<V: Vectors>(self, vectors: V) -> Self::Output;
}

/// Runs a kernel with the vectors of the processor at hand.
#[inline(always)]
pub(crate) fn run<K: Kernel>(kernel: K) -> K::Output {
    #[cfg(all(feature = "simd", any(target_arch = "x86", target_arch = "x86_64")))]
    if let Some(simd) = fearless_simd::Level::new().as_avx2() {
        return fearless_simd::Simd::vectorize(
            simd,
            #[inline(always)]
            || kernel.run(wide::Wide(simd)),
        );
    }
    kernel.run(Plain)
}

/// Vectors for any processor.
#[derive(Clone, Copy)]
struct Plain;

impl Vectors for Plain {
    type Four = [f64; 4];

    #[inline(always)]
    fn zero(self) -> [f64; 4] {
        [0.0; 4]
    }

    #[inline(always)]
    fn splat(self, value: f64) -> [f64; 4] {
        [value; 4]
    }

    #[inline(always)]
    fn load(self, values: &[f64; 4]) -> [f64; 4] {
        *values
    }

    #[inline(always)]
    fn store(self, four: [f64; 4]) -> [f64; 4] {
        four
    }

    #[inline(always)]
    fn add_product(self, sum: [f64; 4], a: [f64; 4], b: [f64; 4]) -> [f64; 4] {
        std::array::from_fn(|lane| sum[lane] + a[lane] * b[lane])
    }
}

#[cfg(all(feature = "simd", any(target_arch = "x86", target_arch = "x86_64")))]
mod wide {
    use fearless_simd::prelude::*;
    use fearless_simd::{Avx2, f64x4};

    #[derive(Clone, Copy)]
    pub(super) struct Wide(pub(super) Avx2);

    impl super::Vectors for Wide {
        type Four = f64x4<Avx2>;

        #[inline(always)]
        fn zero(self) -> Self::Four {
            f64x4::splat(self.0, 0.0)
        }

        #[inline(always)]
        fn splat(self, value: f64) -> Self::Four {
            f64x4::splat(self.0, value)
        }

        #[inline(always)]
        fn load(self, values: &[f64; 4]) -> Self::Four {
            f64x4::from_slice(self.0, values)
        }

        #[inline(always)]
        fn store(self, four: Self::Four) -> [f64; 4] {
            let mut values = [0.0; 4];
            four.store_slice(&mut values);
            values
        }

        #[inline(always)]
        fn add_product(self, sum: Self::Four, a: Self::Four, b: Self::Four) -> Self::Four {
            sum + a * b
        }
    }
}
