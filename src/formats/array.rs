//! Arrays of numbers as files hold them: any type, any order, converted as they are read.

use std::sync::Arc;

/// Type of a number in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    I64,
    U64,
    F32,
    F64,
}

impl Number {
    /// Bytes of one.
    pub(super) fn bytes(self) -> usize {
        match self {
            Number::I8 | Number::U8 => 1,
            Number::I16 | Number::U16 => 2,
            Number::I32 | Number::U32 | Number::F32 => 4,
            Number::I64 | Number::U64 | Number::F64 => 8,
        }
    }

    /// Whether only whole numbers can be held.
    pub(super) fn is_integer(self) -> bool {
        !matches!(self, Number::F32 | Number::F64)
    }
}

/// In which order and how an array lies in its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Storage {
    pub number: Number,
    pub big_endian: bool,
    /// Whether the first index changes fastest, not the last.
    pub fortran: bool,
}

/// An array of any number of dimensions, as a view into bytes that it shares.
#[derive(Debug, Clone)]
pub(super) struct Array {
    shape: Vec<usize>,
    /// Items from one place to the next along each dimension.
    strides: Vec<usize>,
    storage: Storage,
    bytes: Arc<Vec<u8>>,
    start: usize,
    len: usize,
}

impl Array {
    /// The array that starts at a byte; `None` where its bytes are not all there.
    pub(super) fn new(
        shape: Vec<usize>,
        storage: Storage,
        bytes: Arc<Vec<u8>>,
        start: usize,
    ) -> Option<Self> {
        let len = shape.iter().try_fold(1_usize, |len, &size| len.checked_mul(size))?;
        let end = len.checked_mul(storage.number.bytes())?.checked_add(start)?;
        if end > bytes.len() {
            return None;
        }
        let mut strides = vec![0; shape.len()];
        let mut step = 1_usize;
        for place in 0..shape.len() {
            let axis = if storage.fortran { place } else { shape.len() - 1 - place };
            strides[axis] = step;
            step = step.saturating_mul(shape[axis]);
        }
        Some(Self { shape, strides, storage, bytes, start, len })
    }

    /// Lengths of the dimensions.
    pub(super) fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Type of the numbers.
    pub(super) fn number(&self) -> Number {
        self.storage.number
    }

    /// How many numbers there are.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The shape as people write it.
    pub(super) fn shape_text(&self) -> String {
        let sizes: Vec<String> = self.shape.iter().map(usize::to_string).collect();
        format!("[{}]", sizes.join(", "))
    }

    /// The only number of an array of one.
    pub(super) fn scalar(&self) -> Option<f64> {
        (self.len == 1).then(|| self.item(0))
    }

    /// All numbers in the order of the bytes; that of the index where there is one dimension.
    pub(super) fn numbers(&self) -> Vec<f64> {
        (0..self.len).map(|place| self.item(place)).collect()
    }

    /// The number at an index; NaN outside of the array.
    pub(super) fn at(&self, index: &[usize]) -> f64 {
        let inside = index.len() == self.shape.len()
            && index.iter().zip(&self.shape).all(|(index, size)| index < size);
        if inside { self.item(self.place(index)) } else { f64::NAN }
    }

    fn place(&self, index: &[usize]) -> usize {
        index.iter().zip(&self.strides).map(|(index, stride)| index * stride).sum()
    }

    /// Numbers along one dimension from an index on, each as `number · factor + offset`.
    /// What lies outside of the array is NaN.
    pub(super) fn line(
        &self,
        axis: usize,
        from: &[usize],
        (factor, offset): (f64, f64),
        out: &mut [f32],
    ) {
        let Some(&stride) = self.strides.get(axis) else { return out.fill(f32::NAN) };
        let inside = self.shape[axis].saturating_sub(from[axis]).min(out.len());
        let first = self.place(from);
        let (out, beyond) = out.split_at_mut(inside);
        beyond.fill(f32::NAN);
        if (factor, offset) == (1.0, 0.0) && self.storage.number == Number::F32 {
            // Bit for bit, NaN included.
            for (k, out) in out.iter_mut().enumerate() {
                *out = self.single(first + k * stride);
            }
            return;
        }
        for (k, out) in out.iter_mut().enumerate() {
            *out = (self.item(first + k * stride) * factor + offset) as f32;
        }
    }

    fn raw<const N: usize>(&self, place: usize) -> [u8; N] {
        let start = self.start + place * N;
        let Some(bytes) = self.bytes.get(start..).and_then(|bytes| bytes.first_chunk::<N>()) else {
            return [0; N];
        };
        let mut bytes = *bytes;
        if self.storage.big_endian {
            bytes.reverse();
        }
        bytes
    }

    fn single(&self, place: usize) -> f32 {
        f32::from_le_bytes(self.raw(place))
    }

    fn item(&self, place: usize) -> f64 {
        match self.storage.number {
            Number::I8 => f64::from(i8::from_le_bytes(self.raw(place))),
            Number::U8 => f64::from(u8::from_le_bytes(self.raw(place))),
            Number::I16 => f64::from(i16::from_le_bytes(self.raw(place))),
            Number::U16 => f64::from(u16::from_le_bytes(self.raw(place))),
            Number::I32 => f64::from(i32::from_le_bytes(self.raw(place))),
            Number::U32 => f64::from(u32::from_le_bytes(self.raw(place))),
            Number::I64 => i64::from_le_bytes(self.raw(place)) as f64,
            Number::U64 => u64::from_le_bytes(self.raw(place)) as f64,
            Number::F32 => f64::from(self.single(place)),
            Number::F64 => f64::from_le_bytes(self.raw(place)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(shape: &[usize], fortran: bool, big_endian: bool) -> Array {
        let len: usize = shape.iter().product();
        let bytes = (0..len as i16)
            .flat_map(|n| if big_endian { n.to_be_bytes() } else { n.to_le_bytes() });
        let storage = Storage { number: Number::I16, big_endian, fortran };
        Array::new(shape.to_vec(), storage, Arc::new(bytes.collect()), 0).unwrap()
    }

    #[test]
    fn both_orders_are_read() {
        for big_endian in [false, true] {
            // The last index changes fastest.
            assert_eq!(array(&[2, 3, 4], false, big_endian).at(&[1, 2, 3]), 23.0);
            assert_eq!(array(&[2, 3, 4], false, big_endian).at(&[0, 1, 2]), 6.0);
            // The first index changes fastest.
            assert_eq!(array(&[2, 3, 4], true, big_endian).at(&[1, 0, 0]), 1.0);
            assert_eq!(array(&[2, 3, 4], true, big_endian).at(&[0, 1, 2]), 14.0);
        }
    }

    #[test]
    fn lines_run_along_any_dimension() {
        let mut out = [0.0; 5];
        array(&[2, 3, 4], true, false).line(2, &[1, 0, 1], (2.0, 0.5), &mut out);
        assert_eq!(out[..3], [14.5, 26.5, 38.5]);
        assert!(out[3].is_nan() && out[4].is_nan());
    }

    #[test]
    fn bytes_that_are_not_there_make_no_array() {
        let storage = Storage { number: Number::F64, big_endian: false, fortran: false };
        let bytes = Arc::new(vec![0; 15]);
        assert!(Array::new(vec![1], storage, Arc::clone(&bytes), 7).is_some());
        assert!(Array::new(vec![2], storage, Arc::clone(&bytes), 0).is_none());
        assert!(Array::new(vec![usize::MAX, 2], storage, Arc::clone(&bytes), 0).is_none());
        assert!(Array::new(vec![0, usize::MAX], storage, bytes, 0).is_some());
    }
}
