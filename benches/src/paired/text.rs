//! Tables as text.

use super::case::Case;
use super::quartiles::Quartiles;

/// Conditions side by side; further ones stand below.
const ABREAST: usize = 4;

/// A table, with what is to be said below it.
pub(super) fn table(case: &Case, usual_rounds: usize) -> String {
    let conditions = &case.head.conditions;
    let mut text = format!("{}: {}\n", case.head.name, case.head.title);
    for first in (0..conditions.len()).step_by(ABREAST) {
        text += &part(case, first, (first + ABREAST).min(conditions.len()));
    }
    let noises = conditions.iter().zip(case.noise.iter().copied());
    for (name, noise) in noises.chain(
        case.derived
            .as_ref()
            .map(|derived| (&derived.name, derived.noise)),
    ) {
        text += &format!("noise, {name}: the control is {}\n", noise.text());
    }
    for (number, condition) in conditions.iter().enumerate() {
        let rounds = case.rounds(number);
        if !case.noise.is_empty() && rounds != usual_rounds {
            text += &format!("rounds, {condition}: {rounds}\n");
        }
    }
    case.notes
        .iter()
        .fold(text, |text, note| text + note + "\n")
}

/// Some of the conditions: values, ratios, what was counted besides, and with the last ones what is derived.
fn part(case: &Case, first: usize, end: usize) -> String {
    let cells = case.rows.iter().flat_map(|row| &row.cells[first..end]);
    let mut besides: Vec<_> = cells.flat_map(|cell| cell.also.keys()).collect();
    besides.sort_unstable();
    besides.dedup();
    let derived = case
        .derived
        .as_ref()
        .filter(|_| end == case.head.conditions.len());
    let ratios = case
        .head
        .bases
        .iter()
        .flatten()
        .map(|name| format!("× {name}"));
    let ratios: Vec<_> = ratios.collect();
    let (mut names, mut heads) = (vec![String::new()], vec!["contender".to_string()]);
    for condition in &case.head.conditions[first..end] {
        heads.push(case.head.unit.clone());
        heads.extend(ratios.iter().chain(besides.iter().copied()).cloned());
        names.push(condition.clone());
        names.resize(heads.len(), String::new());
    }
    heads.extend(derived.map(|derived| derived.name.clone()));
    let mut lines = vec![names, heads];
    for row in &case.rows {
        let mut line = vec![row.contender.clone()];
        for cell in &row.cells[first..end] {
            match cell.ratios {
                Some([base, ours]) => {
                    line.extend([value(cell.value.median), spread(base), ratio(ours.median)])
                }
                None => line.push(spread(cell.value)),
            }
            let also = besides.iter().map(|name| cell.also.get(*name));
            line.extend(also.map(|also| also.map_or("-".to_string(), |also| value(also.median))));
        }
        line.extend(row.derived.filter(|_| derived.is_some()).map(spread));
        lines.push(line);
    }
    aligned(&lines)
}

/// Lines of cells; the first column is aligned to the left, the others to the right.
pub(super) fn aligned(lines: &[Vec<String>]) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        lines
            .iter()
            .filter_map(|line: &Vec<String>| line.get(column))
            .map(|cell: &String| cell.chars().count())
            .max()
    };
    let widths: Vec<_> = (0..columns)
        .map(|column| width(column).unwrap_or(0))
        .collect();
    let line = |line: &Vec<String>| {
        let cells = line.iter().zip(&widths).enumerate();
        let cells = cells.map(|(column, (cell, &width))| match column {
            0 => format!("{cell:<width$}"),
            _ => format!("  {cell:>width$}"),
        });
        cells.collect::<String>().trim_end().to_string() + "\n"
    };
    lines.iter().map(line).collect()
}

/// A value, with as many digits as one can see.
fn value(value: f64) -> String {
    if value.abs() < 99.95 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}

/// Two decimals, none of a large number, or four of one so small that two would show nothing of it.
pub(super) fn ratio(value: f64) -> String {
    match value.abs() {
        0.0..0.1 => format!("{value:.4}"),
        0.1..99.995 => format!("{value:.2}"),
        _ => format!("{value:.0}"),
    }
}

/// `median [lower, upper]`.
fn spread(quartiles: Quartiles) -> String {
    let [median, lower, upper] = [quartiles.median, quartiles.lower, quartiles.upper].map(ratio);
    format!("{median} [{lower}, {upper}]")
}

/// A number as people write it: `100k`, `4M`.
pub fn count(number: usize) -> String {
    match number {
        1.. if number.is_multiple_of(1_000_000) => format!("{}M", number / 1_000_000),
        1.. if number.is_multiple_of(1_000) => format!("{}k", number / 1_000),
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::case::tests::case;
    use super::*;

    #[test]
    fn a_table_is_aligned_and_numbers_are_short() {
        let case = case(&[
            ("bare", [vec![10.0]]),
            ("control", [vec![10.5]]),
            ("ours", [vec![1_234.5]]),
        ]);
        let right = "\
read/1k: one & the other
           1 threads
contender         ns             × bare  × ours
bare            10.0  1.00 [1.00, 1.00]  0.0081
control         10.5  1.05 [1.05, 1.05]  0.0085
ours            1234     123 [123, 123]    1.00
noise, 1 threads: the control is off by 5.0%, its quartiles by 5.0%
rounds, 1 threads: 1
";
        assert_eq!(table(&case, 60), right);
        assert_eq!(
            [1_000, 4_000_000, 1_500, 0].map(count),
            ["1k", "4M", "1500", "0"]
        );
    }
}
