//! [`Plots`]: each table that has ratios as a picture, a panel for each condition, a bar for each contender.
//!
//! Bars lie, so that names can be read, on a white card, so that the colours hold on a dark page too.
//! The same figures give the same bytes.

use std::error::Error;
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use plotters::coord::Shift;
use plotters::coord::ranged1d::{AsRangedCoord, Ranged, ValueFormatter};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::case::{CONTROL, Case};
use super::plan::Plan;
use super::quartiles::Quartiles;
use super::text::ratio;

type Area<'s> = DrawingArea<SVGBackend<'s>, Shift>;
type Drawn = Result<(), Box<dyn Error>>;

const WIDTH: u32 = 900;
/// Above the panels.
const HEAD: u32 = 94;
/// A panel's own title and axis.
const FRAME: u32 = 90;
/// From one bar to the next.
const STEP: u32 = 24;
/// Of the names.
const NAMES: u32 = 160;
const PADDING: i32 = 16;

const INK: RGBColor = RGBColor(0x22, 0x28, 0x30);
const FAINT: RGBColor = RGBColor(0xd8, 0xdc, 0xe2);
const REFERENCE: RGBColor = RGBColor(0x9a, 0xa2, 0xac);
const OURS: RGBColor = RGBColor(0x2f, 0x86, 0xd6);
const PEER: RGBColor = RGBColor(0xe0, 0xa0, 0x5c);

/// An axis that reaches this multiple of the base is logarithmic: otherwise bars near 1 would look the same.
const FAR: f64 = 30.0;

/// The directory that `--plot` names; made before the run, since minutes of measuring are not to be lost.
pub struct Plots(PathBuf);

/// One condition.
struct Panel<'c> {
    title: String,
    base: &'c str,
    bars: Vec<(&'c str, Quartiles, RGBColor)>,
}

impl Plots {
    /// Makes the directory.
    ///
    /// # Errors
    /// If that cannot be done; says which directory it is.
    pub fn open(directory: &Path) -> Result<Self, String> {
        fs::create_dir_all(directory).map_err(|error| failure(directory, error))?;
        Ok(Plots(directory.to_path_buf()))
    }

    /// One file for each table that has ratios; what is there under other names stays.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write(
        &self,
        cases: &[Case],
        plan: &Plan,
        is_ours: fn(&str) -> bool,
    ) -> Result<(), String> {
        for case in cases.iter().filter(|case| case.head.bases.is_some()) {
            let path = self
                .0
                .join(format!("{}.svg", case.head.name.replace('/', "-")));
            let text = svg(case, plan, is_ours).map_err(|error| failure(&path, error))?;
            fs::write(&path, text).map_err(|error| failure(&path, error))?;
        }
        Ok(())
    }
}

fn failure(path: &Path, error: impl Display) -> String {
    format!("{}: {error}", path.display())
}

/// The picture, as text without empty lines, which would end it early within Markdown.
fn svg(case: &Case, plan: &Plan, is_ours: fn(&str) -> bool) -> Result<String, Box<dyn Error>> {
    let panels: Vec<_> = (0..case.head.conditions.len())
        .map(|number| Panel::of(case, number, is_ours))
        .collect();
    let columns = panels.len().clamp(1, 2);
    let rows = panels.len().div_ceil(columns);
    let height = HEAD + (FRAME + STEP * case.rows.len() as u32) * rows as u32 + PADDING as u32;
    let mut text = String::new();
    {
        let root = SVGBackend::with_string(&mut text, (WIDTH, height)).into_drawing_area();
        root.fill(&WHITE)?;
        let corners = [(0, 0), (WIDTH as i32 - 1, height as i32 - 1)];
        root.draw(&Rectangle::new(corners, FAINT))?;
        for (line, top, size) in [
            (&case.head.name, 14, 20),
            (&case.head.title, 42, 16),
            (&note(case, plan), 64, 16),
        ] {
            let style = ("sans-serif", size).into_font().color(&INK);
            root.draw(&Text::new(line.to_string(), (PADDING, top), style))?;
        }
        let (_, below) = root.split_vertically(HEAD);
        let below = below.margin(0, PADDING, 0, PADDING);
        let is_far = panels.iter().any(|panel| panel.most() >= FAR);
        for (panel, area) in panels.iter().zip(below.split_evenly((rows, columns))) {
            if is_far {
                let axis = panel.least() * 0.6..panel.most() * 4.0;
                panel.draw(", logarithmic", &area, axis.log_scale(), 1.0)?;
            } else {
                // Space for the number behind the longest bar.
                panel.draw("", &area, 0.0..panel.most() * 1.15, 0.0)?;
            }
        }
        root.present()?;
    }
    let lines = text.lines().filter(|line| !line.is_empty());
    Ok(lines.map(|line| format!("{line}\n")).collect())
}

/// What the bars are, where they come from, and whether that is too little.
fn note(case: &Case, plan: &Plan) -> String {
    let rounds = (0..case.head.conditions.len())
        .map(|number| case.rounds(number))
        .max()
        .unwrap_or(0);
    let warning = match plan.is_quick || rounds < case.enough {
        true => "; a short run: no figure worth quoting",
        false => "",
    };
    let unit = &case.head.unit;
    format!("{unit}, as a multiple of the base's: median and quartiles of {rounds} rounds{warning}")
}

