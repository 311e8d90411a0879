//! Figures over something: a line a method, its interval as a band.

use super::scale::{Scale, round_top};
use super::svg::{Anchor, Svg};

const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 330.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 104.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 46.0;
/// Labels closer than this would touch.
const LABEL_PX: f64 = 14.0;

/// One line.
pub(super) struct Series {
    pub(super) name: String,
    /// Place in the palette.
    pub(super) color: usize,
    pub(super) points: Vec<Point>,
}

/// One point of a line.
#[derive(Clone, Copy)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) interval: Option<(f64, f64)>,
}

/// What stands beside the axes.
pub(super) struct Axes<'a> {
    pub(super) title: &'a str,
    pub(super) x: &'a str,
    pub(super) y: &'a str,
    /// The highest value, where it is known beforehand.
    pub(super) top: Option<f64>,
    /// A level to compare with, and its name.
    pub(super) level: Option<(f64, &'a str)>,
}

pub(super) fn draw(axes: &Axes<'_>, series: &[Series]) -> String {
    let points = || series.iter().flat_map(|series| &series.points);
    let (low_x, high_x) = points()
        .fold((f64::INFINITY, 0.0_f64), |(low, high), point| (low.min(point.x), high.max(point.x)));
    let highest = points().map(|p| p.interval.map_or(p.y, |(_, high)| high)).fold(0.0, f64::max);
    let x = Scale { from: (low_x, high_x), to: (LEFT + 8.0, WIDTH - RIGHT) };
    let top = axes.top.unwrap_or_else(|| round_top(highest));
    let y = Scale { from: (0.0, top), to: (HEIGHT - BOTTOM, TOP) };
    let mut svg = Svg::new(WIDTH, HEIGHT, axes.title);
    frame(&mut svg, axes, series, x, y);
    svg.group("plot");
    for one in series {
        line(&mut svg, one, x, y);
    }
    svg.end_group();
    names(&mut svg, series, y);
    svg.finish()
}

fn frame(svg: &mut Svg, axes: &Axes<'_>, series: &[Series], x: Scale, y: Scale) {
    for tick in y.ticks(5) {
        svg.line("grid", (LEFT, y.at(tick)), (WIDTH - RIGHT, y.at(tick)));
        svg.text("tick", (LEFT - 8.0, y.at(tick) + 4.0), Anchor::End, &tick.to_string());
    }
    let mut own: Vec<f64> =
        series.iter().flat_map(|series| series.points.iter().map(|point| point.x)).collect();
    own.sort_by(f64::total_cmp);
    own.dedup();
    // The places that were measured, unless they are too many to be read.
    let ticks = if own.len() <= 8 { own } else { x.ticks(7) };
    for tick in ticks {
        svg.line("axis", (x.at(tick), y.at(0.0)), (x.at(tick), y.at(0.0) + 4.0));
        svg.text("tick", (x.at(tick), y.at(0.0) + 18.0), Anchor::Middle, &tick.to_string());
    }
    svg.line("axis", (LEFT, y.at(0.0)), (WIDTH - RIGHT, y.at(0.0)));
    let middle = (LEFT + WIDTH - RIGHT) / 2.0;
    svg.text("name", (middle, HEIGHT - 8.0), Anchor::Middle, axes.x);
    svg.upright("name", (14.0, (TOP + HEIGHT - BOTTOM) / 2.0), Anchor::Middle, axes.y);
    if let Some((level, name)) = axes.level {
        svg.line("level", (LEFT, y.at(level)), (WIDTH - RIGHT, y.at(level)));
        svg.text("tick", (WIDTH - RIGHT + 6.0, y.at(level) + 4.0), Anchor::Start, name);
    }
}

fn line(svg: &mut Svg, series: &Series, x: Scale, y: Scale) {
    svg.group(&format!("series {}", color(series.color)));
    let end = |high: bool| -> Vec<(f64, f64)> {
        let end = |point: &Point| {
            let (low, top) = point.interval?;
            Some((x.at(point.x), y.at(if high { top } else { low })))
        };
        series.points.iter().filter_map(end).collect()
    };
    svg.between("band", &end(false), &end(true));
    let at = |point: &Point| (x.at(point.x), y.at(point.y));
    svg.polyline("curve", &series.points.iter().map(at).collect::<Vec<_>>());
    for point in &series.points {
        let interval =
            point.interval.map_or(String::new(), |(low, high)| format!(" ({low:.1}–{high:.1})"));
        let tip = format!("{} at {}: {:.1}{interval}", series.name, point.x, point.y);
        svg.circle("dot", at(point), 3.5, &tip);
    }
    svg.end_group();
}

/// The names at the right ends of the lines, moved apart where they would touch.
fn names(svg: &mut Svg, series: &[Series], y: Scale) {
    let end = |one: &Series| one.points.last().map(|point| y.at(point.y));
    let mut places: Vec<(f64, &Series)> =
        series.iter().filter_map(|one| Some((end(one)?, one))).collect();
    places.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut free = TOP;
    for (place, _) in &mut places {
        *place = place.max(free);
        free = *place + LABEL_PX;
    }
    let mut limit = HEIGHT - BOTTOM;
    for (place, _) in places.iter_mut().rev() {
        *place = place.min(limit);
        limit = *place - LABEL_PX;
    }
    for (place, one) in places {
        let class = format!("label {}", color(one.color));
        svg.text(&class, (WIDTH - RIGHT + 10.0, place + 4.0), Anchor::Start, &one.name);
    }
}

/// The classes of a place in the palette: seven colours, then the same with other strokes.
pub(super) fn color(place: usize) -> String {
    format!("c{} d{}", place % 7, place / 7 % 3)
}
