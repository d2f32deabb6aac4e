"""CITATION.cff is a citation of this version, in the format 1.2.0."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from bench.version import __version__

ROOT = Path(__file__).parents[1]
# All keys of https://github.com/citation-file-format/citation-file-format/blob/1.2.0/schema-guide.md.
_KEYS = {
    "abstract", "authors", "cff-version", "commit", "contact", "date-released", "doi", "identifiers", "keywords",
    "license", "license-url", "message", "preferred-citation", "references", "repository", "repository-artifact",
    "repository-code", "title", "type", "url", "version",
}  # fmt: skip


def _citation() -> dict[str, Any]:
    found = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def test_the_citation_has_the_keys_of_the_format() -> None:
    found = _citation()
    assert {"authors", "cff-version", "message", "title"} <= set(found) <= _KEYS
    assert (found["cff-version"], found["type"]) == ("1.2.0", "software")
    assert all(isinstance(author["name"], str) for author in found["authors"])


def test_the_citation_is_of_this_version_under_its_licence() -> None:
    found = _citation()
    assert str(found["version"]) == __version__
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith(f"{found['license']} License")