impl<'c> Panel<'c> {
    fn of(case: &'c Case, number: usize, is_ours: fn(&str) -> bool) -> Self {
        let bases = case.head.bases.as_ref();
        let base = bases.map_or("", |bases| &bases[0]);
        let colour = |name: &str| match name {
            _ if name == base || name == CONTROL => REFERENCE,
            _ if bases.is_some_and(|bases| bases[1] == name) || is_ours(name) => OURS,
            _ => PEER,
        };
        let rows = case.rows.iter();
        let bars = rows.filter_map(|row| {
            let (name, cell) = (row.contender.as_str(), row.cells.get(number)?);
            Some((name, cell.ratios?[0], colour(name)))
        });
        let rounds = case.rounds(number);
        Panel {
            title: format!("{} ({rounds} rounds)", case.head.conditions[number]),
            base,
            bars: bars.collect(),
        }
    }

    /// The least of all ratios and 1, quartiles included.
    fn least(&self) -> f64 {
        self.bars.iter().map(|bar| bar.1.lower).fold(1.0, f64::min)
    }

    /// The most.
    fn most(&self) -> f64 {
        self.bars.iter().map(|bar| bar.1.upper).fold(1.0, f64::max)
    }

    /// The bars, each from where it `begins` to its median, from top to bottom in the order of the table.
    fn draw<X>(&self, scale: &str, area: &Area, axis: X, begins: f64) -> Drawn
    where
        X: AsRangedCoord<Value = f64>,
        X::CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>,
    {
        let count = self.bars.len() as f64;
        let mut chart = ChartBuilder::on(area)
            .margin_left(PADDING)
            .margin_bottom(PADDING)
            .caption(&self.title, ("sans-serif", 18).into_font().color(&INK))
            .x_label_area_size(40)
            .y_label_area_size(NAMES)
            .build_cartesian_2d(axis, count..0.0)?;
        let mut mesh = chart.configure_mesh();
        mesh.disable_y_mesh().y_labels(0).x_labels(6);
        mesh.x_label_formatter(&|&ratio| format!("{}", (ratio * 1e3).round() / 1e3));
        mesh.x_desc(format!("× {}{scale}", self.base));
        mesh.light_line_style(TRANSPARENT)
            .bold_line_style(FAINT)
            .axis_style(FAINT);
        mesh.label_style(("sans-serif", 15).into_font().color(&INK));
        mesh.axis_desc_style(("sans-serif", 15).into_font().color(&INK));
        mesh.draw()?;
        let one = [(1.0, 0.0), (1.0, count)];
        chart.draw_series([PathElement::new(one, INK.stroke_width(1))])?;
        let text = |h| {
            ("sans-serif", 16)
                .into_font()
                .color(&INK)
                .pos(Pos::new(h, VPos::Center))
        };
        let origin = chart.as_coord_spec().get_x_range().start;
        for (place, (name, bar, colour)) in self.bars.iter().enumerate() {
            let middle = place as f64 + 0.5;
            let corners = [(begins, middle - 0.32), (bar.median, middle + 0.32)];
            chart.draw_series([Rectangle::new(corners, colour.filled())])?;
            let whisker = |from: (f64, f64), to: (f64, f64)| PathElement::new([from, to], INK);
            let end = |at: f64| whisker((at, middle - 0.16), (at, middle + 0.16));
            let between = whisker((bar.lower, middle), (bar.upper, middle));
            chart.draw_series([between, end(bar.lower), end(bar.upper)])?;
            let behind = bar.upper.max(begins);
            chart.draw_series([
                EmptyElement::at((origin, middle))
                    + Text::new(name.to_string(), (-8, 0), text(HPos::Right)),
                EmptyElement::at((behind, middle))
                    + Text::new(ratio(bar.median), (6, 0), text(HPos::Left)),
            ])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::case::tests::case;
    use super::*;

    #[test]
    fn the_same_figures_give_the_same_picture() {
        // The second one has a logarithmic axis.
        for slow in [20.0, 300.0] {
            let case = case(&[
                ("bare", [vec![10.0; 20]]),
                (CONTROL, [vec![10.0; 20]]),
                ("Mutex<evmap>", [vec![slow; 20]]),
            ]);
            let draw =
                |plan: &Plan| svg(&case, plan, |name| name.starts_with("ours")).expect("a picture");
            let text = draw(&Plan::new(false));
            assert_eq!(text, draw(&Plan::new(false)));
            assert!(text.contains("Mutex&lt;evmap&gt;") && text.contains("one &amp; the other"));
            assert_eq!(text.contains("logarithmic"), slow > 30.0);
            assert!(!text.contains("\n\n") && !text.contains("NaN") && !text.contains("inf"));
            assert!(
                !text.contains("a short run") && draw(&Plan::new(true)).contains("a short run")
            );
        }
    }
}
