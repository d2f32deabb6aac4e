"""Writes the table of whole networks beside other runtimes in networks.md, from what `convcost network --json` printed.

Usage: python docs/rivals_table.py NAME=FILE.json …, in the order of the rows; NAME is what the row is called.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

PAGE = Path(__file__).with_name("networks.md")
BEGIN, END = "<!-- rivals: begin -->", "<!-- rivals: end -->"
_SIDES = ("eager torch, NCHW", "eager torch, NHWC", "torch.compile", "ONNX Runtime", "OpenVINO")


def row(name: str, swap: dict[str, Any]) -> str:
    """A row: the time of the swapped network, and each rival's time over it with its interval."""
    value_s, low_s, high_s = swap["sides_s"]["swapped"]
    ends = "" if low_s is None else f" [{1e3 * low_s:.2f}–{1e3 * high_s:.2f}]"
    cells = [f"{1e3 * value_s:.2f} ms{ends}"]
    for side in _SIDES:
        ratio, low, high = swap["over_base"].get(side, (None, None, None))
        between = "" if low is None else f" [{low:.2f}–{high:.2f}]"
        cells.append("–" if ratio is None else f"{ratio:.2f}×{between}")
    busy = ", one core busy" if swap["is_one_core_busy"] else ""
    return f"| {name}, {swap['threads']} threads{busy} | {' | '.join(cells)} |"


def table(named: list[tuple[str, dict[str, Any]]]) -> str:
    """The whole table in Markdown."""
    head = ("network", "swapped", *_SIDES)
    lines = [f"| {' | '.join(head)} |", "|---|" + "---:|" * (len(head) - 1)]
    return "\n".join([*lines, *(row(name, swap) for name, swap in named)])


def written(text: str, new: str) -> str:
    """The page with the table between its marks."""
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    return f"{before}{BEGIN}\n\n{new}\n\n{END}{after}"


def main(arguments: list[str]) -> None:
    pairs = [one.rsplit("=", 1) for one in arguments]
    named = [(name, json.loads(Path(file).read_text(encoding="utf-8"))["swap"]) for name, file in pairs]
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), table(named)), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
