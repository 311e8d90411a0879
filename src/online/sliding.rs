use super::sums::add_all;

/// Sums over the last blocks of samples.
///
/// Nothing is ever taken off a sum, since rounding would stay behind: blocks that will leave are kept
/// as sums from each of them to the last of their kind, those that came after as one sum (a queue of
/// two stacks). A block costs two additions of all sums on average, and memory is that of all blocks.
#[derive(Debug, Clone)]
pub(super) struct Sliding {
    len: usize,
    blocks: usize,
    /// Sums from a block to the end of this stack, the next to leave last.
    old: Vec<Vec<f64>>,
    /// The blocks that came after, one by one.
    new: Vec<Vec<f64>>,
    of_new: Vec<f64>,
    spare: Vec<Vec<f64>>,
}

impl Sliding {
    /// For windows of so many blocks, at least one, of `len` sums.
    pub(super) fn new(len: usize, blocks: usize) -> Self {
        Self {
            len,
            blocks,
            old: Vec::with_capacity(blocks),
            new: Vec::with_capacity(blocks),
            of_new: vec![0.0; len],
            spare: (0..blocks).map(|_| vec![0.0; len]).collect(),
        }
    }

    /// Takes the sums of the next block, and lets go of the first one where the window is full.
    pub(super) fn push(&mut self, block: &[f64]) {
        if self.old.len() + self.new.len() == self.blocks {
            self.let_go();
        }
        let mut kept = self.spare.pop().unwrap_or_else(|| vec![0.0; self.len]);
        kept.copy_from_slice(block);
        add_all(&mut self.of_new, block);
        self.new.push(kept);
    }

    fn let_go(&mut self) {
        if self.old.is_empty() {
            while let Some(mut block) = self.new.pop() {
                if let Some(later) = self.old.last() {
                    add_all(&mut block, later);
                }
                self.old.push(block);
            }
            self.of_new.fill(0.0);
        }
        self.spare.extend(self.old.pop());
    }

    /// The sums over the window.
    pub(super) fn total(&self, out: &mut [f64]) {
        out.copy_from_slice(&self.of_new);
        if let Some(old) = self.old.last() {
            add_all(out, old);
        }
    }

    /// No blocks.
    pub(super) fn clear(&mut self) {
        self.spare.append(&mut self.old);
        self.spare.append(&mut self.new);
        self.of_new.fill(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_that_of_the_last_blocks() {
        for blocks in [1, 2, 5] {
            let mut sliding = Sliding::new(2, blocks);
            let mut total = [f64::NAN; 2];
            for k in 0..40_usize {
                sliding.push(&[k as f64, 1.0]);
                sliding.total(&mut total);
                let first = (k + 1).saturating_sub(blocks);
                let expected: usize = (first..=k).sum();
                assert_eq!(total, [expected as f64, (k + 1 - first) as f64], "{blocks} {k}");
                if k == 20 {
                    sliding.clear();
                    sliding.total(&mut total);
                    assert_eq!(total, [0.0; 2]);
                    (first..=k).for_each(|k| sliding.push(&[k as f64, 1.0]));
                }
            }
        }
    }
}
