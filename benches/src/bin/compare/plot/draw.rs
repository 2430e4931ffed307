//! Draws a [`Chart`] as SVG: bars that lie, so that names can be read, on a white card, so that the
//! colours hold on a dark page too.
//!
//! The same figures give the same bytes.

use std::error::Error;
use std::ops::Range;

use plotters::coord::Shift;
use plotters::coord::ranged1d::{AsRangedCoord, Ranged, ValueFormatter};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::chart::{Bar, Chart, Panel, Part};

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

/// From so much of the base on, an axis is logarithmic: else nothing near 1 could be told apart.
const FAR: f64 = 30.0;

/// The picture, as text without empty lines, which would end it early within Markdown.
pub fn svg(chart: &Chart) -> Result<String, Box<dyn Error>> {
    let columns = chart.panels.len().clamp(1, 2);
    let rows = chart.panels.len().div_ceil(columns);
    let bars = chart.panels.iter().map(|panel| panel.bars.len()).max();
    let panel_height = FRAME + STEP * bars.unwrap_or(0) as u32;
    let height = HEAD + panel_height * rows as u32 + PADDING as u32;
    let mut text = String::new();
    {
        let root = SVGBackend::with_string(&mut text, (WIDTH, height)).into_drawing_area();
        root.fill(&WHITE)?;
        let corners = [(0, 0), (WIDTH as i32 - 1, height as i32 - 1)];
        root.draw(&Rectangle::new(corners, FAINT))?;
        for (line, top, size) in [
            (&chart.name, 14, 20),
            (&chart.title, 42, 16),
            (&chart.note, 64, 16),
        ] {
            write(&root, line, (PADDING, top), size)?;
        }
        let (_, below) = root.split_vertically(HEAD);
        let below = below.margin(0, PADDING, 0, PADDING);
        let is_far = chart.most() >= FAR;
        for (panel, area) in chart.panels.iter().zip(below.split_evenly((rows, columns))) {
            draw_panel(panel, chart.base, is_far, &area)?;
        }
        root.present()?;
    }
    Ok(text
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| format!("{line}\n"))
        .collect())
}

fn write(area: &Area, text: &str, at: (i32, i32), size: u32) -> Drawn {
    let style = ("sans-serif", size).into_font().color(&INK);
    area.draw(&Text::new(text.to_string(), at, style))?;
    Ok(())
}

fn draw_panel(panel: &Panel, base: &str, is_far: bool, area: &Area) -> Drawn {
    if is_far {
        let axis = panel.least() * 0.6..panel.most() * 4.0;
        let what = format!("× {base}, logarithmic");
        draw_bars(panel, &what, area, axis.log_scale(), 1.0)
    } else {
        // Space for the number behind the longest bar.
        let axis = 0.0..panel.most() * 1.15;
        draw_bars(panel, &format!("× {base}"), area, axis, 0.0)
    }
}

/// The bars, each from where it `begins` to its median.
fn draw_bars<X>(panel: &Panel, what: &str, area: &Area, axis: X, begins: f64) -> Drawn
where
    X: AsRangedCoord<Value = f64>,
    X::CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let count = panel.bars.len();
    // From top to bottom, in the order of the table.
    let down: Range<f64> = count as f64..0.0;
    let mut chart = ChartBuilder::on(area)
        .margin_left(PADDING)
        .margin_bottom(PADDING)
        .caption(&panel.title, ("sans-serif", 18).into_font().color(&INK))
        .x_label_area_size(40)
        .y_label_area_size(NAMES)
        .build_cartesian_2d(axis, down)?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .y_labels(0)
        .x_labels(6)
        .x_label_formatter(&|&ratio| format!("{}", (ratio * 1e3).round() / 1e3))
        .x_desc(what)
        .light_line_style(TRANSPARENT)
        .bold_line_style(FAINT)
        .axis_style(FAINT)
        .label_style(("sans-serif", 15).into_font().color(&INK))
        .axis_desc_style(("sans-serif", 15).into_font().color(&INK))
        .draw()?;
    let one = [(1.0, 0.0), (1.0, count as f64)];
    chart.draw_series([PathElement::new(one, INK.stroke_width(1))])?;
    let text = |h| {
        ("sans-serif", 16)
            .into_font()
            .color(&INK)
            .pos(Pos::new(h, VPos::Center))
    };
    let origin = chart.as_coord_spec().get_x_range().start;
    for (place, bar) in panel.bars.iter().enumerate() {
        let Bar { name, ratio, part } = bar;
        let middle = place as f64 + 0.5;
        let corners = [(begins, middle - 0.32), (ratio.median, middle + 0.32)];
        chart.draw_series([Rectangle::new(corners, colour(*part).filled())])?;
        let whisker = |from: (f64, f64), to: (f64, f64)| PathElement::new([from, to], INK);
        chart.draw_series([
            whisker((ratio.lower, middle), (ratio.upper, middle)),
            whisker((ratio.lower, middle - 0.16), (ratio.lower, middle + 0.16)),
            whisker((ratio.upper, middle - 0.16), (ratio.upper, middle + 0.16)),
        ])?;
        let behind = ratio.upper.max(begins);
        chart.draw_series([
            EmptyElement::at((origin, middle))
                + Text::new(name.to_string(), (-8, 0), text(HPos::Right)),
            EmptyElement::at((behind, middle))
                + Text::new(crate::report::ratio(ratio.median), (6, 0), text(HPos::Left)),
        ])?;
    }
    Ok(())
}

fn colour(part: Part) -> RGBColor {
    match part {
        Part::Reference => REFERENCE,
        Part::Ours => OURS,
        Part::Peer => PEER,
    }
}
