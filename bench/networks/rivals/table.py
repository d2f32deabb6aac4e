"""The rivals by name, and those that a user chooses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.errors import UsageError
from bench.networks.rivals.compiled import CompiledTorch
from bench.networks.rivals.eager import EagerTorch
from bench.networks.rivals.onnx_runtime import OnnxRuntime
from bench.networks.rivals.openvino_runtime import OpenVino
from bench.networks.rivals.rival import Rival
from impls.errors import did_you_mean

RIVALS: dict[str, Rival] = {one.name: one for one in (EagerTorch(), CompiledTorch(), OnnxRuntime(), OpenVino())}
ALL = "all"


@dataclass(frozen=True, slots=True)
class ChosenRivals:
    """The rivals to time, and the reason for each side that is left out as a package is missing."""

    rivals: tuple[Rival, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.rivals or self.left_out)


def chosen_rivals(texts: Sequence[str], *, of_a_file: bool = False) -> ChosenRivals:
    """The rivals that texts such as "eager,onnxruntime" and "all" name; `of_a_file` is whether there is no module.

    Of "all", those with a missing package are left out. Raises UsageError for a name that is no rival, for one that
    needs a module and has an ONNX file, and for a missing package of one that is named.
    """
    names = [name.strip() for text in texts for name in text.split(",") if name.strip()]
    if texts and not names:
        raise UsageError(f"--against names no rival; allowed: {', '.join(RIVALS)}, {ALL}")
    able = {name: rival for name, rival in RIVALS.items() if rival.takes_files or not of_a_file}
    for name in names:
        if name not in (*RIVALS, ALL):
            raise UsageError(
                f"--against {name} is unknown{did_you_mean(name, (*RIVALS, ALL))}; allowed: {', '.join(RIVALS)}, {ALL}"
            )
        if name not in (*able, ALL):
            raise UsageError(f"--against {name} needs a module; of an ONNX file, allowed: {', '.join(able)}")
        missing = None if name == ALL else RIVALS[name].missing(of_a_file=of_a_file)
        if missing:
            raise UsageError(f"--against {name}: {missing}")
    wanted = [rival for name, rival in able.items() if ALL in names or name in names]
    gaps = {rival.name: rival.missing(of_a_file=of_a_file) for rival in wanted}
    return ChosenRivals(
        tuple(rival for rival in wanted if gaps[rival.name] is None),
        tuple((side, why) for rival in wanted if (why := gaps[rival.name]) for side in rival.sides),
    )
