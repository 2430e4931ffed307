//! [`Plots`]: each table that has ratios as two pictures, for light pages and for dark ones. A picture has a panel for
//! each condition, and in it a line for each contender.
//!
//! On a linear axis a line is a bar. On a logarithmic one it is a point, since a bar has no beginning there.
//! Lines lie, so that names can be read, and panels are below each other, so that a picture fits a narrow screen.
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

const WIDTH: u32 = 440;
/// Above the panels.
const HEAD: u32 = 108;
/// A panel's own title and axis.
const FRAME: u32 = 90;
/// From one line to the next.
const STEP: u32 = 24;
/// Of the names.
const NAMES: u32 = 150;
const PADDING: i32 = 12;

/// The colours of a picture.
struct Theme {
    /// Behind the name of a file.
    suffix: &'static str,
    page: RGBColor,
    ink: RGBColor,
    faint: RGBColor,
    reference: RGBColor,
    ours: RGBColor,
    peer: RGBColor,
}

const THEMES: [Theme; 2] = [
    Theme {
        suffix: "",
        page: WHITE,
        ink: RGBColor(0x22, 0x28, 0x30),
        faint: RGBColor(0xd8, 0xdc, 0xe2),
        reference: RGBColor(0x80, 0x88, 0x92),
        ours: RGBColor(0x1f, 0x76, 0xc6),
        peer: RGBColor(0xd0, 0x84, 0x30),
    },
    Theme {
        suffix: "-dark",
        page: RGBColor(0x14, 0x19, 0x22),
        ink: RGBColor(0xdd, 0xe2, 0xe8),
        faint: RGBColor(0x38, 0x40, 0x4c),
        reference: RGBColor(0x8a, 0x92, 0x9c),
        ours: RGBColor(0x5c, 0xb0, 0xff),
        peer: RGBColor(0xe8, 0xa8, 0x60),
    },
];

/// An axis that reaches this multiple of the base is logarithmic: otherwise bars near 1 would look the same.
const FAR: f64 = 30.0;

/// The directory that `--plot` names; made before the run, since minutes of measuring are not to be lost.
pub struct Plots(PathBuf);

/// One condition.
struct Panel<'c> {
    theme: &'c Theme,
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

    /// Two files for each table that has ratios, `NAME.svg` and `NAME-dark.svg`. What is there under other names stays.
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
            for theme in &THEMES {
                let name = case.head.name.replace('/', "-");
                let path = self.0.join(format!("{name}{}.svg", theme.suffix));
                let text =
                    svg(case, plan, is_ours, theme).map_err(|error| failure(&path, error))?;
                fs::write(&path, text).map_err(|error| failure(&path, error))?;
            }
        }
        Ok(())
    }
}

fn failure(path: &Path, error: impl Display) -> String {
    format!("{}: {error}", path.display())
}

/// The picture, as text without empty lines, which would end it early within Markdown.
fn svg(
    case: &Case,
    plan: &Plan,
    is_ours: fn(&str) -> bool,
    theme: &Theme,
) -> Result<String, Box<dyn Error>> {
    let panels: Vec<_> = (0..case.head.conditions.len())
        .map(|number| Panel::of(case, number, is_ours, theme))
        .collect();
    let height =
        HEAD + (FRAME + STEP * case.rows.len() as u32) * panels.len() as u32 + PADDING as u32;
    let mut text = String::new();
    {
        let root = SVGBackend::with_string(&mut text, (WIDTH, height)).into_drawing_area();
        root.fill(&theme.page)?;
        let corners = [(0, 0), (WIDTH as i32 - 1, height as i32 - 1)];
        root.draw(&Rectangle::new(corners, theme.faint))?;
        let unit = format!("{}, as a multiple of the base's", case.head.unit);
        for (line, top, size) in [
            (&case.head.name, 12, 20),
            (&case.head.title, 38, 15),
            (&unit, 59, 15),
            (&note(case, plan), 80, 15),
        ] {
            let style = ("sans-serif", size).into_font().color(&theme.ink);
            root.draw(&Text::new(line.to_string(), (PADDING, top), style))?;
        }
        let (_, below) = root.split_vertically(HEAD);
        let below = below.margin(0, PADDING, 0, PADDING);
        let is_far = panels.iter().any(|panel| panel.most() >= FAR);
        for (panel, area) in panels.iter().zip(below.split_evenly((panels.len(), 1))) {
            // With space for the number behind the longest line.
            if is_far {
                let (least, most) = (panel.least() * 0.8, panel.most());
                let axis = least..most * (most / least).powf(0.25);
                panel.draw(", logarithmic", &area, axis.log_scale(), None)?;
            } else {
                panel.draw("", &area, 0.0..panel.most() * 1.25, Some(0.0))?;
            }
        }
        root.present()?;
    }
    let lines = text.lines().filter(|line| !line.is_empty());
    Ok(lines.map(|line| format!("{line}\n")).collect())
}

