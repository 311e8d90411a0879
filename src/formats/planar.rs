//! Room for the samples that are read.

use std::ops::{Deref, DerefMut};

use super::{FormatError, memory};
use crate::signal::{Samples, Segment, SignalError};

/// Channels × samples, one channel after the other.
///
/// The system hands out memory in pages of 4 KiB that it clears at the first touch, and for a long
/// recording that takes longer than decoding. So large arrays ask for pages of 2 MiB where the
/// system has them.
#[derive(Debug, Default)]
pub(super) struct Planar(Memory);

#[derive(Debug)]
enum Memory {
    Vector(Vec<f32>),
    #[cfg(target_os = "linux")]
    Mapped(memmap2::MmapMut),
}

impl Default for Memory {
    fn default() -> Self {
        Self::Vector(Vec::new())
    }
}

impl Planar {
    /// So many zeros.
    ///
    /// # Errors
    /// [`FormatError::Memory`] where there is no room for them.
    pub(super) fn zeros(values: u64) -> Result<Self, FormatError> {
        // `vec!`, which gets zeros without writing them, would abort.
        let len = memory::room_for_values(values)?;
        #[cfg(target_os = "linux")]
        if let Some(mapped) = huge_pages(len) {
            return Ok(Self(Memory::Mapped(mapped)));
        }
        Ok(Self(Memory::Vector(vec![0.0; len])))
    }

    /// The samples whose rows are these segments, one after the other.
    ///
    /// # Errors
    /// As [`Samples::from_segments`].
    pub(super) fn into_samples(
        self,
        channels: usize,
        segments: &[Segment],
    ) -> Result<Samples, SignalError> {
        match self.0 {
            Memory::Vector(values) => Samples::from_segments(channels, values, segments),
            #[cfg(target_os = "linux")]
            Memory::Mapped(_) => {
                Samples::from_shared(channels, std::sync::Arc::new(self), segments)
            }
        }
    }
}

/// Memory for so many values of 32 bits in huge pages, where they are many and there are such pages.
#[cfg(target_os = "linux")]
fn huge_pages(len: usize) -> Option<memmap2::MmapMut> {
    const LEAST: usize = 1 << 20;
    if len < LEAST {
        return None;
    }
    let mapped = memmap2::MmapMut::map_anon(len * size_of::<f32>()).ok()?;
    mapped.advise(memmap2::Advice::HugePage).ok()?;
    Some(mapped)
}

impl Deref for Planar {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        match &self.0 {
            Memory::Vector(values) => values,
            #[cfg(target_os = "linux")]
            Memory::Mapped(bytes) => bytemuck::try_cast_slice(bytes).unwrap_or_default(),
        }
    }
}

impl DerefMut for Planar {
    fn deref_mut(&mut self) -> &mut [f32] {
        match &mut self.0 {
            Memory::Vector(values) => values,
            #[cfg(target_os = "linux")]
            Memory::Mapped(bytes) => bytemuck::try_cast_slice_mut(bytes).unwrap_or_default(),
        }
    }
}

impl AsRef<[f32]> for Planar {
    fn as_ref(&self) -> &[f32] {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_amount_is_zeros_that_can_be_written() {
        for len in [0, 1, 1000, 1 << 20, (1 << 20) + 3] {
            let mut planar = Planar::zeros(len).unwrap();
            assert_eq!(planar.len() as u64, len);
            assert!(planar.iter().all(|&value| value == 0.0));
            if let Some(last) = planar.last_mut() {
                *last = 3.0;
            }
            let segments = [Segment { first: 5, len: len as usize }];
            let mut samples = planar.into_samples(1, &segments).unwrap();
            let kept = samples.clone();
            samples.append(5 + len, &[4.0]).unwrap();
            let expected = if len == 0 { None } else { Some(&3.0) };
            assert_eq!(kept.channel(0).last(), expected);
            assert_eq!(samples.channel(0).iter().rev().nth(1), expected);
            assert_eq!(samples.channel(0).last(), Some(&4.0));
        }
        assert!(matches!(Planar::zeros(u64::MAX), Err(FormatError::Memory { .. })));
    }
}
