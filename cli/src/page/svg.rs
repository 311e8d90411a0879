//! SVG as text. Colours are classes of the page's style, so that light and dark are one drawing.

use std::fmt::Write;

/// A drawing of a size in pixels.
pub(super) struct Svg {
    width: f64,
    height: f64,
    title: String,
    body: String,
}

/// Where a text ends up relative to its point.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Svg {
    /// An empty drawing; the title is for those who do not see it.
    pub(super) fn new(width: f64, height: f64, title: &str) -> Self {
        Self { width, height, title: escape(title), body: String::new() }
    }

    pub(super) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let ((x1, y1), (x2, y2)) = (from, to);
        self.push(format_args!(
            "<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>"
        ));
    }

    pub(super) fn rect(&mut self, class: &str, at: (f64, f64), size: (f64, f64), style: &str) {
        let ((x, y), (w, h)) = (at, size);
        self.push(format_args!(
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" style=\"{style}\"/>"
        ));
    }

    pub(super) fn circle(&mut self, class: &str, at: (f64, f64), radius: f64, tip: &str) {
        let ((x, y), tip) = (at, escape(tip));
        self.push(format_args!(
            "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\"><title>{tip}</title></circle>"
        ));
    }

    /// A line through points.
    pub(super) fn polyline(&mut self, class: &str, points: &[(f64, f64)]) {
        let points = joined(points.iter());
        self.push(format_args!("<polyline class=\"{class}\" points=\"{points}\"/>"));
    }

    /// The area between two lines.
    pub(super) fn between(&mut self, class: &str, lower: &[(f64, f64)], upper: &[(f64, f64)]) {
        let points = joined(lower.iter().chain(upper.iter().rev()));
        self.push(format_args!("<polygon class=\"{class}\" points=\"{points}\"/>"));
    }

    pub(super) fn text(&mut self, class: &str, at: (f64, f64), anchor: Anchor, text: &str) {
        let ((x, y), text) = (at, escape(text));
        let anchor = anchor.name();
        self.push(format_args!(
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>"
        ));
    }

    /// A text that runs upwards.
    pub(super) fn upright(&mut self, class: &str, at: (f64, f64), anchor: Anchor, text: &str) {
        let ((x, y), text) = (at, escape(text));
        let anchor = anchor.name();
        self.push(format_args!(
            "<text class=\"{class}\" transform=\"translate({x:.1} {y:.1}) rotate(-90)\" text-anchor=\"{anchor}\">{text}</text>"
        ));
    }

    /// What is drawn until [`Svg::end_group`] belongs together.
    pub(super) fn group(&mut self, class: &str) {
        self.push(format_args!("<g class=\"{class}\">"));
    }

    pub(super) fn end_group(&mut self) {
        self.body.push_str("</g>\n");
    }

    /// The whole element.
    pub(super) fn finish(self) -> String {
        let Self { width, height, title, body } = self;
        format!(
            "<svg viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" role=\"img\"><title>{title}</title>\n{body}</svg>\n"
        )
    }

    fn push(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing to a string never fails.
        let _ = writeln!(self.body, "{element}");
    }
}

impl Anchor {
    fn name(self) -> &'static str {
        match self {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        }
    }
}

/// Text as it stands in HTML, in and outside of attributes.
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

fn joined<'a>(points: impl Iterator<Item = &'a (f64, f64)>) -> String {
    points.fold(String::new(), |mut text, (x, y)| {
        let _ = write!(text, "{x:.1},{y:.1} ");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_out_of_the_page() {
        let mut svg = Svg::new(10.0, 10.0, "<a>");
        svg.text("label", (1.0, 2.0), Anchor::End, "\"><script>");
        let drawn = svg.finish();
        assert!(!drawn.contains("<script>") && !drawn.contains("<a>"), "{drawn}");
    }
}
