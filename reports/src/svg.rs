//! A small part of SVG: texts, bars, lines and areas on a card that is legible on light and on dark
//! pages.
//!
//! All lengths are in tenths of a pixel, so that integers are precise enough.

use std::fmt::Write as _;

/// The style of each class. Readers who prefer dark pages get the second set of colors.
const STYLE: &str = "\
text{font-family:ui-sans-serif,system-ui,-apple-system,'Segoe UI',sans-serif;font-size:120px;fill:#1f2328}\
.name{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}\
.head{font-size:150px;font-weight:600}.faint{fill:#59636e}.small{font-size:110px}.strong{font-weight:600}\
.card{fill:#ffffff;stroke:#d1d9e0;stroke-width:10}.grid{stroke:#d1d9e0;stroke-width:8}.axis{stroke:#818b98;stroke-width:10}\
.curve{fill:none;stroke:#9a6700;stroke-width:18;stroke-linejoin:round}.band{fill:#d4a72c;fill-opacity:.3}\
.RETRIABLE{fill:#1a7f37}.TEMPORARY{fill:#9a6700}.FATAL{fill:#d1242f}.succeeded,.SUCCESS{fill:#0969da}.wait{fill:#d4a72c;fill-opacity:.45}.count{fill:#818b98}\
@media(prefers-color-scheme:dark){text{fill:#f0f6fc}.faint{fill:#9198a1}.card{fill:#0d1117;stroke:#3d444d}\
.grid{stroke:#30363d}.axis{stroke:#656c76}.curve{stroke:#d29922}.band{fill:#bb8009;fill-opacity:.4}\
.RETRIABLE{fill:#3fb950}.TEMPORARY{fill:#d29922}.FATAL{fill:#f85149}.succeeded,.SUCCESS{fill:#4493f8}.wait{fill:#bb8009;fill-opacity:.6}}";

/// The part of a text that is at its given point.
#[derive(Debug, Clone, Copy)]
pub enum TextAnchor {
    /// The first letter.
    Start,
    /// The middle.
    Middle,
    /// The last letter.
    End,
}

/// An SVG picture under construction.
#[derive(Default)]
pub struct Svg {
    body: String,
}

impl Svg {
    /// Adds a text.
    pub fn text(&mut self, (x, y): (u64, u64), anchor: TextAnchor, class: &str, text: &str) {
        let anchor = match anchor {
            TextAnchor::Start => "",
            TextAnchor::Middle => " text-anchor=\"middle\"",
            TextAnchor::End => " text-anchor=\"end\"",
        };
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        let class = if class.is_empty() {
            String::new()
        } else {
            format!(" class=\"{class}\"")
        };
        let _ = writeln!(
            self.body,
            "<text x=\"{x}\" y=\"{y}\"{anchor}{class}>{text}</text>"
        );
    }

    /// Adds a bar, of which `(x, y)` is the upper left corner.
    pub fn bar(&mut self, (x, y): (u64, u64), (width, height): (u64, u64), class: &str) {
        let _ = writeln!(
            self.body,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"20\" class=\"{class}\"/>"
        );
    }

    /// Adds a line.
    pub fn line(&mut self, from: (u64, u64), to: (u64, u64), class: &str) {
        self.path("M", [from, to].into_iter(), "", class);
    }

    /// Draws a line through the points or, if `closed`, the area inside.
    pub fn curve(&mut self, points: impl Iterator<Item = (u64, u64)>, closed: bool, class: &str) {
        self.path("M", points, if closed { "Z" } else { "" }, class);
    }

    fn path(
        &mut self,
        start: &str,
        points: impl Iterator<Item = (u64, u64)>,
        end: &str,
        class: &str,
    ) {
        let points: Vec<_> = points.map(|(x, y)| format!("{x} {y}")).collect();
        let _ = writeln!(
            self.body,
            "<path d=\"{start}{}{end}\" class=\"{class}\"/>",
            points.join("L")
        );
    }

    /// Adds a dot.
    pub fn dot(&mut self, (x, y): (u64, u64), class: &str) {
        let _ = writeln!(
            self.body,
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"30\" class=\"{class}\"/>"
        );
    }

    /// Returns the finished document with this size.
    pub fn document(&self, width: u64, height: u64, title: &str) -> String {
        let title = title.replace('&', "&amp;").replace('<', "&lt;");
        let (card_width, card_height) = (width - 10, height - 10);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" viewBox=\"0 0 {width} {height}\" role=\"img\">\n\
             <title>{title}</title>\n<style>{STYLE}</style>\n\
             <rect x=\"5\" y=\"5\" width=\"{card_width}\" height=\"{card_height}\" rx=\"80\" class=\"card\"/>\n{}</svg>\n",
            width / 10,
            height / 10,
            self.body
        )
    }
}
