//! Finds the policy of a project.

use crate::input::{name_of, policies_of, read_start};
use exitwise_engine::policy::MAX_POLICY_BYTES;
use std::path::{Path, PathBuf};

/// Paths of a project's policy, relative to a folder of the project. The first file that exists is
/// used.
const PLACES: [&str; 2] = ["policy.toml", "policies/default.toml"];

/// Returns the path of the policy for commands that run in this folder, relative to it. `None` if
/// the project has no policy.
///
/// The folder is searched first, then those above it up to the root of the repository, which
/// contains `.git`. Outside of a repository, no other folder is searched.
pub(crate) fn find_policy(folder: &Path) -> Option<PathBuf> {
    let mut above = folder.ancestors();
    let levels = above.position(|folder| folder.join(".git").exists());
    let mut prefix = PathBuf::new();
    for folder in folder.ancestors().take(levels.unwrap_or(0) + 1) {
        if let Some(place) = PLACES.iter().find(|place| folder.join(place).is_file()) {
            return Some(prefix.join(place));
        }
        prefix.push("..");
    }
    None
}

/// Returns the name of a file in this folder or its `policies` that looks like a policy, whatever it is
/// called. `None` if there is none.
pub(crate) fn policy_under_other_name(folder: &Path) -> Option<String> {
    let looks_like_policy = |path: &PathBuf| {
        let text = read_start(path, MAX_POLICY_BYTES).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        text.contains("[[rule]]") && text.contains("max_retries")
    };
    let path = ["", "policies"]
        .iter()
        .filter_map(|below| policies_of(&folder.join(below)).ok())
        .flatten()
        .find(looks_like_policy)?;
    Some(name_of(path.strip_prefix(folder).ok()?))
}

#[cfg(test)]
mod tests {
    use super::find_policy;
    use std::fs;
    use std::path::Path;

    #[test]
    fn the_policy_is_found_up_to_the_root_of_the_repository() {
        let above = tempfile::tempdir().unwrap();
        let root = above.path().join("repository");
        let folder = root.join("a/b");
        let write = |path: &str| {
            let path = above.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        };
        let found = || find_policy(&folder);
        write("policy.toml");
        write("repository/a/b/other.toml");
        assert_eq!(found(), None);
        write("repository/a/policy.toml");
        assert_eq!(
            found(),
            None,
            "outside of a repository, only the folder itself counts"
        );
        fs::remove_file(root.join("a/policy.toml")).unwrap();
        write("repository/.git");
        assert_eq!(found(), None, "not above the root");
        for (file, expected) in [
            (
                "repository/policies/default.toml",
                "../../policies/default.toml",
            ),
            ("repository/policy.toml", "../../policy.toml"),
            (
                "repository/a/policies/default.toml",
                "../policies/default.toml",
            ),
            (
                "repository/a/b/policies/default.toml",
                "policies/default.toml",
            ),
            ("repository/a/b/policy.toml", "policy.toml"),
        ] {
            write(file);
            assert_eq!(found().as_deref(), Some(Path::new(expected)));
        }
    }
}
