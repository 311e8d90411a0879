/// For each row of a square table the column that it gets, so that every column is given once and
/// the sum is the highest: the Hungarian method with potentials (Kuhn 1955, Nav Res Logist Q 2:83).
pub(super) fn best_assignment(gains: &[Vec<f64>]) -> Vec<usize> {
    let n = gains.len();
    // Row and column 0 stand for "none yet".
    let (mut row_price, mut column_price) = (vec![0.0; n + 1], vec![0.0; n + 1]);
    let mut row_of = vec![0_usize; n + 1];
    for row in 1..=n {
        row_of[0] = row;
        let mut least = vec![f64::INFINITY; n + 1];
        let mut came_from = vec![0_usize; n + 1];
        let mut done = vec![false; n + 1];
        let mut column = 0;
        while row_of[column] != 0 {
            done[column] = true;
            let current = row_of[column];
            let (mut step, mut next) = (f64::INFINITY, 0);
            for other in (1..=n).filter(|&other| !done[other]) {
                let cost =
                    -gains[current - 1][other - 1] - row_price[current] - column_price[other];
                if cost < least[other] {
                    (least[other], came_from[other]) = (cost, column);
                }
                if least[other] < step {
                    (step, next) = (least[other], other);
                }
            }
            if next == 0 {
                // A gain that is no number: no pairing is better than another.
                return (0..n).collect();
            }
            for other in 0..=n {
                if done[other] {
                    row_price[row_of[other]] += step;
                    column_price[other] -= step;
                } else {
                    least[other] -= step;
                }
            }
            column = next;
        }
        while column != 0 {
            row_of[column] = row_of[came_from[column]];
            column = came_from[column];
        }
    }
    let mut columns = vec![0; n];
    for column in 1..=n {
        columns[row_of[column] - 1] = column - 1;
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All orders of 0 to n − 1.
    fn orders(n: usize) -> Vec<Vec<usize>> {
        if n == 0 {
            return vec![Vec::new()];
        }
        let insert = |order: Vec<usize>| {
            (0..n).map(move |place| {
                let mut order = order.clone();
                order.insert(place, n - 1);
                order
            })
        };
        orders(n - 1).into_iter().flat_map(insert).collect()
    }

    #[test]
    fn no_other_order_is_better() {
        let mut state = 7_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state >> 16) / 1000.0
        };
        for n in 1..=6 {
            let gains: Vec<Vec<f64>> = (0..n).map(|_| (0..n).map(|_| next()).collect()).collect();
            let sum = |order: &[usize]| -> f64 {
                order.iter().enumerate().map(|(row, &column)| gains[row][column]).sum()
            };
            let best = orders(n).iter().map(|order| sum(order)).fold(f64::MIN, f64::max);
            assert!((sum(&best_assignment(&gains)) - best).abs() < 1e-9);
        }
    }

    #[test]
    fn what_is_no_number_changes_nothing() {
        assert_eq!(best_assignment(&vec![vec![f64::NAN; 3]; 3]), [0, 1, 2]);
        assert!(best_assignment(&[]).is_empty());
    }
}
