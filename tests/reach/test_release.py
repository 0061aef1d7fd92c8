"""Tests the scripts in dist that build nothing, and compares the names of a release with what others expect."""

import importlib.machinery
import importlib.util
import json
import os
import pathlib
import re
import shutil
import stat
import struct
import subprocess
import tarfile
import tempfile
import unittest
import zipfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
# In the order in which dist/build builds them.
TARGETS = re.search(r"^all=\((.*)\)$", (ROOT / "dist/build").read_text(), re.MULTILINE)[1].split()
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())


def run(*command, **environment):
    ran = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)
    return ran.returncode, ran.stdout, ran.stderr


def load(script):
    """A script as a module."""
    loader = importlib.machinery.SourceFileLoader(pathlib.Path(script).name, str(ROOT / script))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


class Scripts(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def clone(self):
        """The files that git knows, as they are in this folder."""
        listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True)
        packed = subprocess.run(["tar", "--null", "--files-from=-", "--create"], cwd=ROOT, input=listed.stdout, check=True, capture_output=True)
        subprocess.run(["tar", "--extract"], cwd=self.folder, input=packed.stdout, check=True)

    def test_a_program_for_macos_says_which_version_it_needs(self):
        wheel = load("dist/wheel")
        program = self.folder / "exitwise"
        other = struct.pack("<6I", 0x1B, 24, 0, 0, 0, 0)
        for command, version in [
            (struct.pack("<4I", 0x24, 16, 10 << 16 | 12 << 8, 0), (10, 12)),
            (struct.pack("<6I", 0x32, 24, 1, 11 << 16, 15 << 16, 0), (11, 0)),
        ]:
            header = struct.pack("<8I", 0xFEEDFACF, 0, 0, 2, 2, len(other + command), 0, 0)
            program.write_bytes(header + other + command)
            self.assertEqual(wheel.oldest_macos(program), version)

    def test_all_files_have_the_version_of_cargo(self):
        status, version, errors = run(ROOT / "dist/version")
        self.assertEqual((status, errors), (0, ""))
        self.assertRegex(version, r"^\d+\.\d+\.\d+\n$")

    def test_a_new_version_is_written_everywhere_and_gets_the_changes(self):
        self.clone()
        old = run(self.folder / "dist/version")[1].strip()
        changes = (self.folder / "CHANGELOG.md").read_text()
        self.assertEqual(run(self.folder / "dist/version", "12.34.56"), (0, "12.34.56\n", ""))
        status, notes, errors = run(self.folder / "dist/notes", "12.34.56")
        self.assertEqual((status, errors), (0, ""))
        self.assertIn(notes, changes + "\n")
        self.assertTrue(notes.startswith("### "), notes[:80])
        self.assertRegex((self.folder / "CHANGELOG.md").read_text(), r"\n## Unreleased\n\n## 12\.34\.56 - \d{4}-\d\d-\d\d\n\n### ")
        self.assertEqual(run(self.folder / "dist/version", "12.34.56")[2], "dist/version: CHANGELOG.md has a section 12.34.56 already\n")
        # The version of this repository is left only in what tests and `.ci/examples --write` write again, and in examples.
        left = subprocess.run(["grep", "-rlF", "--exclude-dir=node_modules", f"exitwise {old}", self.folder], capture_output=True, text=True)
        others = {str(pathlib.Path(path).relative_to(self.folder)) for path in left.stdout.splitlines()}
        self.assertEqual({path for path in others if not path.endswith(".asl.json")}, {"cli/tests/cmd/compile.md"})
        # Cargo accepts the files.
        status, _, errors = run("cargo", "metadata", "--locked", "--format-version=1", "--manifest-path", self.folder / "Cargo.toml")
        self.assertEqual(status, 0, errors)

    def test_a_file_with_another_version_is_named(self):
        self.clone()
        old = run(self.folder / "dist/version")[1].strip()
        hooks = self.folder / ".pre-commit-hooks.yaml"
        hooks.write_text(hooks.read_text().replace(f"exitwise=={old}", "exitwise==9.9.9"))
        editors = self.folder / "docs/editors.md"
        editors.write_text(editors.read_text().replace(f"-{old}.vsix", ".vsix"))
        status, _, errors = run(self.folder / "dist/version", "12.34.56")
        self.assertEqual(status, 1)
        self.assertRegex(errors, rf"(?m)^dist/version: \.pre-commit-hooks\.yaml:\d+: 9\.9\.9, but Cargo\.toml has {re.escape(old)}$")
        self.assertRegex(errors, r"(?m)^docs/editors\.md: nothing matches ")
        self.assertEqual(run(self.folder / "dist/version", "1.2")[2], "usage: dist/version [X.Y.Z]\n")

    def test_the_notes_are_one_section(self):
        (self.folder / "dist").mkdir()
        shutil.copy(ROOT / "dist/notes", self.folder / "dist")
        (self.folder / "CHANGELOG.md").write_text(
            "# Changelog\n\n## Unreleased\n\n## 1.10.0 - 2027-02-03\n\n### Added\n\n- A.\n\n## 1.1.0 - 2027-01-02\n\n- B.\n\n## 1.0.0 - 2027-01-01\n")
        self.assertEqual(run(self.folder / "dist/notes", "1.10.0"), (0, "### Added\n\n- A.\n", ""))
        self.assertEqual(run(self.folder / "dist/notes", "1.1.0"), (0, "- B.\n", ""))
        for version in ("1.0.0", "1.10", "1.1x0", "Unreleased"):
            status, printed, errors = run(self.folder / "dist/notes", version)
            self.assertEqual((status, printed), (1, ""))
            self.assertIn(f"has no section {version}, or an empty one", errors)

    def test_the_formula_has_the_sums_of_the_archives(self):
        sums = self.folder / "SHA256SUMS"
        names = [f"exitwise-0.2.0-{target}.{'zip' if 'windows' in target else 'tar.gz'}" for target in TARGETS]
        listed = {name: f"{number:064x}" for number, name in enumerate([*names, "bootstrap-x86_64.zip", f"{names[0].removesuffix('.tar.gz')}.cdx.json"])}
        sums.write_text("".join(f"{found}  {name}\n" for name, found in listed.items()))
        status, formula, errors = run(ROOT / "dist/formula", sums)
        self.assertEqual((status, errors), (0, ""))
        found = dict(re.findall(r'url "https://github\.com/exitwise/exitwise/releases/download/v0\.2\.0/(\S+)"\n +sha256 "(\S+)"', formula))
        self.assertEqual(found, {name: listed[name] for name in names if name.endswith(".tar.gz")})
        for system, processor, target in [("macos", "arm", "aarch64-apple-darwin"), ("linux", "intel", "x86_64-unknown-linux-musl")]:
            part = formula[formula.index(f"on_{system} do"):]
            self.assertIn(target, part[part.index(f"on_{processor} do"):].splitlines()[1])
        if shutil.which("ruby"):
            self.assertEqual(subprocess.run(["ruby", "-c"], input=formula, capture_output=True, text=True).stdout, "Syntax OK\n")
        # Without archives for macOS, the formula is for Linux alone.
        sums.write_text("".join(f"{found}  {name}\n" for name, found in listed.items() if "apple" not in name))
        self.assertNotIn("on_macos", run(ROOT / "dist/formula", sums)[1])
        sums.write_text("")
        self.assertIn("has archives of 0 versions", run(ROOT / "dist/formula", sums)[2])

    def test_the_same_files_give_the_same_archive(self):
        for target, suffix in (("x86_64-unknown-linux-musl", "tar.gz"), ("x86_64-pc-windows-gnu", "zip")):
            name = f"exitwise-0.2.0-{target}"
            packed = []
            for number, paths in enumerate([("exitwise", "man/a.1", "man/b.1"), ("man/b.1", "man/a.1", "exitwise")]):
                folder = self.folder / str(number) / name
                for path in paths:
                    (folder / path).parent.mkdir(parents=True, exist_ok=True)
                    (folder / path).write_text(path)
                    (folder / path).chmod((0o644, 0o777)[number])
                    os.utime(folder / path, (number, number + 1e9))
                self.assertEqual(run(ROOT / "dist/pack", folder, folder.parent, SOURCE_DATE_EPOCH="1700000000"), (0, "", ""))
                packed.append((folder.parent / f"{name}.{suffix}").read_bytes())
            self.assertEqual(packed[0], packed[1])
        with tarfile.open(self.folder / "0/exitwise-0.2.0-x86_64-unknown-linux-musl.tar.gz") as tar:
            files = {member.name.partition("/")[2]: (oct(member.mode), member.mtime, member.uid, member.uname) for member in tar.getmembers()}
        about = 1700000000, 0, ""
        self.assertEqual(files, {"": ("0o755", *about), "exitwise": ("0o755", *about), "man": ("0o755", *about),
                                 "man/a.1": ("0o644", *about), "man/b.1": ("0o644", *about)})
        with zipfile.ZipFile(self.folder / "0/exitwise-0.2.0-x86_64-pc-windows-gnu.zip") as packed:
            modes = {entry.filename.partition("/")[2]: stat.filemode(entry.external_attr >> 16) for entry in packed.infolist()}
        self.assertEqual(modes, {"exitwise": "-rwxr-xr-x", "man/a.1": "-rw-r--r--", "man/b.1": "-rw-r--r--"})


