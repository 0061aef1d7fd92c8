//! Finds the known word that the author of a misspelled word probably meant.

/// Returns whether one word may be a misspelling of the other: they differ by at most one edit for
/// every three letters of `one`.
pub(crate) fn alike(one: &str, other: &str) -> bool {
    strsim::damerau_levenshtein(one, other) <= one.len() / 3
}

/// Returns the first known word that `typed` may be a misspelling of. `None` if `typed` resembles
/// no known word.
pub(crate) fn closest<'w>(
    typed: &str,
    known: impl IntoIterator<Item = &'w str>,
) -> Option<&'w str> {
    known.into_iter().find(|known| alike(known, typed))
}
