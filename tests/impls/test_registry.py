"""Names, selection, registration, and plug-in files."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

import impls
from impls import Case, registry
from impls.errors import UnknownImplementation


@pytest.fixture(autouse=True)
def _unregister() -> Iterator[None]:
    before = dict(registry._registered)
    yield
    registry._registered.clear()
    registry._registered.update(before)


# What "*" selects.
ALL = set(registry.BUILT_IN) - registry.BY_NAME_ONLY


def test_built_in_implementations_load_and_have_their_name() -> None:
    for name in registry.BUILT_IN:
        implementation = impls.get(name)
        assert implementation.name == name
        assert set(implementation.devices) <= {"cpu", "cuda"}


def test_names_of_a_device_are_those_that_run_there() -> None:
    assert "cudnn" not in impls.names("cpu")
    assert "onednn" not in impls.names("cuda")
    assert set(impls.names("cpu")) | set(impls.names("cuda")) == set(impls.names())


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (["*"], ALL),
        (["*", "-loops"], ALL - {"loops"}),
        (["-loops"], ALL - {"loops"}),
        (["fft", "direct"], {"fft", "direct"}),
        (["fft", "fft"], {"fft"}),
    ],
)
def test_patterns_select_names(patterns: list[str], expected: set[str]) -> None:
    assert set(registry.select(patterns)) == expected


@pytest.mark.parametrize(
    ("patterns", "message"),
    [
        (["wingrad-f2"], "'wingrad-f2' is unknown (did you mean 'winograd-f2'?); allowed: loops"),
        (["*", "-lops"], "did you mean 'loops'?"),
        (["wino"], "'wino' is unknown (did you mean 'winograd-f4'?); allowed: loops"),
        (["mkldnn"], "did you mean 'onednn'?"),
        (["nonsense"], "'nonsense' is unknown; allowed: loops"),
        (["mine"], ", or your own by --load"),
        (["fft", "-fft"], "no implementation is left"),
        ([], "no implementation is left"),
    ],
)
def test_unknown_and_empty_selections_are_refused(patterns: list[str], message: str) -> None:
    with pytest.raises(UnknownImplementation) as error:
        registry.select(patterns)
    assert message in str(error.value)


def test_messages_in_python_name_functions_and_no_options(tmp_path: Path) -> None:
    with pytest.raises(UnknownImplementation, match=r"or your own by impls\.register or impls\.load_file$"):
        impls.get("nonsense")
    for file in (tmp_path / "missing.py", Path(__file__).with_suffix(".txt")):
        with pytest.raises(UnknownImplementation) as error:
            impls.load_file(file)
        assert str(error.value).startswith(f"{file}: ")


def test_register_makes_a_class_an_implementation() -> None:
    @impls.register
    class Mine(impls.Implementation):
        name = "mine"

        def plan(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Any:
            p = case.problem
            return lambda x: torch.conv2d(x, weight, bias, p.stride, (p.padding[0][0], p.padding[1][0]))

    x, w = torch.randn(1, 2, 5, 5), torch.randn(3, 2, 3, 3)
    torch.testing.assert_close(impls.conv2d(x, w, implementation="mine"), torch.conv2d(x, w))
    assert "mine" in impls.names("cpu")


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"name": "fft", "plan": lambda *a: None}, "the name 'fft' is taken"),
        ({"name": "", "plan": lambda *a: None}, "has no `name`"),
        ({"name": "lazy"}, "has no plan()"),
        ({"name": "x", "bounds": (), "plan": lambda *a: None}, "has bounds ()"),
        ({"name": "x", "bounds": "direct", "plan": lambda *a: None}, "has bounds 'direct'"),
        ({"name": "x", "devices": ("tpu",), "plan": lambda *a: None}, "has devices ('tpu',); allowed: a tuple of cpu"),
    ],
)
def test_incomplete_classes_are_refused(attributes: dict[str, object], message: str) -> None:
    with pytest.raises(UnknownImplementation, match=message.replace("(", r"\(").replace(")", r"\)")):
        impls.register(type("Plugin", (impls.Implementation,), attributes))


def test_other_classes_are_refused() -> None:
    with pytest.raises(UnknownImplementation, match="derives from"):
        impls.register(int)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (None, "there is no such file"),
        ("1 / 0", "it raised ZeroDivisionError: division by zero (mine.py, line 1)"),
        ("import json\ndef f():\n    json.loads('no')\nf()", "line 1 column 1 (char 0) (mine.py, line 3)"),
        ("import impls\nimpls.ConvProblem.parse('no')", "it raised DescriptorError: "),
        ("import impls\nimpls.ConvProblem.parse('no')", " (mine.py, line 2)"),
        ("raise SystemExit", "it raised SystemExit (mine.py, line 1)"),
        ("x = 1", "it registers nothing"),
        ("\ndef broken(:", "it raised SyntaxError: invalid syntax (mine.py, line 2)"),
    ],
)
def test_broken_files_are_refused(tmp_path: Path, source: str | None, message: str) -> None:
    path = tmp_path / "mine.py"
    if source is not None:
        path.write_text(source)
    with pytest.raises(UnknownImplementation) as error:
        impls.load_file(path)
    assert message in str(error.value)
    assert str(path) in str(error.value)


def test_load_file_registers_and_may_be_repeated(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "import impls\n@impls.register\nclass Mine(impls.Implementation):\n"
        "    name = 'from-file'\n    def plan(self, case, weight, bias):\n        return lambda x: x\n"
    )
    assert impls.load_file(path) == ("from-file",)
    assert impls.load_file(path) == ("from-file",)


_CLASS = """
import impls