class Release(unittest.TestCase):
    def test_every_published_crate_is_packaged_after_its_dependencies(self):
        metadata = json.loads(run("cargo", "metadata", "--offline", "--locked", "--no-deps", "--format-version=1", "--manifest-path", ROOT / "Cargo.toml")[1])
        published = {package["name"]: package for package in metadata["packages"] if package["publish"] is None}
        listed = re.findall(r"-p (\S+)", (ROOT / ".ci/dependencies").read_text())
        self.assertEqual(sorted(listed), sorted(published))
        for number, name in enumerate(listed):
            needed = {dependency["name"] for dependency in published[name]["dependencies"] if dependency["kind"] != "dev"}
            self.assertLessEqual(needed & set(published), set(listed[:number]), name)

    def test_each_target_is_tried_on_its_system(self):
        tried = [entry["target"] for entry in WORKFLOW["jobs"]["try"]["strategy"]["matrix"]["include"]]
        self.assertEqual(tried, TARGETS)
        # install.sh asks for these.
        asked = {f"{machine}-{system}" for machine in ("x86_64", "aarch64") for system in ("unknown-linux-musl", "apple-darwin")}
        self.assertLessEqual(asked, set(TARGETS))

    def test_nothing_is_published_before_every_check(self):
        jobs = WORKFLOW["jobs"]
        for name in ("crates", "pypi", "npm", "image"):
            self.assertEqual(jobs[name]["needs"], ["gate", "try"])
        self.assertEqual(jobs["release"]["needs"], ["crates", "pypi", "npm", "image"])
        for name, job in jobs.items():
            # Only these may get a token for a registry, and only in the environment that people have to approve.
            is_trusted = job["permissions"].get("id-token") == "write"
            self.assertEqual(is_trusted, job.get("environment") == "release", name)

    def test_terraform_finds_the_package_with_its_attestation(self):
        text = (ROOT / "terraform/modules/process-error/package.tf").read_text()
        self.assertIn('published = "bootstrap-${var.architecture}.zip"', text)
        self.assertIn("--source-ref refs/tags/v${local.version}", text)
        self.assertIn('cp "$target/lambda/bootstrap.zip" "$out/bootstrap-$architecture.zip"', (ROOT / "dist/build").read_text())
        # PyYAML reads the key `on` as a Boolean.
        self.assertEqual(WORKFLOW[True], {"push": {"tags": ["v*"]}})
        steps = WORKFLOW["jobs"]["release"]["steps"]
        [attested] = [step["with"]["subject-checksums"] for step in steps if step.get("uses", "").startswith("actions/attest-build-provenance@")]
        self.assertEqual(attested, "release/SHA256SUMS")


if __name__ == "__main__":
    unittest.main()
