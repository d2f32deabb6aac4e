"""The contract on places and directions: imports run downwards, no folders import each other, nothing grows too long.

Imports inside functions count as well: they hide a direction, they do not change it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# The folders of `bench`, from the commands down to the basics. A folder may import what is below it; folders in one row
# may import each other in one direction.
LAYERS = (
    ("__main__", "cli", "commands"),
    ("terminal",),
    ("notebook", "run", "qualify", "report", "fleet"),
    ("sweep", "networks"),
    ("rows", "compare", "predict", "cost"),
    ("kernels",),
    ("worker", "store"),
    ("gate", "timing", "energy", "tuning", "calibration", "doctor", "borrowed_gpu"),
    ("machine", "estimates", "format", "bounds", "errors", "version"),
)
LONGEST_FUNCTION, LONGEST_FILE = 60, 300
# An axis as configured, and as the report reads it from a run; the ranking of rows, and the one of the report over it.
NAMED_TWICE = {"Axis", "Ranking"}


@cache
def modules() -> Mapping[str, Path]:
    """Every module of the product by its dotted name."""
    files = [file for package in ("bench", "impls") for file in sorted((ROOT / package).rglob("*.py"))]
    return {_name(file): file for file in files}


def _name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(file: Path) -> Iterator[tuple[str, int]]:
    """Modules of the product that a file imports, and the line; those for type checkers alone are left out."""
    known = modules()
    for node in _running(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{file}:{node.lineno}: write the whole path of an import"
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in known else node.module for name in whole]
        else:
            continue
        yield from ((name, node.lineno) for name in names if name in known)


def _running(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those under `if TYPE_CHECKING`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING":
            continue
        yield child
        yield from _running(child)


def _folder(module: str) -> str:
    """The folder of a module, as a dotted path; modules beside the folders are places of their own."""
    folder = modules()[module].relative_to(ROOT).parts[:-1]
    return module if len(folder) == 1 else ".".join(folder)


@cache
def imports() -> tuple[tuple[str, str, int], ...]:
    """(importer, imported, line) of all modules."""
    return tuple((name, target, line) for name, file in modules().items() for target, line in _imported(file))


def _layer(module: str) -> int | None:
    """The row of LAYERS that a module of `bench` is in; None for `bench` itself."""
    parts = module.split(".")
    if len(parts) == 1:
        return None
    rows = [number for number, row in enumerate(LAYERS) if parts[1] in row]
    assert rows, f"{module} is in no layer; give it a folder of LAYERS, or add one"
    return rows[0]


def test_imports_run_downwards() -> None:
    climbs = [
        f"{name}:{line} imports {target}"
        for name, target, line in imports()
        if name.startswith("bench.") and target.startswith("bench.") and (_layer(name) or 0) > (_layer(target) or 0)
    ]
    assert not climbs, "\n".join(climbs)


def test_impls_imports_nothing_from_bench() -> None:
    assert not [f"{n}:{line}" for n, target, line in imports() if n.startswith("impls") and target.startswith("bench")]


def test_no_folder_is_in_an_import_circle() -> None:
    edges: dict[str, set[str]] = {}
    for name, target, _ in imports():
        if target not in ("bench", "impls") and _folder(name) != _folder(target):
            edges.setdefault(_folder(name), set()).add(_folder(target))
    assert _circle(edges) is None, f"folders import each other: {' → '.join(_circle(edges) or ())}"


def test_no_module_is_in_an_import_circle() -> None:
    edges: dict[str, set[str]] = {}
    for name, target, _ in imports():
        if name not in ("bench", "impls"):
            edges.setdefault(name, set()).add(target)
    assert _circle(edges) is None, f"modules import each other: {' → '.join(_circle(edges) or ())}"


def _circle(edges: Mapping[str, set[str]]) -> tuple[str, ...] | None:
    """A path that comes back to where it began; None if there is none."""
    done: set[str] = set()

    def walk(place: str, path: tuple[str, ...]) -> tuple[str, ...] | None:
        if place in path:
            return (*path[path.index(place) :], place)
        if place in done:
            return None
        for following in sorted(edges.get(place, ())):
            if found := walk(following, (*path, place)):
                return found
        done.add(place)
        return None

    return next((found for place in sorted(edges) if (found := walk(place, ()))), None)


@pytest.mark.parametrize(
    ("edges", "circle"),
    [
        ({"a": {"b"}, "b": {"c"}}, None),
        ({"a": {"b"}, "b": {"a"}}, ("a", "b", "a")),
        ({"a": {"b"}, "b": {"c"}, "c": {"b"}}, ("b", "c", "b")),
        ({"a": {"b", "c"}, "b": {"d"}, "c": {"d"}}, None),
    ],
)
def test_circles_are_found(edges: dict[str, set[str]], circle: tuple[str, ...] | None) -> None:
    assert _circle(edges) == circle


def _python_files() -> list[Path]:
    return [file for folder in ("bench", "impls", "tests") for file in sorted((ROOT / folder).rglob("*.py"))]


def test_files_are_short() -> None:
    lines = {
        str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines()) for file in _python_files()
    }
    assert not {name: count for name, count in lines.items() if count > LONGEST_FILE}


def test_functions_are_short() -> None:
    long = {
        f"{file.relative_to(ROOT)}:{node.lineno} {node.name}": length
        for file in _python_files()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    }
    assert not long


def test_every_folder_is_a_package_that_says_its_purpose() -> None:
    for package in ("bench", "impls"):
        for folder in {file.parent for file in (ROOT / package).rglob("*.py")}:
            text = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8")))
            assert text, f"{folder.relative_to(ROOT)}/__init__.py has no docstring"
            assert text != "TODO", folder


def test_public_types_have_names_of_their_own() -> None:
    """One word, one thing."""
    places: dict[str, list[str]] = {}
    for name, file in modules().items():
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(name)
    assert {name: found for name, found in places.items() if len(found) > 1 and name not in NAMED_TWICE} == {}
