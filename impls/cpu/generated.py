"""Generated source as modules: written to real files, so that Numba keeps the machine code of what they hold.

Numba's disk cache works for functions that have a file of their own, and looks no further than that file: so its name
is a hash of the text, of the vector layer, of the versions of Numba and LLVM and of the processor. A second process
finds both the file and the machine code, and compiles nothing.

To add a kernel, write a function that makes its text, one variable for each register, and ask for its address:

    text = header("float32", 16, ("load", "store", "add")) + '''
    @kernel(4)
    def add_arrays(a, b, y, n):        # addresses and sizes: kernels take integers and return nothing
        for i in range(0, n, 16):
            store(y, i, add(load(a, i), load(b, i)))
    '''                                # begin its lines at the margin
    address = module("add_arrays", text).add_arrays.address

Compiled code calls it as `call(address, (a, b, y, n))` (impls.cpu.calls), so that one driver serves all kernels of a
signature; from Python it is `ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 4)(address)`. What decides which instructions
there are is a parameter of the text; all sizes are arguments, so that a new shape needs no new machine code.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import llvmlite
import numba
from llvmlite import binding

from impls.cache_folder import cache_folder, write_whole
from impls.cpu import emit, host, simd


def header(dtype: str, lanes: int, operations: Iterable[str], more: Iterable[str] = ()) -> str:
    """The head of a generated module: operations of impls.cpu.simd by their names, and the decorator `kernel(n)`.

    `more` are lines that define further global names, from `v`, the vector type.
    """
    lines = [
        "from numba import cfunc, types",
        "from impls.cpu.simd import vector",
        "",
        f'v = vector("{dtype}", {lanes})',
        *(f"{name} = v.{name}" for name in operations),
        *more,
        "",
        "",
        "def kernel(arguments):",
        "    return cfunc(types.void(*[types.int64] * arguments), cache=True)",
        "",
        "",
    ]
    return "\n".join(lines)


def module(name: str, source: str) -> ModuleType:
    """The module that a source makes, the same object for the same source.

    `name` is what its file is called in tracebacks and profiles.
    """
    digest = hashlib.sha256("\0".join((source, *_fingerprint())).encode()).hexdigest()[:20]
    full_name = f"convcost_generated_{name}_{digest}"
    known = sys.modules.get(full_name)
    return known if known is not None else _imported(full_name, _written(f"{name}_{digest}.py", source))


@functools.cache
def _fingerprint() -> tuple[str, ...]:
    """All that machine code depends on beside its source."""
    layer = [Path(part.__file__ or "").read_text(encoding="utf-8") for part in (simd, emit, host)]
    versions = (numba.__version__, llvmlite.__version__, sys.version)
    features = (name for name, is_there in sorted(host.features().items()) if is_there)
    return (*layer, *versions, binding.get_host_cpu_name(), *features)


def _written(file_name: str, source: str) -> Path:
    file = cache_folder() / file_name
    if not file.is_file():
        write_whole(file, source)
    return file


def _imported(name: str, file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None, "a file that ends in .py has a loader"
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[name] = made
    try:
        spec.loader.exec_module(made)
    except BaseException:
        del sys.modules[name]
        raise
    return made
