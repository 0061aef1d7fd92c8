//! `exitwise playground`. The page itself is tested in a browser, by `.ci/playground`.

use std::process::Command;
use std::{fs, str};

#[test]
fn the_page_has_the_policy_in_it() {
    let folder = tempfile::tempdir().unwrap();
    // It is shown as it is, mistakes and all, and cannot end the element that it is in.
    let policy = "version = 1 # </script><script>alert(1)</script>\n";
    fs::write(folder.path().join("draft.toml"), policy).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_exitwise"));
    let command = command.current_dir(folder.path());
    let output = command
        .args(["playground", "draft.toml", "-o", "page.html"])
        .output()
        .unwrap();
    let said = str::from_utf8(&output.stderr).unwrap();
    // Without the page there when it was built, the program says what to do.
    if output.status.code() == Some(2) {
        assert!(said.contains("playground/build"), "{said}");
        assert!(!folder.path().join("page.html").exists());
        return;
    }
    assert_eq!(
        (output.status.code(), said),
        (Some(0), "page.html: written\n")
    );
    let page = fs::read_to_string(folder.path().join("page.html")).unwrap();
    let start = r#"<script type="application/json" id="start">"#;
    let (_, rest) = page.split_once(start).unwrap();
    let (json, _) = rest.split_once("</script>").unwrap();
    let start: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(
        start,
        serde_json::json!({"name": "draft.toml", "policy": policy})
    );
}
