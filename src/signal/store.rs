use std::fmt::{Debug, Formatter, Result};
use std::ops::Deref;
use std::sync::Arc;

/// Where values lie: in a vector, or in memory that something else keeps.
pub(super) enum Store<T> {
    Vector(Vec<T>),
    /// Used where readers map memory; elsewhere nothing shares.
    #[cfg_attr(not(all(feature = "formats", target_os = "linux")), allow(dead_code))]
    Shared(Arc<dyn AsRef<[T]> + Send + Sync>),
}

impl<T> Deref for Store<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match self {
            Self::Vector(values) => values,
            Self::Shared(values) => (**values).as_ref(),
        }
    }
}

impl<T: Clone> Store<T> {
    /// The values, to be written; copied first where they are shared.
    pub(super) fn to_mut(&mut self) -> &mut [T] {
        if let Self::Shared(values) = self {
            *self = Self::Vector((**values).as_ref().to_vec());
        }
        match self {
            Self::Vector(values) => values,
            Self::Shared(_) => &mut [],
        }
    }
}

impl<T: Clone> Clone for Store<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Vector(values) => Self::Vector(values.clone()),
            Self::Shared(values) => Self::Shared(Arc::clone(values)),
        }
    }
}

impl<T: Debug> Debug for Store<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        (**self).fmt(f)
    }
}
