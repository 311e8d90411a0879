//! The widest vectors that the processor has, for loops that the compiler turns into vectors by
//! itself.

/// Runs a loop compiled for the processor at hand, chosen at run time.
///
/// Only the width of the vectors differs: no product and sum are fused, so that every processor
/// gives the same bits. What `work` calls should be `#[inline(always)]`, or it is compiled for the
/// narrowest processor only.
#[inline(always)]
pub(crate) fn with_vectors<R>(work: impl FnOnce() -> R) -> R {
    #[cfg(all(feature = "simd", any(target_arch = "x86", target_arch = "x86_64")))]
    if let Some(simd) = fearless_simd::Level::new().as_avx2() {
        return fearless_simd::Simd::vectorize(simd, work);
    }
    work()
}
