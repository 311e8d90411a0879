use super::super::{Components, Running, Sinusoids, Span, Templates};
use crate::decode::DecodeError;
use crate::signal::Epoch;

/// The decoder of any method that follows a signal.
#[derive(Debug, Clone)]
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "a session has one of them")]
pub enum RunningDecoder {
    /// CCA, MSI and MEC.
    Sinusoids(Sinusoids),
    /// TRCA, SSCOR, their ensembles, and reconvolution CCA.
    Templates(Templates),
    /// TDCA.
    Components(Components),
}

impl RunningDecoder {
    fn own(&self) -> &dyn Running {
        match self {
            Self::Sinusoids(decoder) => decoder,
            Self::Templates(decoder) => decoder,
            Self::Components(decoder) => decoder,
        }
    }

    fn own_mut(&mut self) -> &mut dyn Running {
        match self {
            Self::Sinusoids(decoder) => decoder,
            Self::Templates(decoder) => decoder,
            Self::Components(decoder) => decoder,
        }
    }
}

impl Running for RunningDecoder {
    fn channels(&self) -> usize {
        self.own().channels()
    }

    fn targets(&self) -> usize {
        self.own().targets()
    }

    fn push(&mut self, chunk: Epoch<'_>) -> Result<(), DecodeError> {
        self.own_mut().push(chunk)
    }

    fn skip(&mut self, samples: u64) {
        self.own_mut().skip(samples);
    }

    fn starts_anywhere(&self) -> bool {
        self.own().starts_anywhere()
    }

    fn span(&self) -> Span {
        self.own().span()
    }

    fn longest(&self) -> Option<u64> {
        self.own().longest()
    }

    fn len(&self) -> u64 {
        self.own().len()
    }

    fn restart(&mut self) {
        self.own_mut().restart();
    }

    fn score_into(&mut self, scores: &mut [f64]) -> Result<(), DecodeError> {
        self.own_mut().score_into(scores)
    }
}
