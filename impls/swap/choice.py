"""Which implementation computes which layer, as a value that a JSON file keeps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from impls.errors import ConvError
from impls.interface import LAYOUTS
from impls.registry import get

_KIND = "convcost choice"


@dataclass(frozen=True, slots=True)
class SwapChoice:
    """An implementation for each layer by the layer's name, and the layout of all tensors of the network.

    `origin` says in words where it comes from. Raises ConvError for an unknown layout.
    """

    layers: Mapping[str, str]
    layout: str = "nchw"
    origin: str = "given"

    def __post_init__(self) -> None:
        if self.layout not in LAYOUTS:
            raise ConvError(f"layout {self.layout!r} is unknown; allowed: {', '.join(LAYOUTS)}")

    def save(self, path: Path | str) -> None:
        """Write a JSON file that `impls.optimize(…, using=path)` takes without measuring again."""
        Path(path).write_text(json.dumps(self.as_dict(), indent=2) + "\n", encoding="utf-8")

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"kind": _KIND, "layout": self.layout, "origin": self.origin, "layers": dict(self.layers)}

    @classmethod
    def load(cls, path: Path | str) -> SwapChoice:
        """The choice of a file. Raises ConvError for any other file, UnknownImplementation for an unknown name."""
        try:
            plain = json.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, RecursionError, ValueError) as error:
            raise ConvError(f"{path} cannot be read: {error}") from error
        if not isinstance(plain, dict) or plain.get("kind") != _KIND or not isinstance(plain.get("layers"), dict):
            raise ConvError(f"{path} is no choice of implementations; allowed: a file that SwapChoice.save wrote")
        for name in set(plain["layers"].values()):
            get(name)
        return cls(plain["layers"], plain.get("layout", "nchw"), plain.get("origin", "given"))
