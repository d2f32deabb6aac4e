"""The bundle can stand inside a page, says whose parts it has, and is made of packages with exact versions."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest

from bench.report.explorer.parts import BUNDLE, FOLDER

LONGEST_FILE = 250


def test_the_bundle_names_no_address_and_cannot_end_its_script() -> None:
    text = BUNDLE.read_text(encoding="utf-8")
    assert not re.findall(r"(?i:</script|<!--|https?://)|@import|\burl\(", text)


def test_bundled_packages_are_pinned_and_their_licences_are_beside_them() -> None:
    said = json.loads((FOLDER / "package.json").read_text())
    locked = json.loads((FOLDER / "package-lock.json").read_text())["packages"]
    for name, version in {**said["dependencies"], **said["devDependencies"]}.items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)
        assert locked[f"node_modules/{name}"]["version"] == version
    notice = BUNDLE.read_text(encoding="utf-8").split("*/")[0]
    licences = (BUNDLE.parent / "LICENCES.txt").read_text(encoding="utf-8")
    named = re.findall(r"^([\w@/-]+) (\d+\.\d+\.\d+): .*[Cc]opyright", notice, re.M)
    assert set(said["dependencies"]) <= {name for name, _ in named}
    for name, version in named:
        assert f"{name} {version} (" in licences
        assert locked[f"node_modules/{name}"]["version"] == version


def test_sources_are_short() -> None:
    lines = {file.name: len(file.read_text().splitlines()) for file in (FOLDER / "source").glob("*.js")}
    assert lines
    assert not {name: count for name, count in lines.items() if count > LONGEST_FILE}


def test_the_bundle_is_made_from_the_sources() -> None:
    node = shutil.which("node")
    if node is None or not (FOLDER / "node_modules").is_dir():
        pytest.skip("needs node and the packages: npm ci in bench/report/explorer")
    subprocess.run([node, "build.mjs", "--check"], cwd=FOLDER, check=True, capture_output=True)