class Mine(impls.Implementation):
    name = "{name}"

    def plan(self, case, weight, bias):
        raise ValueError("no plan")
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Install a package `theirs` with this source and an entry point `mine` of this value."""

    def install(source: str, value: str) -> None:
        information = tmp_path / "theirs-1.0.dist-info"
        information.mkdir()
        (information / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
        (information / "entry_points.txt").write_text(f"[{registry.ENTRY_POINT_GROUP}]\nmine = {value}\n")
        (tmp_path / "theirs.py").write_text(source)
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "theirs", raising=False)

    return install


@pytest.mark.parametrize("value", ["theirs:Mine", "theirs"])
@pytest.mark.parametrize("decorator", ["", "@impls.register\n"])
def test_an_installed_package_names_a_class_or_its_module(installed: Any, value: str, decorator: str) -> None:
    installed(_CLASS.format(name="mine").replace("class", f"{decorator}class"), value)
    assert "mine" in impls.names("cpu")
    assert impls.get("mine").name == "mine"
    assert type(impls.get("mine")).__module__ == "theirs"


@pytest.mark.parametrize(
    ("source", "value", "message"),
    [
        ("x = 1", "theirs", "leads to a module without an implementation 'mine' (it has no implementation)"),
        (
            _CLASS.format(name="yours"),
            "theirs",
            "(it has 'yours'); allowed: a module with a class whose name is 'mine'",
        ),
        (_CLASS.format(name="yours"), "theirs:Mine", "leads to Mine, whose name is 'yours'"),
        ("x = 1", "theirs:Mine", "cannot be loaded: AttributeError: module 'theirs' has no attribute 'Mine'"),
        ("x = 1", "ours:Mine", "cannot be loaded: ModuleNotFoundError: No module named 'ours'"),
        ("x = 1", "theirs:x", "leads to 1; allowed: a class that derives from impls.Implementation"),
        ("x = 1\n1 / 0", "theirs", "cannot be loaded: ZeroDivisionError: division by zero (theirs.py, line 2)"),
        ("exit(1)", "theirs:Mine", "cannot be loaded: SystemExit: 1"),
    ],
)
def test_a_broken_installed_package_is_refused_in_a_sentence(
    installed: Any, source: str, value: str, message: str
) -> None:
    installed(source, value)
    with pytest.raises(UnknownImplementation) as error:
        impls.get("mine")
    assert message in str(error.value)
    assert "'mine'" in str(error.value) or "mine =" in str(error.value)
    assert "\n" not in str(error.value)


def test_the_name_of_an_installed_package_is_taken(installed: Any) -> None:
    installed(_CLASS.format(name="mine"), "theirs:Mine")
    with pytest.raises(UnknownImplementation, match="the name 'mine' is taken"):

        @impls.register
        class Other(impls.Implementation):
            name = "mine"

            def plan(self, case: Case, weight: torch.Tensor, bias: torch.Tensor | None) -> Any:
                raise NotImplementedError
