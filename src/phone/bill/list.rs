//! From text to rows: the delimiter is found out, what stands above the titles is left out, and everything has a bound.

/// The most rows that are read. A call every minute for four months.
pub const MOST_ROWS: usize = 200_000;
/// The most columns.
pub const MOST_COLUMNS: usize = 64;
/// The longest cell; what is longer is cut.
pub const LONGEST_CELL: usize = 256;
/// Titles are looked for in so many rows.
const PREAMBLE: usize = 30;

/// A list of calls as text.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct List {
    /// The titles; `Column 3` where there are none.
    pub titles: Vec<String>,
    /// The rows below them. Each has as many cells as there are titles.
    pub rows: Vec<Vec<String>>,
}

/// Why there is no list.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum ListError {
    /// Not text.
    #[error("This file is not text. Save the list as CSV, and open that.")]
    Binary,
    /// No row with at least two cells.
    #[error("No table was found in it. It should be a list with one call per line (CSV).")]
    NoTable,
    /// More rows than are read.
    #[error("This list is too long: it has more than 200,000 rows.")]
    TooLong,
}

/// Reads a list.
///
/// # Errors
/// If there is none in it.
pub fn read(bytes: &[u8]) -> Result<List, ListError> {
    let text = super::text::decode(bytes).ok_or(ListError::Binary)?;
    // Spreadsheets of one maker are told the delimiter by a first line of its own.
    let (named, text) = match text.strip_prefix("sep=").and_then(|rest| rest.split_once('\n')) {
        Some((delimiter, rest)) => (delimiter.trim_end().bytes().next(), rest),
        None => (None, text.as_str()),
    };
    let delimiter = named.filter(u8::is_ascii).unwrap_or_else(|| delimiter(text));
    let rows = rows(text, delimiter)?;
    // Most rows of a table have as many cells as each other; what stands above has fewer.
    let width = usual_width(&rows).filter(|width| *width >= 2).ok_or(ListError::NoTable)?;
    let top = rows.iter().take(PREAMBLE).position(|row| row.len() >= width).unwrap_or(0);
    let mut rows: Vec<Vec<String>> = rows.into_iter().skip(top).collect();
    let has_titles = rows.first().is_some_and(|row| !row.iter().any(|cell| super::values::has_value(cell)));
    let titles = if has_titles { rows.remove(0) } else { Vec::new() };
    let width = width.max(titles.len()).min(MOST_COLUMNS);
    let title = |column: usize| match titles.get(column).filter(|title| !title.is_empty()) {
        Some(title) => title.clone(),
        None => format!("Column {}", column + 1),
    };
    for row in &mut rows {
        row.resize(width, String::new());
    }
    Ok(List { titles: (0..width).map(title).collect(), rows })
}

fn rows(text: &str, delimiter: u8) -> Result<Vec<Vec<String>>, ListError> {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records() {
        // Nothing but its bytes can be wrong with a row, and they are text.
        let Ok(record) = record else { continue };
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if rows.len() == MOST_ROWS {
            return Err(ListError::TooLong);
        }
        rows.push(record.iter().take(MOST_COLUMNS).map(cell).collect());
    }
    Ok(rows)
}

/// A cell without anything that could make it look like something else.
fn cell(text: &str) -> String {
    let text: String = text.chars().take(LONGEST_CELL).filter(|c| *c != '\u{feff}').collect();
    let shown = |c: &char| {
        !c.is_control() && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
    };
    text.chars().filter(shown).collect::<String>().trim().trim_matches('\'').to_owned()
}

/// The one of the usual delimiters that most lines have the same number of.
fn delimiter(text: &str) -> u8 {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).take(200).collect();
    let score = |delimiter: &u8| {
        let mut counts: Vec<usize> = lines.iter().map(|line| outside_quotes(line, *delimiter)).collect();
        counts.sort_unstable();
        // The middle one: preamble and odd rows do not count.
        let usual = counts.get(counts.len() / 2).copied().unwrap_or(0);
        let alike = counts.iter().filter(|count| **count == usual).count();
        if usual == 0 { (0, 0) } else { (alike, usual) }
    };
    *b",;\t|".iter().rev().max_by_key(|delimiter| score(delimiter)).unwrap_or(&b',')
}

fn outside_quotes(line: &str, delimiter: u8) -> usize {
    let (mut quoted, mut count) = (false, 0);
    for byte in line.bytes() {
        quoted ^= byte == b'"';
        count += usize::from(!quoted && byte == delimiter);
    }
    count
}

/// How many cells most rows have.
fn usual_width(rows: &[Vec<String>]) -> Option<usize> {
    let mut widths: Vec<usize> = rows.iter().map(Vec::len).collect();
    widths.sort_unstable();
    widths.get(widths.len() / 2).copied()
}
