//! [`Chart`]: what is drawn of one table: its ratios, a panel for each condition.

use benches::stats::Quartiles;

use crate::case::Case;
use crate::footprint::{Footprint, Outcome};
use crate::name::{INCREMENTAL, ROBIN_HOOD};
use crate::plan::Plan;
use crate::verdict::ROUNDS;

/// One picture.
pub struct Chart {
    /// Its file's name, without the ending.
    pub file: String,
    /// The table's.
    pub name: String,
    /// One sentence.
    pub title: String,
    /// What the bars are, and where they come from.
    pub note: String,
    /// What the ratios are to.
    pub base: &'static str,
    pub panels: Vec<Panel>,
}

/// One condition.
pub struct Panel {
    pub title: String,
    pub bars: Vec<Bar>,
}

/// One contender.
pub struct Bar {
    pub name: &'static str,
    pub ratio: Quartiles,
    pub part: Part,
}

/// What a contender is there for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Part {
    /// The base, or the control beside it.
    Reference,
    Ours,
    Peer,
}

impl Panel {
    /// The least of all ratios and 1, quartiles included.
    pub fn least(&self) -> f64 {
        let ratios = self.bars.iter().map(|bar| bar.ratio.lower);
        ratios.fold(1.0, f64::min)
    }

    /// The most of all ratios and 1, quartiles included.
    pub fn most(&self) -> f64 {
        let ratios = self.bars.iter().map(|bar| bar.ratio.upper);
        ratios.fold(1.0, f64::max)
    }
}

impl Chart {
    /// Of all panels.
    pub fn most(&self) -> f64 {
        self.panels.iter().map(Panel::most).fold(1.0, f64::max)
    }

    pub fn of_case(case: &Case, plan: &Plan) -> Self {
        let heading = &case.heading;
        let bars = |condition: usize| {
            let rows = case.rows.iter().enumerate();
            rows.map(move |(place, row)| Bar {
                name: row.contender,
                ratio: row.cells[condition].to_base,
                part: part(row.contender, place, 2),
            })
        };
        let most = (0..heading.conditions.len()).map(|number| case.rounds(number));
        let most = most.max().unwrap_or(0);
        let panel = |(number, condition): (usize, &String)| Panel {
            title: match case.rounds(number) {
                rounds if rounds == most => condition.clone(),
                rounds => format!("{condition} ({rounds} rounds)"),
            },
            bars: bars(number).collect(),
        };
        let conditions = heading.conditions.iter().enumerate();
        Chart {
            file: file(&case.name()),
            name: case.name(),
            title: heading.title.clone(),
            note: note(
                "time",
                &format!("{most} rounds"),
                plan.is_quick || most < ROUNDS,
            ),
            base: heading.base,
            panels: conditions.map(panel).collect(),
        }
    }

    /// None of a table that has no ratios.
    pub fn of_footprint(footprint: &Footprint, plan: &Plan) -> Option<Self> {
        let base = footprint.base?;
        let rows = footprint.rows.iter().enumerate();
        let bar = |(place, row): (usize, &crate::footprint::Row)| match &row.outcome {
            Outcome::Measured {
                to_base: Some(ratio),
                ..
            } => Some(Bar {
                name: row.contender,
                ratio: *ratio,
                part: part(row.contender, place, 1),
            }),
            _ => None,
        };
        let bars: Vec<_> = rows.filter_map(bar).collect();
        // The base is there wherever there is a ratio.
        let Outcome::Measured { processes, .. } = &footprint.rows.first()?.outcome else {
            return None;
        };
        let is_short = plan.is_quick || processes.len() < Plan::THOROUGH.builds;
        let processes = match processes.len() {
            1 => "one process".to_string(),
            n => format!("{n} processes"),
        };
        Some(Chart {
            file: file(&footprint.case),
            name: footprint.case.clone(),
            title: footprint.title.clone(),
            note: note("memory", &processes, is_short),
            base,
            panels: vec![Panel {
                title: "memory".to_string(),
                bars,
            }],
        })
    }
}

/// `read/1k` is drawn in `read-1k`.
fn file(case: &str) -> String {
    case.replace('/', "-")
}

/// What the bars are, where they come from, and whether that is too little.
fn note(what: &str, rounds: &str, is_short: bool) -> String {
    let warning = if is_short {
        "; a short run: no figure worth quoting"
    } else {
        ""
    };
    format!("{what}, as a multiple of the base's: median and quartiles of {rounds}{warning}")
}

