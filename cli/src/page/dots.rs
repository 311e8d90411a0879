//! Figures of methods in a single window: a dot and its interval a method.

use super::curves::color;
use super::scale::{Scale, round_top};
use super::svg::{Anchor, Svg};

const WIDTH: f64 = 560.0;
const LEFT: f64 = 120.0;
const RIGHT: f64 = 64.0;
const ROW: f64 = 30.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 46.0;

/// One method.
pub(super) struct Dot {
    pub(super) name: String,
    pub(super) color: usize,
    pub(super) value: f64,
    pub(super) interval: Option<(f64, f64)>,
}

pub(super) fn draw(title: &str, name: &str, top: Option<f64>, dots: &[Dot]) -> String {
    let height = TOP + ROW * dots.len() as f64 + BOTTOM;
    let highest = dots.iter().map(|d| d.interval.map_or(d.value, |(_, high)| high));
    let top = top.unwrap_or_else(|| round_top(highest.fold(0.0, f64::max)));
    let x = Scale { from: (0.0, top), to: (LEFT, WIDTH - RIGHT) };
    let mut svg = Svg::new(WIDTH, height, title);
    let floor = height - BOTTOM;
    for tick in x.ticks(5) {
        svg.line("grid", (x.at(tick), TOP), (x.at(tick), floor));
        svg.text("tick", (x.at(tick), floor + 18.0), Anchor::Middle, &tick.to_string());
    }
    svg.text("name", ((LEFT + WIDTH - RIGHT) / 2.0, height - 8.0), Anchor::Middle, name);
    for (place, dot) in dots.iter().enumerate() {
        let y = TOP + ROW * (place as f64 + 0.5);
        svg.group(&format!("series {}", color(dot.color)));
        svg.text("method", (LEFT - 12.0, y + 4.0), Anchor::End, &dot.name);
        if let Some((low, high)) = dot.interval {
            let size = (x.at(high) - x.at(low), 12.0);
            svg.rect("band", (x.at(low), y - 6.0), size, "");
        }
        svg.circle("dot", (x.at(dot.value), y), 4.5, &format!("{}: {:.1}", dot.name, dot.value));
        svg.text(
            "value",
            (WIDTH - RIGHT + 10.0, y + 4.0),
            Anchor::Start,
            &format!("{:.1}", dot.value),
        );
        svg.end_group();
    }
    svg.finish()
}