/// What the lines are, where they come from, and whether that is too little.
fn note(case: &Case, plan: &Plan) -> String {
    let rounds = (0..case.head.conditions.len())
        .map(|number| case.rounds(number))
        .max()
        .unwrap_or(0);
    let warning = match plan.is_quick || rounds < case.enough {
        true => ": a short run",
        false => "",
    };
    format!("median and quartiles of {rounds} rounds{warning}")
}

impl<'c> Panel<'c> {
    fn of(case: &'c Case, number: usize, is_ours: fn(&str) -> bool, theme: &'c Theme) -> Self {
        let bases = case.head.bases.as_ref();
        let base = bases.map_or("", |bases| &bases[0]);
        let colour = |name: &str| match name {
            _ if name == base || name == CONTROL => theme.reference,
            _ if bases.is_some_and(|bases| bases[1] == name) || is_ours(name) => theme.ours,
            _ => theme.peer,
        };
        let rows = case.rows.iter();
        let bars = rows.filter_map(|row| {
            let (name, cell) = (row.contender.as_str(), row.cells.get(number)?);
            Some((name, cell.ratios?[0], colour(name)))
        });
        let rounds = case.rounds(number);
        Panel {
            theme,
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

    /// The contenders, from top to bottom in the order of the table: bars that begin there, or else points.
    fn draw<X>(&self, scale: &str, area: &Area, axis: X, begins: Option<f64>) -> Drawn
    where
        X: AsRangedCoord<Value = f64>,
        X::CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>,
    {
        let count = self.bars.len() as f64;
        let (ink, faint) = (self.theme.ink, self.theme.faint);
        let mut chart = ChartBuilder::on(area)
            .margin_left(PADDING)
            .margin_bottom(PADDING)
            .caption(&self.title, ("sans-serif", 18).into_font().color(&ink))
            .x_label_area_size(40)
            .y_label_area_size(NAMES)
            .build_cartesian_2d(axis, count..0.0)?;
        let mut mesh = chart.configure_mesh();
        mesh.disable_y_mesh().y_labels(0).x_labels(6);
        mesh.x_label_formatter(&|&ratio| format!("{}", (ratio * 1e3).round() / 1e3));
        mesh.x_desc(format!("× {}{scale}", self.base));
        mesh.light_line_style(TRANSPARENT)
            .bold_line_style(faint)
            .axis_style(faint);
        mesh.label_style(("sans-serif", 15).into_font().color(&ink));
        mesh.axis_desc_style(("sans-serif", 15).into_font().color(&ink));
        mesh.draw()?;
        let one = [(1.0, 0.0), (1.0, count)];
        chart.draw_series([PathElement::new(one, ink.stroke_width(1))])?;
        let text = |h| {
            ("sans-serif", 16)
                .into_font()
                .color(&ink)
                .pos(Pos::new(h, VPos::Center))
        };
        let origin = chart.as_coord_spec().get_x_range().start;
        for (place, (name, bar, colour)) in self.bars.iter().enumerate() {
            let middle = place as f64 + 0.5;
            if let Some(begins) = begins {
                let corners = [(begins, middle - 0.32), (bar.median, middle + 0.32)];
                chart.draw_series([Rectangle::new(corners, colour.filled())])?;
            }
            let whisker = |from: (f64, f64), to: (f64, f64)| PathElement::new([from, to], ink);
            let end = |at: f64| whisker((at, middle - 0.16), (at, middle + 0.16));
            let between = whisker((bar.lower, middle), (bar.upper, middle));
            chart.draw_series([between, end(bar.lower), end(bar.upper)])?;
            if begins.is_none() {
                chart.draw_series([Circle::new((bar.median, middle), 5, colour.filled())])?;
            }
            let behind = bar.upper;
            chart.draw_series([
                EmptyElement::at((origin, middle))
                    + Text::new(name.to_string(), (-8, 0), text(HPos::Right)),
                EmptyElement::at((behind, middle))
                    + Text::new(ratio(bar.median), (8, 0), text(HPos::Left)),
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
            let draw_in = |plan: &Plan, theme: &Theme| {
                svg(&case, plan, |name| name.starts_with("ours"), theme).expect("a picture")
            };
            let draw = |plan: &Plan| draw_in(plan, &THEMES[0]);
            let text = draw(&Plan::new(false));
            assert_ne!(text, draw_in(&Plan::new(false), &THEMES[1]));
            // A bar needs a beginning, which a logarithmic axis does not have.
            assert_eq!(text.contains("<circle"), slow > 30.0);
            assert_eq!(text.matches("<rect").count() > 2, slow <= 30.0);
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
