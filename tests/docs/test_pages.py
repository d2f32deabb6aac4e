"""The pages that people write: links lead somewhere, commands exist, files that are named are there."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from types import ModuleType

import pytest

from tests.docs.markdown import DOCS, ROOT, anchors, fences, links, spans, written_pages
from tests.test_contract import LAYERS

# Pages of the past name commands and files as they were.
_HISTORY = ROOT / "CHANGELOG.md"
PAGES = written_pages()
PRESENT = [page for page in PAGES if page != _HISTORY]
_PLACEHOLDERS = frozenset({"…", "COMMAND"})
_FILE = re.compile(r"(?:bench|impls|tests|docs|results|reports)/[\w./-]*")
_MADE = ("docs/_build", "results/RUN", "results/kernels", "results/qualify", "results/study", "reports/study")
_FILE_PLACEHOLDERS = frozenset({"FAMILY", "NAME.py"})


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_relative_links_lead_to_files_and_headings(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for link in links(text):
        if re.match(r"https?://", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.is_file(), f"{link} leads to no file"
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), f"{link} leads to no heading"


def test_the_table_of_contents_is_whole(reference_pages: ModuleType) -> None:
    def listed(page: Path) -> set[str]:
        blocks = fences(page.read_text(encoding="utf-8"), "{toctree}")
        return {line for block in blocks for line in block.splitlines() if line and not line.startswith(":")}

    assert listed(DOCS / "index.md") == {p.stem for p in DOCS.glob("*.md")} - {"index"} | {"reference/index"}
    assert {f"{name}.md" for name in listed(DOCS / "reference" / "index.md")} == set(reference_pages.pages())


@pytest.mark.parametrize("page", PRESENT, ids=_name)
def test_commands_that_are_named_exist(page: Path, reference_pages: ModuleType) -> None:
    known = {*reference_pages.command_line().commands, *_PLACEHOLDERS}
    assert set(re.findall(r"\bconvcost (?=\S+`)([a-zA-Z…-]+)", page.read_text(encoding="utf-8"))) <= known


@pytest.mark.parametrize("page", PRESENT, ids=_name)
def test_files_that_are_named_exist(page: Path) -> None:
    for span in spans(page.read_text(encoding="utf-8")):
        for word in span.split():
            if _FILE.fullmatch(word) and not word.startswith(_MADE) and not _FILE_PLACEHOLDERS & set(word.split("/")):
                assert (ROOT / word).exists(), word


@pytest.mark.parametrize("page", PRESENT, ids=_name)
def test_modules_that_are_run_have_a_main_block(page: Path) -> None:
    for module in re.findall(r"python -m (bench[\w.]*)", page.read_text(encoding="utf-8")):
        file = (ROOT / module.replace(".", "/")).with_suffix(".py")
        assert file.is_file(), module
        assert 'if __name__ == "__main__":' in file.read_text(encoding="utf-8"), f"{module} does nothing when it is run"


@pytest.mark.parametrize("page", PRESENT, ids=_name)
def test_sessions_of_nox_exist(page: Path) -> None:
    tree = ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.decorator_list]
    names = {_session_name(function) for function in functions}
    for session in re.findall(r"nox -s ([\w-]+)", page.read_text(encoding="utf-8")):
        assert session in names, f"nox -s {session}"


def _session_name(function: ast.FunctionDef) -> str:
    """The name that a session is given, else that of its function."""
    given = [
        keyword.value.value
        for decorator in function.decorator_list
        if isinstance(decorator, ast.Call)
        for keyword in decorator.keywords
        if keyword.arg == "name" and isinstance(keyword.value, ast.Constant)
    ]
    return str(given[0]) if given else function.name


def test_the_table_of_layers_is_that_of_the_contract() -> None:
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    lines = page.partition("## Layers")[2].partition("\n|---|")[2].partition("\n\n")[0].splitlines()[1:]
    told = [set(re.findall(r"`bench/(\w+)(?:/|\.py)`", line)) for line in lines]
    there = {path.stem for path in (ROOT / "bench").iterdir()}
    assert told == [set(layer) & there for layer in LAYERS]


def test_the_picture_names_the_folders() -> None:
    picture = (DOCS / "pictures" / "way.svg").read_text(encoding="utf-8")
    named = {word for text in re.findall(r'class="name"[^>]*>([^<]+)<', picture) for word in text.split(" · ")}
    folders = {f.name for f in (ROOT / "bench").iterdir() if f.is_dir()}
    assert named - folders == {"impls"}
    assert len(named) > 8
