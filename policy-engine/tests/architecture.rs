//! The structure of the engine: it is pure, and no dependency between modules is upward or
//! circular.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The folders of the engine, from the lowest layer to the highest. Each may use itself and the
/// layers before it.
const LAYERS: [&str; 6] = [
    "diagnostic",
    "failure",
    "policy",
    "decision",
    "analysis",
    "language",
];

/// Words that must not occur in the sources, because a decision depends only on its arguments.
const IMPURE_WORDS: [&str; 12] = [
    "std::fs",
    "std::io",
    "std::net",
    "std::env",
    "std::time",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant::",
    "HashMap",
    "HashSet",
    "async fn",
];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Returns all files in a folder and its subfolders.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

#[test]
fn the_engine_does_no_io_and_reads_no_clock() {
    let files = files(&folder("src"));
    assert!(files.len() > 10);
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for word in IMPURE_WORDS {
            assert!(!text.contains(word), "{} contains `{word}`", file.display());
        }
    }
}

#[test]
fn every_test_file_is_a_module_of_main() {
    let main = fs::read_to_string(folder("tests/main.rs")).unwrap();
    let entries = fs::read_dir(folder("tests")).unwrap();
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.extension().is_some_and(|it| it == "rs") && !path.ends_with("main.rs") {
            let module = format!("\nmod {};\n", path.file_stem().unwrap().display());
            assert!(
                main.contains(&module),
                "{} is not a module of main.rs",
                path.display()
            );
        }
    }
}

/// The engine also does not depend on an async runtime or on a source of random numbers.
#[test]
fn the_engine_depends_on_no_other_crate_of_the_project() {
    let manifest = fs::read_to_string(folder("Cargo.toml")).unwrap();
    let (_, dependencies) = manifest.split_once("[dependencies]").unwrap();
    let (dependencies, _) = dependencies.split_once("[dev-dependencies]").unwrap();
    for name in ["exitwise", "tokio", "rand", "getrandom"] {
        assert!(
            !dependencies.contains(&format!("\n{name}")),
            "the engine depends on {name}"
        );
    }
}

/// A module without its unit tests: its path, and the paths to which its code refers.
struct Module {
    path: Vec<String>,
    uses: Vec<Vec<String>>,
}

impl Module {
    fn read(file: &Path) -> Self {
        let relative = file.strip_prefix(folder("src")).unwrap().with_extension("");
        let mut path: Vec<_> = relative
            .iter()
            .map(|part| part.to_str().unwrap().to_owned())
            .collect();
        let is_mod = path.last().is_some_and(|name| name == "mod");
        if is_mod {
            path.pop();
        }
        let text = fs::read_to_string(file).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let code = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        let code = code.collect::<Vec<_>>().join("\n");
        let segments = |rest: &str| -> Vec<String> {
            let path = rest.split(|c: char| !c.is_ascii_alphanumeric() && !"_:".contains(c));
            path.take(1)
                .flat_map(|path| path.split("::"))
                .map(str::to_owned)
                .collect()
        };
        let mut uses: Vec<_> = code.split("crate::").skip(1).map(segments).collect();
        // In `mod.rs`, `super` is the parent of its folder. In other files, it is the folder of the
        // file.
        let parent: Vec<_> = path.iter().take(path.len().max(1) - 1).cloned().collect();
        for rest in code.split("super::").skip(1) {
            assert!(!rest.starts_with("super"), "{path:?} uses `super::super`");
            let group = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
            let names: Vec<_> = match group {
                Some((names, _)) => names.split(',').map(str::trim).collect(),
                None => vec![rest],
            };
            for name in names {
                uses.push(parent.iter().cloned().chain(segments(name)).collect());
            }
        }
        Self { path, uses }
    }
}

fn modules() -> Vec<Module> {
    let files = files(&folder("src"));
    let modules = files.iter().filter(|file| !file.ends_with("lib.rs"));
    modules.map(|file| Module::read(file)).collect()
}

#[test]
fn folders_use_only_lower_layers() {
    let layer = |folder: &String| LAYERS.iter().position(|it| it == folder);
    let mut dependencies = 0;
    for Module { path, uses } in modules() {
        let folder = path.first().unwrap();
        let own = layer(folder).unwrap_or_else(|| panic!("{path:?} is not in a known folder"));
        for used in uses {
            let target = used.first().unwrap();
            let target = layer(target).unwrap_or_else(|| {
                panic!("{path:?} uses {used:?}, which is not in a known folder")
            });
            assert!(
                target <= own,
                "{path:?} uses {used:?}, which is in a higher layer"
            );
            dependencies += usize::from(target < own);
        }
    }
    assert!(
        dependencies > 50,
        "found only {dependencies} dependencies on lower layers"
    );
}

/// Within a folder, a module imports an item from the module that defines it, not from the
/// re-exports in `mod.rs`.
#[test]
fn no_modules_depend_on_each_other_in_a_circle() {
    let modules = modules();
    let known: BTreeSet<_> = modules.iter().map(|module| module.path.clone()).collect();
    let mut uses: BTreeMap<&[String], BTreeSet<Vec<String>>> = BTreeMap::new();
    for module in &modules {
        let is_folder = known
            .iter()
            .any(|it| it.len() > module.path.len() && it.starts_with(&module.path));
        for used in &module.uses {
            // The longest prefix of the path that is a module.
            let target = (1..=used.len())
                .rev()
                .map(|n| used.get(..n).unwrap().to_vec());
            let target = target
                .into_iter()
                .find(|path| known.contains(path))
                .unwrap();
            let through_own_folder = module.path.starts_with(&target) && !is_folder;
            assert!(
                !through_own_folder,
                "{:?} imports {used:?} from the re-exports of its folder",
                module.path
            );
            if target != module.path {
                uses.entry(&module.path).or_default().insert(target);
            }
        }
    }
    // Repeatedly removes the modules that use no remaining module. If some modules cannot be
    // removed, there is a circle among them.
    let mut remaining: BTreeSet<Vec<String>> = known.clone();
    loop {
        let is_free = |path: &Vec<String>| {
            uses.get(&**path)
                .is_none_or(|uses| uses.is_disjoint(&remaining))
        };
        let free: Vec<_> = remaining
            .iter()
            .filter(|path| is_free(path))
            .cloned()
            .collect();
        if free.is_empty() {
            break;
        }
        remaining.retain(|path| !free.contains(path));
    }
    assert!(
        remaining.is_empty(),
        "there is a circle among {remaining:?}"
    );
}

#[test]
fn mod_rs_files_contain_no_code() {
    for file in files(&folder("src"))
        .iter()
        .filter(|file| file.ends_with("mod.rs"))
    {
        let text = fs::read_to_string(file).unwrap();
        for word in ["fn ", "struct ", "enum ", "impl ", "const "] {
            assert!(!text.contains(word), "{} contains `{word}`", file.display());
        }
    }
}

#[test]
fn no_source_file_has_more_than_500_lines() {
    for file in files(&folder("src")) {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= 500, "{} has {lines} lines", file.display());
    }
}
