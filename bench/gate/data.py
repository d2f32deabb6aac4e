"""The kinds of input that a case may be measured on, by name. Loads no tensor library: sweeps read the names.

Time and energy depend on the values: zeros switch fewer transistors, and subnormal numbers are slow on many processors.
A kind names the distribution of x, and some kinds that of the weights too; the other weights are N(0, 1), and the bias
always is. All kinds are made of standard normal numbers, so that the same seed gives the same values on any machine.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from bench.errors import UsageError
from impls.errors import did_you_mean

if TYPE_CHECKING:
    import torch

# Standard normal numbers in float64, a generator of more, and the smallest normal number of the type of the tensors.
Draw: TypeAlias = "Callable[[torch.Tensor, torch.Generator, float], torch.Tensor]"

DEFAULT, FILE = "normal", "file:"
# As the kind of x says.
AS_X = "same"
SUFFIXES = (".npy", ".pt", ".safetensors")
_FILES = f"{FILE}PATH of a {SUFFIXES[0]}, {SUFFIXES[1]} or {SUFFIXES[2]} file, as in file:x.npy"

_LARGEST_INTEGER = 8
_ZEROS = 0.9
# Of the weights of `subnormal`. Its small ones are near the smallest normal number over this: near 1e-40 in fp32.
_SMALL = 0.9
_BELOW_NORMAL = 118.0


@dataclass(frozen=True, slots=True)
class Kind:
    """A named distribution: its meaning in one line, x, and the weights.

    `is_symmetric` says that a value of x and its negative are equally likely: then sums of products grow as √n, as the
    error bounds of random data assume. `weights`, symmetric too, is None where a kind of x says nothing about them.
    """

    meaning: str
    x: Draw
    is_symmetric: bool = True
    weights: Draw | None = None


def _uniform(z: torch.Tensor, _generator: torch.Generator, _tiny: float) -> torch.Tensor:
    """Uniform in (−1, 1): the distribution function of N(0, 1), doubled and shifted."""
    return (z / math.sqrt(2)).erf()


def _integers(z: torch.Tensor, generator: torch.Generator, tiny: float) -> torch.Tensor:
    return (_uniform(z, generator, tiny) * (_LARGEST_INTEGER + 0.5)).round().clamp(-_LARGEST_INTEGER, _LARGEST_INTEGER)


def _chosen(z: torch.Tensor, generator: torch.Generator, share: float) -> torch.Tensor:
    """True for a random share of the elements."""
    chosen: torch.Tensor = z.new_empty(z.shape).uniform_(generator=generator) < share
    return chosen


def _sparse(z: torch.Tensor, generator: torch.Generator, _tiny: float) -> torch.Tensor:
    return z.masked_fill(_chosen(z, generator, _ZEROS), 0.0)


def _mostly_subnormal(z: torch.Tensor, generator: torch.Generator, tiny: float) -> torch.Tensor:
    return (z * (tiny / _BELOW_NORMAL)).where(_chosen(z, generator, _SMALL), z)


KINDS: dict[str, Kind] = {
    DEFAULT: Kind("N(0, 1), x and weights", lambda z, _generator, _tiny: z),
    "uniform": Kind("x uniform between -1 and 1", _uniform),
    "relu": Kind("x N(0, 1), negative values replaced by 0", lambda z, _g, _t: z.clamp(min=0.0), is_symmetric=False),
    "zeros": Kind("x all 0", lambda z, _g, _t: z.new_zeros(z.shape), is_symmetric=False),
    "constant": Kind("x all 1", lambda z, _g, _t: z.new_ones(z.shape), is_symmetric=False),
    "integers": Kind(f"x and weights whole numbers from -{_LARGEST_INTEGER} to {_LARGEST_INTEGER}", _integers,
                     weights=_integers),
    "sparse90": Kind("x N(0, 1), nine of ten values replaced by 0", _sparse),
    "subnormal": Kind("x at least 0; nine of ten weights subnormal, near 1e-40 in fp32", lambda z, _g, _t: z.abs(),
                      is_symmetric=False, weights=_mostly_subnormal),
}  # fmt: skip
ALLOWED = f"{', '.join(KINDS)}, or {_FILES}"


@dataclass(frozen=True, slots=True)
class Data:
    """The values of a case's inputs: the kind or file of x, and those of the weights where they are others.

    `contents` is a checksum of the files, empty without files.
    """

    x: str = DEFAULT
    weights: str | None = None
    contents: str = ""

    @classmethod
    def of(cls, x: str, weights: str = AS_X) -> Data:
        """The values of two names, with whole paths of files. Raises UsageError for unknown names and files."""
        require_known(x)
        if weights != AS_X:
            require_known(weights)
        own = None if weights in (AS_X, _weights_beside(x)) else moved(weights, Path.resolve)
        made = cls(moved(x, Path.resolve), own)
        return replace(made, contents=_contents(made._paths))

    @property
    def label(self) -> str:
        """The values in words, files without their folders; empty for N(0, 1)."""
        x, weights = (None if name is None else moved(name, _in_no_folder) for name in (self.x, self.weights))
        parts = [] if x is None or x == DEFAULT else [x]
        return ", ".join([*parts, *([] if weights is None else [f"weights {weights}"])])

    @property
    def key(self) -> str:
        """The values as a part of a case's key, empty for N(0, 1), so that the keys of older runs stay.

        Of names that are no UTF-8 the codes: a key is text that every table holds.
        """
        if self == Data():
            return ""
        weights = [] if self.weights is None else [f"weights={self.weights}"]
        words = "|".join((f"data={self.x}", *weights, *filter(None, [self.contents])))
        return words.encode("utf-8", "backslashreplace").decode("utf-8")

    @property
    def is_random(self) -> bool:
        """Whether products are draws of one distribution, as likely positive as negative. Nothing is known of files."""
        if self._paths:
            return False
        weights = None if self.weights is None else KINDS[self.weights]
        has_signs = weights is None or weights.weights is not None or weights.is_symmetric
        return has_signs or KINDS[self.x].is_symmetric

    def require_unchanged(self) -> None:
        """Raise UsageError if a file has other contents now than when the case was planned."""
        if _contents(self._paths) != self.contents:
            raise UsageError(f"{' or '.join(map(str, self._paths))} was changed after the case was planned; start anew")

    @property
    def _paths(self) -> list[Path]:
        return [path_of(name)[0] for name in (self.x, self.weights) if name is not None and not is_kind(name)]


def _weights_beside(x: str) -> str:
    """The kind of the weights where only x has a name."""
    return x if is_kind(x) and KINDS[x].weights is not None else DEFAULT


def is_kind(name: str) -> bool:
    return name in KINDS


def is_allowed(name: object) -> bool:
    """Whether a name may be one of data: a kind, or a file with a suffix that is read."""
    if not isinstance(name, str):
        return False
    return name in KINDS or (name.startswith(FILE) and path_of(name)[0].suffix in SUFFIXES)


def require_known(name: str) -> None:
    """Raise UsageError for the name of no kind, and for a file that does not exist or has another suffix."""
    if not is_allowed(name):
        raise UsageError(f"data {name!r} is unknown{did_you_mean(name, KINDS)}; allowed: {ALLOWED}")
    if not is_kind(name) and not path_of(name)[0].is_file():
        raise UsageError(f"{path_of(name)[0]}: there is no such file")


def path_of(name: str) -> tuple[Path, str]:
    """The path of "file:PATH" or "file:PATH#TENSOR", and the name of the tensor in it, empty without one."""
    path, _, tensor = name.removeprefix(FILE).partition("#")
    return Path(path), tensor


def moved(name: str, move: Callable[[Path], Path]) -> str:
    """A name of data with another path of its file; names of kinds as they are."""
    if not name.startswith(FILE):
        return name
    path, tensor = path_of(name)
    return f"{FILE}{move(path)}" + (f"#{tensor}" if tensor else "")


def _in_no_folder(path: Path) -> Path:
    return Path(path.name)


def _contents(paths: list[Path]) -> str:
    """A checksum of files. Raises UsageError for one that cannot be read."""
    found = 0
    for path in paths:
        try:
            found = zlib.crc32(path.read_bytes(), found)
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error}") from error
    return f"{found:08x}" if paths else ""
