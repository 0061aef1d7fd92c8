//! What the engine is built like: pure, without upward or circular dependencies between modules.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The wings of the engine; each may use itself and those before it.
const WINGS: [&str; 6] = [
    "diagnostic",
    "failure",
    "policy",
    "decision",
    "analysis",
    "language",
];

/// What would make a decision depend on more than its arguments.
const IMPURE: [&str; 12] = [
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

/// All files of a folder, and of the folders in it.
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
        for word in IMPURE {
            assert!(!text.contains(word), "{} has {word}", file.display());
        }
    }
}

#[test]
fn every_test_is_run() {
    let main = fs::read_to_string(folder("tests/main.rs")).unwrap();
    let entries = fs::read_dir(folder("tests")).unwrap();
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.extension().is_some_and(|it| it == "rs") && !path.ends_with("main.rs") {
            let module = format!("\nmod {};\n", path.file_stem().unwrap().display());
            assert!(
                main.contains(&module),
                "{} is not in main.rs",
                path.display()
            );
        }
    }
}

#[test]
fn the_engine_depends_on_no_other_crate_of_the_project() {
    let manifest = fs::read_to_string(folder("Cargo.toml")).unwrap();
    let (_, dependencies) = manifest.split_once("[dependencies]").unwrap();
    let (dependencies, _) = dependencies.split_once("[dev-dependencies]").unwrap();
    for name in ["exitwise", "tokio", "rand", "getrandom"] {
        assert!(!dependencies.contains(&format!("\n{name}")), "{name}");
    }
}

/// One module, without its tests: the path of its name, and the paths that its code mentions.
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
        // In `mod.rs`, `super` is the folder above; elsewhere the folder that the file is in.
        let above: Vec<_> = path.iter().take(path.len().max(1) - 1).cloned().collect();
        for rest in code.split("super::").skip(1) {
            assert!(!rest.starts_with("super"), "{path:?} reaches two levels up");
            let group = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
            let names: Vec<_> = match group {
                Some((names, _)) => names.split(',').map(str::trim).collect(),
                None => vec![rest],
            };
            for name in names {
                uses.push(above.iter().cloned().chain(segments(name)).collect());
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
fn wings_use_only_wings_below() {
    let place = |wing: &String| WINGS.iter().position(|it| it == wing);
    let mut arrows = 0;
    for Module { path, uses } in modules() {
        let wing = path.first().unwrap();
        let own = place(wing).unwrap_or_else(|| panic!("{path:?} is in no wing"));
        for used in uses {
            let target = used.first().unwrap();
            let target = place(target).unwrap_or_else(|| panic!("{path:?} uses {used:?}"));
            assert!(target <= own, "{path:?} uses {used:?}, which is above it");
            arrows += usize::from(target < own);
        }
    }
    assert!(arrows > 50, "{arrows} arrows");
}

/// Inside a wing, a module names the module that it uses, not the folder's list of exports.
#[test]
fn no_modules_use_each_other_in_a_circle() {
    let modules = modules();
    let known: BTreeSet<_> = modules.iter().map(|module| module.path.clone()).collect();
    let mut uses: BTreeMap<&[String], BTreeSet<Vec<String>>> = BTreeMap::new();
    for module in &modules {
        let is_folder = known
            .iter()
            .any(|it| it.len() > module.path.len() && it.starts_with(&module.path));
        for used in &module.uses {
            // The longest known module that the path begins with.
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
                "{:?} uses {used:?} through its folder",
                module.path
            );
            if target != module.path {
                uses.entry(&module.path).or_default().insert(target);
            }
        }
    }
    // Modules that use nothing any more are taken away, until none is left, or a circle is.
    let mut left: BTreeSet<Vec<String>> = known.clone();
    loop {
        let is_free =
            |path: &Vec<String>| uses.get(&**path).is_none_or(|uses| uses.is_disjoint(&left));
        let free: Vec<_> = left.iter().filter(|path| is_free(path)).cloned().collect();
        if free.is_empty() {
            break;
        }
        left.retain(|path| !free.contains(path));
    }
    assert!(left.is_empty(), "these use each other: {left:?}");
}

#[test]
fn lists_of_modules_hold_no_code() {
    for file in files(&folder("src"))
        .iter()
        .filter(|file| file.ends_with("mod.rs"))
    {
        let text = fs::read_to_string(file).unwrap();
        for word in ["fn ", "struct ", "enum ", "impl ", "const "] {
            assert!(!text.contains(word), "{} has {word}", file.display());
        }
    }
}

#[test]
fn files_are_short() {
    for file in files(&folder("src")) {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= 500, "{} has {lines} lines", file.display());
    }
}
