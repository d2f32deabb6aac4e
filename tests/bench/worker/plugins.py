"""Plug-ins of every behaviour: right, wrong, crashing, hanging, raising."""

from __future__ import annotations

import time
from pathlib import Path

HEAD = """
import json, os, signal, sys, time
import torch
import impls


def right(x, weight, bias, case):
    p = case.problem
    return torch.nn.functional.conv2d(
        x, weight, bias, p.stride, (p.padding[0][0], p.padding[1][0]), p.dilation, p.groups
    )


class Base(impls.Implementation):
    bounds = ("direct", "fft", "winograd-f6")

    def plan(self, case, weight, bias):
        return lambda x: self.call(x, weight, bias, case)

    def call(self, x, weight, bias, case):
        return right(x, weight, bias, case)


@impls.register
class Good(Base):
    name = "good"
"""

BEHAVIOURS = """
@impls.register
class Exits(Base):
    name = "exits"

    def call(self, *given):
        os._exit(3)


@impls.register
class LeavesInPlan(Base):
    name = "leaves-in-plan"

    def plan(self, *given):
        sys.exit("no more of this")


@impls.register
class Killed(Base):
    name = "killed"

    def call(self, *given):
        print("last words", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)


@impls.register
class Hangs(Base):
    name = "hangs"

    def call(self, *given):
        time.sleep(1000)


@impls.register
class Raises(Base):
    name = "raises"

    def call(self, *given):
        raise RuntimeError("this is why\\nand more lines")


@impls.register
class RaisesLater(Base):
    name = "raises-later"
    calls = 0

    def call(self, *given):
        RaisesLater.calls += 1
        if RaisesLater.calls > 3:
            raise RuntimeError("tired")
        return super().call(*given)


@impls.register
class ReturnsNone(Base):
    name = "returns-none"

    def call(self, *given):
        return None


@impls.register
class ReturnsZeros(Base):
    name = "returns-zeros"

    def call(self, *given):
        return torch.zeros_like(super().call(*given))


@impls.register
class Remembers(Base):
    name = "remembers"
    known = None

    def call(self, *given):
        if Remembers.known is None:
            Remembers.known = super().call(*given)
        return Remembers.known.clone()


@impls.register
class Prints(Base):
    name = "prints"

    def call(self, *given):
        event = {"event": "outcome", "outcome": {"implementation": "prints", "status": "crashed"}}
        print(json.dumps(event), flush=True)
        os.write(1, (json.dumps({"event": "done"}) + "\\n").encode())
        return super().call(*given)


@impls.register
class Refuses(Base):
    name = "refuses"

    def why_not(self, case):
        return "not today"


@impls.register
class Huge(Base):
    name = "huge"

    def work(self, case):
        return impls.Work(workspace_bytes=2**60)


@impls.register
class UnknownBound(Base):
    name = "unknown-bound"
    bounds = ("guess",)
"""


def write_plugin(folder: Path, body: str) -> Path:
    """A plug-in file with `good` and more implementations."""
    path = folder / "plugin.py"
    path.write_text(HEAD + body)
    return path


def sleep(seconds: float) -> float:
    """Called in a worker by name."""
    time.sleep(seconds)
    return seconds


def hang(**arguments: object) -> None:
    """Never returns, whatever its arguments."""
    while True:
        time.sleep(1.0)
