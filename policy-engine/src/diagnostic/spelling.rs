//! Finds the word that was probably meant.

/// Whether one word is easily mistyped as the other: at most one slip for every three letters.
pub(crate) fn alike(one: &str, other: &str) -> bool {
    strsim::damerau_levenshtein(one, other) <= one.len() / 3
}

/// The first known word that `typed` is a slip of. `None` if there is none.
pub(crate) fn closest<'w>(
    typed: &str,
    known: impl IntoIterator<Item = &'w str>,
) -> Option<&'w str> {
    known.into_iter().find(|known| alike(known, typed))
}
