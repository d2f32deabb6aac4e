"""Runs generated kernels and their drivers as plain Python, for vector units that this processor may lack."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from types import FunctionType, SimpleNamespace
from typing import Any

import numpy as np

from impls import ConvProblem
from impls.cpu.compiler.calls import residual_of
from impls.cpu.compiler.host import vector_unit
from impls.cpu.winograd import drivers, steps
from impls.cpu.winograd.record import record
from impls.cpu.winograd.tile_blocks import tile_blocks
from impls.cpu.winograd.tile_transforms import data_source, inverse_source
from impls.cpu.winograd.transposition import transposition_sources
from impls.cpu.winograd.variant import Variant
from impls.epilogue import NO_EPILOGUE, Epilogue


class Machine:
    """Runs generated kernels and their drivers as plain Python on one array for all memory, and counts operations."""

    def __init__(self, variant: Variant, elements: int) -> None:
        self.lanes, self.size = variant.lanes, variant.element_bytes
        self.memory = np.full(elements, np.nan)
        self.flops = 0
        self.kernels: list[Any] = []

    def at(self, address: int, offset: int) -> int:
        assert address % self.size == 0
        return int(address) // self.size + int(offset)

    def load(self, a: int, o: int) -> np.ndarray[Any, Any]:
        return self.load_first(a, o, self.lanes)

    def store(self, a: int, o: int, x: np.ndarray[Any, Any]) -> None:
        self.store_first(a, o, x, self.lanes)

    def load_first(self, a: int, o: int, n: int) -> np.ndarray[Any, Any]:
        made, n = np.zeros(self.lanes), min(max(n, 0), self.lanes)
        place = self.at(a, o) if n else 0
        assert 0 <= place <= len(self.memory) - n
        made[:n] = self.memory[place : place + n]
        return made

    def store_first(self, a: int, o: int, x: np.ndarray[Any, Any], n: int) -> None:
        n = min(max(n, 0), self.lanes)
        place = self.at(a, o) if n else 0
        assert 0 <= place <= len(self.memory) - n
        self.memory[place : place + n] = x[:n]

    def counted(self, flops: int, value: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        self.flops += flops * self.lanes
        return value

    def blocks(self, x: np.ndarray[Any, Any], y: np.ndarray[Any, Any], size: int, odd: int) -> np.ndarray[Any, Any]:
        """The even or the odd blocks of x and of y in turn."""
        both = [v.reshape(-1, 2, size)[:, odd] for v in (x, y)]
        return np.stack(both, axis=1).ravel()

    def operations(self) -> dict[str, Any]:
        sizes = [1 << k for k in range(self.lanes.bit_length() - 1)]
        moves = {
            f"{which}_blocks_{size}": partial(self.blocks, size=size, odd=odd)
            for size in sizes
            for odd, which in enumerate(("even", "odd"))
        }
        return moves | {
            "zero": lambda: np.zeros(self.lanes),
            # Prefetches have no effect, whatever the address.
            "prefetch": lambda a, o: None, "prefetch_to_write": lambda a, o: None,
            **{
                f"spread_{size}_{lane}": lambda x, size=size, lane=lane: x.reshape(-1, size)[:, lane].repeat(size)
                for size in sizes
                for lane in range(size)
            },
            "load": self.load, "store": self.store, "load_first": self.load_first, "store_first": self.store_first,
            "add": lambda x, y: self.counted(1, x + y),
            "max": lambda x, y: self.counted(1, np.maximum(x, y)),
            "sub": lambda x, y: self.counted(1, x - y),
            "scale": lambda x, k: self.counted(1, x * k),
            "fma_scaled": lambda x, k, z: self.counted(2, x * k + z),
            "fma": lambda x, y, z: self.counted(2, x * y + z),
            "fma_broadcast": lambda a, o, y, z: self.counted(2, self.memory[self.at(a, o)] * y + z),
        }  # fmt: skip

    def kernel(self, text: str, name: str) -> int:
        """The number by which a generated kernel is called."""
        names = self.operations() | {"kernel": lambda arguments: lambda function: function}
        exec(text[text.index("@kernel") :], names)
        self.kernels.append(names[name])
        return len(self.kernels) - 1

    def driver(self, name: str) -> Any:
        """A driver of impls.cpu.winograd.drivers in plain Python, which calls kernels by their numbers."""
        names: dict[str, Any] = {
            "np": np, "min": min, "max": max, "range": range,
            "call": lambda address, arguments: self.kernels[address](*arguments), "residual_of": residual_of,
            "fork": lambda share, own, threads: [share(*own, part % threads, part, 5) for part in range(5)],
        }  # fmt: skip
        defined = {key: getattr(value, "function", value) for key, value in (vars(steps) | vars(drivers)).items()}
        functions = {key: value for key, value in defined.items() if isinstance(value, FunctionType)}
        names |= {key: FunctionType(value.__code__, names) for key, value in functions.items() if key not in names}
        return names[name]


def numbers_of(
    machine: Machine, variant: Variant, problem: ConvProblem, epilogue: Epilogue = NO_EPILOGUE
) -> SimpleNamespace:
    """The drivers' record, with numbers of the machine's kernels in place of addresses."""
    own = epilogue if variant.layout == "nhwc" else NO_EPILOGUE
    here = replace(variant, unit=vector_unit())
    made = record(here, problem, tile_blocks(variant, problem, 2), epilogue)
    numbers = SimpleNamespace(**{name: int(made[name][0]) for name in made.dtype.names})
    numbers.lanes, numbers.panel, numbers.rows = variant.lanes, variant.panel, variant.rows
    numbers.half = variant.half
    last, first, clear = transposition_sources(variant.dtype, variant.lanes, epilogue)
    numbers.channels_last = machine.kernel(last, "channels_last")
    numbers.channels_first = machine.kernel(first, "channels_first")
    numbers.clear = machine.kernel(clear, "clear")
    for border in (False, True):
        suffix = "_border" * border
        setattr(numbers, f"data{suffix}", machine.kernel(data_source(variant, border=border), "data"))
        inverse = inverse_source(variant, border=border, epilogue=own)
        setattr(numbers, f"inverse{suffix}", machine.kernel(inverse, "inverse"))
    return numbers
