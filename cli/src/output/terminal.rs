//! The terminal.

/// The width of lines, in characters: `COLUMNS`, else the width of the terminal. `None` if there is
/// neither.
pub(crate) fn columns() -> Option<usize> {
    let columns = std::env::var("COLUMNS").ok();
    let columns = columns.and_then(|columns| columns.parse().ok());
    let terminal = || terminal_size::terminal_size().map(|(width, _)| width.0.into());
    columns.filter(|columns| *columns > 0).or_else(terminal)
}