/// Of the contender in this place, where this many are references.
fn part(name: &str, place: usize, references: usize) -> Part {
    let ours = [
        "ours",
        "ReadHandle",
        "SharedReader",
        INCREMENTAL,
        ROBIN_HOOD,
    ];
    if place < references {
        Part::Reference
    } else if ours.iter().any(|ours| name.starts_with(ours)) {
        Part::Ours
    } else {
        Part::Peer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Heading, Samples};

    fn plan(is_quick: bool) -> Plan {
        Plan {
            is_quick,
            ..Plan::THOROUGH
        }
    }

    /// Two conditions of three contenders, the last of which takes so much longer under the second.
    fn case(names: &[&'static str], rounds: u32, slow: f64) -> Case {
        let mut samples = Samples::default();
        samples.resize(names.len(), 2);
        for round in 0..rounds {
            for contender in 0..names.len() {
                let ns = 10.0 + f64::from(round) * contender as f64;
                samples.push(contender, 0, ns.into());
                samples.push(contender, 1, (ns * slow.powi(contender as i32)).into());
            }
        }
        let heading = Heading {
            operation: "read",
            case: "1k".to_string(),
            title: "one & the other".to_string(),
            base: names[0],
            ours: "ours",
            conditions: ["one", "two"].map(String::from).to_vec(),
        };
        Case::new(heading, samples.rows(names, names[0], false))
    }

    #[test]
    fn a_panel_shows_one_condition_of_every_contender() {
        let names = [
            "bare",
            "control",
            "ours, guard",
            "RobinHood",
            "Mutex<evmap>",
        ];
        let chart = Chart::of_case(&case(&names, 4, 2.0), &plan(false));
        assert_eq!((chart.file.as_str(), chart.base), ("read-1k", "bare"));
        assert!(chart.note.contains("no figure worth quoting"));
        assert_eq!(chart.panels.len(), 2);
        for panel in &chart.panels {
            assert!(panel.bars.iter().map(|bar| bar.name).eq(names));
            let parts = panel.bars.iter().map(|bar| bar.part);
            let right = [
                Part::Reference,
                Part::Reference,
                Part::Ours,
                Part::Ours,
                Part::Peer,
            ];
            assert!(parts.eq(right));
        }
        assert!(chart.panels[1].most() > chart.panels[0].most());
        assert_eq!(chart.most(), chart.panels[1].most());
    }

    #[test]
    fn a_short_run_says_so() {
        let note = |rounds, is_quick| {
            let case = case(&["bare", "control", "ours"], rounds, 2.0);
            Chart::of_case(&case, &plan(is_quick)).note
        };
        assert!(note(19, false).ends_with("19 rounds; a short run: no figure worth quoting"));
        assert!(note(20, true).contains("a short run"));
        assert!(note(20, false).ends_with("quartiles of 20 rounds"));
    }

    #[test]
    fn the_same_figures_give_the_same_picture() {
        // The second one has a logarithmic axis.
        for slow in [2.0, 30.0] {
            let draw = || {
                let chart = Chart::of_case(
                    &case(&["bare", "control", "Mutex<evmap>"], 4, slow),
                    &plan(true),
                );
                super::super::draw::svg(&chart).unwrap()
            };
            let svg = draw();
            assert_eq!(svg, draw());
            assert!(svg.contains("Mutex&lt;evmap&gt;") && svg.contains("one &amp; the other"));
            assert_eq!(svg.contains("logarithmic"), slow > 2.0);
            assert!(!svg.contains("\n\n") && !svg.contains("NaN") && !svg.contains("inf"));
        }
    }

    #[test]
    fn what_was_not_measured_is_not_drawn() {
        let measured = vec![("bare", Ok(vec![10.0])), ("ours", Err("no".to_string()))];
        let of = |base| Footprint::new("pairs", String::new(), 1_000, base, measured.clone());
        let chart = Chart::of_footprint(&of(Some("bare")), &plan(true)).unwrap();
        assert_eq!(chart.file, "memory-pairs-1k");
        assert_eq!(chart.panels[0].bars.len(), 1);
        assert!(Chart::of_footprint(&of(None), &plan(true)).is_none());
    }
}
