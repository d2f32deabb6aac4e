"""Names compiled code for Linux perf, in the file /tmp/perf-PID.map of its JIT interface.

Source: Linux, tools/perf/Documentation/jit-interface.txt: a line `START SIZE symbol` for each function, in hexadecimal.
Sizes are in the object files that LLVM makes, addresses in its engine.
"""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from numba.core.registry import cpu_target

# ELF of 64 bits, little-endian: other files give no names.
_ELF = b"\x7fELF\x02\x01"
_SYMBOL_TABLE, _FUNCTION, _GLOBAL, _WEAK = 2, 2, 1, 2
# Fields of a section's header: type, offset, size, and the section with its names.
_SECTION = struct.Struct("<4xI16xQQI20x")
_SYMBOL = struct.Struct("<IBxHQQ")
# A generated kernel has a digest in its name; Numba writes names as C++ does: _ZN, then each part after its length.
_KERNEL = re.compile(r"(convcost_.+)_[0-9a-f]{20}_(.+)")
_PART = re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True)
class Function:
    """A function of an object file: its name, and its section and place in it; `is_own` if no other file has it."""

    name: str
    is_local: bool
    is_own: bool
    section: int
    start: int
    size: int


@dataclass
class Recorder:
    """The object files that are loaded while it exists; code from before has no names."""

    _objects: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        codegen = cpu_target.target_context.codegen()
        self._engine = codegen._engine
        library = codegen._library_class
        compiled, kept = library._object_compiled_hook, library._object_getbuffer_hook

        def note_compiled(module: Any, code: bytes) -> None:
            self._objects.append(bytes(code))
            compiled(module, code)

        def note_kept(module: Any) -> bytes | None:
            code: bytes | None = kept(module)
            if code is not None:
                self._objects.append(bytes(code))
            return code

        self._hooks = compiled, kept
        self._engine.set_object_cache(note_compiled, note_kept)

    def stop(self) -> None:
        """Note no more files."""
        self._engine.set_object_cache(*self._hooks)

    def write(self, file: Path | None = None) -> Path:
        """Write the map of this process, or another file. Raises OSError if it cannot be written."""
        path = file or Path(f"/tmp/perf-{os.getpid()}.map")
        address_of: Callable[[str], int] = self._engine.get_function_address
        lines = [
            f"{start:x} {size:x} {name}\n" for code in self._objects for start, size, name in _placed(code, address_of)
        ]
        # Never through a link that somebody else made: the folder is everybody's.
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
        with os.fdopen(os.open(path, flags, 0o600), "w", encoding="ascii") as opened:
            opened.writelines(lines)
        return path


def functions(code: bytes) -> Iterator[Function]:
    """The functions of an object file; none for a file that is not ELF of 64 bits."""
    if not code.startswith(_ELF):
        return
    (table,) = struct.unpack_from("<Q", code, 0x28)
    entry_bytes, entries = struct.unpack_from("<HH", code, 0x3A)
    sections = [_SECTION.unpack_from(code, table + number * entry_bytes) for number in range(entries)]
    for kind, offset, size, names in sections:
        if kind != _SYMBOL_TABLE:
            continue
        for at in range(offset, offset + size, _SYMBOL.size):
            name, info, section, start, length = _SYMBOL.unpack_from(code, at)
            # Section 0 means that the function is in another file.
            if info & 0xF == _FUNCTION and section and length:
                begin = sections[names][1] + name
                text = code[begin : code.index(b"\0", begin)].decode("ascii", "replace")
                bind = info >> 4
                yield Function(text, bind not in (_GLOBAL, _WEAK), bind == _GLOBAL, section, start, length)


def readable(name: str) -> str:
    """A name without the digest of a generated kernel, or without the types that Numba adds."""
    if match := _KERNEL.fullmatch(name):
        return f"{match[1]}_{match[2]}"
    before, mangled, rest = name.partition("_ZN")
    parts, at = [], 0
    while mangled and (match := _PART.match(rest, at)):
        at = match.end() + int(match[0])
        parts.append(rest[match.end() : at])
    return before + ".".join(parts) if parts else name


def _placed(code: bytes, address_of: Callable[[str], int]) -> Iterator[tuple[int, int, str]]:
    """The start, size and readable name of the functions of a loaded object file.

    The engine knows the addresses of functions that other files may call. Local ones are found from their distance to
    one of those in the same section.
    """
    found = list(functions(code))
    bases = {f.section: address_of(f.name) - f.start for f in found if f.is_own}
    for function in found:
        if function.is_local:
            start = bases.get(function.section, 0) + function.start if function.section in bases else 0
        else:
            start = address_of(function.name)
        if start:
            yield start, function.size, readable(function.name)
