//! True targets against decisions.

use super::svg::{Anchor, Svg};

const SIDE: f64 = 400.0;
const LEFT: f64 = 92.0;
/// Room for names that run upwards, and for those that do not.
const UPRIGHT_PX: f64 = 84.0;
const LEVEL_PX: f64 = 48.0;
/// Cells from this width on have room for a name above them.
const LEVEL_CELL: f64 = 48.0;
/// Cells smaller than this have no room for a number.
const LEAST_CELL: f64 = 22.0;
/// Names closer than this would touch.
const LEAST_NAME: f64 = 13.0;

pub(super) fn draw(targets: &[String], confusion: &[Vec<usize>]) -> String {
    let count = targets.len().max(1);
    let cell = (SIDE / count as f64).min(84.0);
    let side = cell * count as f64;
    let top = if cell < LEVEL_CELL { UPRIGHT_PX } else { LEVEL_PX };
    let mut svg = Svg::new(LEFT + side + 16.0, top + side + 16.0, "Confusion matrix");
    svg.text("name", (LEFT + side / 2.0, 14.0), Anchor::Middle, "decided");
    svg.upright("name", (14.0, top + side / 2.0), Anchor::Middle, "true");
    let every = (LEAST_NAME / cell).ceil().max(1.0) as usize;
    for (place, name) in targets.iter().enumerate().step_by(every) {
        let middle = (place as f64 + 0.5) * cell;
        svg.text("tick", (LEFT - 8.0, top + middle + 4.0), Anchor::End, name);
        if cell < LEVEL_CELL {
            svg.upright("tick", (LEFT + middle + 4.0, top - 8.0), Anchor::Start, name);
        } else {
            svg.text("tick", (LEFT + middle, top - 8.0), Anchor::Middle, name);
        }
    }
    for (truth, row) in confusion.iter().enumerate() {
        let total = row.iter().sum::<usize>().max(1) as f64;
        for (decided, &number) in row.iter().enumerate() {
            let at = (LEFT + decided as f64 * cell, top + truth as f64 * cell);
            let share = number as f64 / total;
            svg.rect("cell", at, (cell, cell), &format!("--share:{share:.3}"));
            if cell >= LEAST_CELL && number > 0 {
                let class = if share > 0.55 { "count strong" } else { "count" };
                let middle = (at.0 + cell / 2.0, at.1 + cell / 2.0 + 5.0);
                svg.text(class, middle, Anchor::Middle, &number.to_string());
            }
        }
    }
    svg.finish()
}
