"""Finds implementations by name. Imports nothing heavy: a class is loaded when its name is used.

An implementation is registered in one of three ways: the table below, entry points of the group
`convcost.implementations` (installed packages; "module:Class", or a module that has the implementation of that name),
and `@impls.register` in a file that `load_file` runs (`--load mine.py`).
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

from impls.errors import UnknownImplementation, did_you_mean, in_one_line
from impls.interface import DEVICES, Implementation
from impls.precision import PRECISIONS

ENTRY_POINT_GROUP = "convcost.implementations"

BUILT_IN: dict[str, str] = {
    "loops": "impls.loops:Loops",
    "direct": "impls.direct:Direct",
    "im2col": "impls.im2col:Im2col",
    "implicit-gemm": "impls.implicit_gemm:ImplicitGemm",
    "fft": "impls.fft:Fft",
    "fft-tiled": "impls.fft_tiled:FftTiled",
    "winograd-f2": "impls.winograd:WinogradF2",
    "winograd-f4": "impls.winograd:WinogradF4",
    "winograd-f5": "impls.winograd:WinogradF5",
    "winograd-f6": "impls.winograd:WinogradF6",
    "onednn": "impls.onednn:OneDnn",
    "cudnn": "impls.cudnn:CuDnn",
    "torch": "impls.torch_conv:TorchConv",
    "auto": "impls.auto:Auto",
    "auto-safe": "impls.auto:AutoSafe",
}
# Left out of "*": it runs the code of others once more, where `auto` does too.
BY_NAME_ONLY = frozenset(("auto-safe",))

_registered: dict[str, type[Implementation]] = {}


def names(device: str | None = None) -> tuple[str, ...]:
    """All names, built-in first; with `device`, the names that run there (this loads their classes).

    Raises UnknownImplementation for an unknown device.
    """
    found = tuple(dict.fromkeys((*BUILT_IN, *_entry_points(), *_registered)))
    if device is None:
        return found
    if device not in DEVICES:
        raise UnknownImplementation(f"device {device!r} is unknown; allowed: {', '.join(DEVICES)}")
    return tuple(name for name in found if device in get(name).devices)


def get(name: str) -> Implementation:
    """The implementation of this name. Raises UnknownImplementation, which suggests a similar name."""
    cls = _registered.get(name)
    if cls is None:
        target = BUILT_IN.get(name) or _entry_points().get(name)
        if target is None:
            raise UnknownImplementation(f"{_unknown(name)}, or your own by impls.register or impls.load_file")
        cls = _load(name, target)
    try:
        return cls()
    except Exception as error:
        raise UnknownImplementation(f"implementation {name!r} cannot be made: {in_one_line(error)}") from error


def is_built_in(name: str) -> bool:
    """Whether the implementation of this name is ours, and not that of a file or an installed package."""
    return name in BUILT_IN


def registered(name: str) -> type[Implementation] | None:
    """The class that `register` was given for this name; None for built-in names and those of installed packages."""
    return _registered.get(name)


def _load(name: str, target: str) -> type[Implementation]:
    """The class of "module:Class"; of "module" the class in it that has the name.

    An installed package may name a module or a class that does not exist, or raise.
    """
    module_name, _, attribute = target.partition(":")
    try:
        module = importlib.import_module(module_name)
        found: object = functools.reduce(getattr, attribute.split("."), module) if attribute else _named(name, module)
    except UnknownImplementation:
        raise
    except (Exception, SystemExit) as error:
        raise UnknownImplementation(f"implementation {name!r} cannot be loaded: {in_one_line(error)}") from error
    if not (isinstance(found, type) and issubclass(found, Implementation)):
        raise UnknownImplementation(
            f"the entry point {name} = {target!r} leads to {found!r}; allowed: a class that derives from "
            "impls.Implementation, or its module"
        )
    _require_implementation(found)
    if found.name != name:
        raise UnknownImplementation(
            f"the entry point {name} = {target!r} leads to {found.__name__}, whose name is {found.name!r}; "
            "allowed: an entry point of the same name"
        )
    return found


def _named(name: str, module: ModuleType) -> type[Implementation]:
    """The implementation of this name in a module. Raises UnknownImplementation with the names that it has."""
    classes = [
        cls for cls in vars(module).values()
        if isinstance(cls, type) and issubclass(cls, Implementation) and cls.__module__ == module.__name__
    ]  # fmt: skip
    for cls in classes:
        if cls.name == name:
            return cls
    has = f"it has {', '.join(repr(cls.name) for cls in classes)}" if classes else "it has no implementation"
    raise UnknownImplementation(
        f"the entry point {name} = {module.__name__!r} leads to a module without an implementation {name!r} ({has}); "
        f'allowed: a module with a class whose name is {name!r}, or the class itself, as in "{module.__name__}:Class"'
    )


def select(patterns: Iterable[str]) -> tuple[str, ...]:
    """The names that a list selects: "*" adds all names, "-name" removes one (from all names, if it comes first).

    All names are those without BY_NAME_ONLY.

    Raises UnknownImplementation for an unknown name, or when nothing is left.
    """
    patterns = tuple(patterns)
    starts_with_all = bool(patterns) and patterns[0].startswith("-")
    every = [name for name in names() if name not in BY_NAME_ONLY]
    chosen: dict[str, None] = dict.fromkeys(every) if starts_with_all else {}
    for pattern in patterns:
        if pattern == "*":
            chosen.update(dict.fromkeys(every))
        elif pattern.startswith("-"):
            _require_known(pattern[1:])
            chosen.pop(pattern[1:], None)
        else:
            _require_known(pattern)
            chosen[pattern] = None
    if not chosen:
        raise UnknownImplementation('no implementation is left; name at least one, or "*" for all')
    return tuple(chosen)


def register(cls: type[Implementation]) -> type[Implementation]:
    """Class decorator that registers an implementation under its `name`.

    Raises UnknownImplementation if the class is not an Implementation, or its name is empty or taken.
    """
    _require_implementation(cls)
    # The module of an entry point may register its own class, under the name of the entry point.
    entry = _entry_points().get(cls.name)
    taken = cls.name in BUILT_IN or (entry is not None and entry.partition(":")[0] != cls.__module__)
    previous = _registered.get(cls.name)
    # A file that is loaded again (a notebook cell, a reload) may replace its own class.
    if taken or (previous is not None and previous.__qualname__ != cls.__qualname__):
        raise UnknownImplementation(f"the name {cls.name!r} is taken; give {cls.__name__} another `name`")
    _registered[cls.name] = cls
    return cls


def load_file(path: Path) -> tuple[str, ...]:
    """Run a Python file and return the names it registered.

    Raises UnknownImplementation if there is no such file, it cannot be run, or it registers nothing.
    """
    if not path.is_file():
        raise UnknownImplementation(f"{path}: there is no such file")
    before = set(_registered)
    module_name = f"convcost_plugin_{path.stem}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise UnknownImplementation(f"{path}: not a Python file; allowed: a file that ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except UnknownImplementation:
        raise
    except (Exception, SystemExit) as error:
        raise UnknownImplementation(f"{path}: it raised {in_one_line(error)}") from error
    added = tuple(name for name in _registered if name not in before)
    mine = tuple(name for name, cls in _registered.items() if cls.__module__ == module_name)
    if not added and not mine:
        raise UnknownImplementation(
            f"{path}: it registers nothing; put @impls.register above a class that derives from impls.Implementation"
        )
    return added or mine


def _entry_points() -> dict[str, str]:
    return _entry_points_on(tuple(sys.path))


@functools.cache
def _entry_points_on(path: tuple[str, ...]) -> dict[str, str]:
    """The entry points of the packages on a path. Reading those of all packages takes milliseconds, so once a path."""
    from importlib.metadata import entry_points

    del path
    return {point.name: point.value for point in entry_points(group=ENTRY_POINT_GROUP)}


def _require_known(name: str) -> None:
    """Raise UnknownImplementation for a name that is not known; the message is for the option -i."""
    if name not in names():
        hint = f" (one name each: {' '.join('-i ' + part for part in name.split(','))})" if "," in name else ""
        raise UnknownImplementation(f"{_unknown(name, hint)}, or your own by --load")


def _unknown(name: str, hint: str = "") -> str:
    allowed = names()
    hint = hint or did_you_mean(name, allowed)
    return f"implementation {name!r} is unknown{hint}; allowed: {', '.join(allowed)}"


def _require_implementation(cls: object) -> None:
    if not (isinstance(cls, type) and issubclass(cls, Implementation)):
        raise UnknownImplementation(f"{cls!r} is not a class that derives from impls.Implementation")
    if not isinstance(cls.name, str) or not cls.name:
        raise UnknownImplementation(f'{cls.__name__} has no `name`; set one, as in name = "mine"')
    for attribute, allowed in (("bounds", None), ("devices", DEVICES), ("precisions", tuple(PRECISIONS))):
        value = getattr(cls, attribute)
        if not isinstance(value, tuple) or not value or (allowed and not set(value) <= set(allowed)):
            known = f" of {', '.join(allowed)}" if allowed else ', as in ("direct",)'
            raise UnknownImplementation(f"{cls.__name__} has {attribute} {value!r}; allowed: a tuple{known}")
    if cls.plan is Implementation.plan:
        raise UnknownImplementation(f"{cls.__name__} has no plan(); it must return what runs the convolution")
