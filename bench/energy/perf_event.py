"""Calls perf_event_open, a system call without a function in the C library: one counter on one processor."""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys

from bench.energy.availability import Unavailable

# arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h
_NUMBERS = {"x86_64": 298, "aarch64": 241}
# struct perf_event_attr, first published size: type, size, config, sample_period, sample_type, read_format, flags,
# wakeup_events, bp_type, config1. Only type and config are set: a plain count that runs from opening.
_ATTRIBUTES = struct.Struct("=IIQQQQQIIQ")
_CLOSE_ON_EXEC = 8


def perf_event_open(kind: int, config: int, cpu: int) -> int:
    """A file descriptor that counts the event for all processes on one processor.

    Raises OSError as the system call does, and Unavailable on systems where its number is unknown.
    """
    number = _NUMBERS.get(platform.machine())
    if number is None or sys.platform != "linux" or sys.maxsize < 2**32:
        raise Unavailable(
            f"perf events are read on 64-bit Linux on {' and '.join(_NUMBERS)}; this is "
            f"{sys.platform} on {platform.machine()}"
        )
    attributes = _ATTRIBUTES.pack(kind, _ATTRIBUTES.size, config, 0, 0, 0, 0, 0, 0, 0)
    syscall = ctypes.CDLL(None, use_errno=True).syscall
    syscall.restype = ctypes.c_long
    any_process, no_group = -1, -1
    descriptor = int(
        syscall(
            ctypes.c_long(number),
            ctypes.create_string_buffer(attributes, len(attributes)),
            ctypes.c_long(any_process),
            ctypes.c_long(cpu),
            ctypes.c_long(no_group),
            ctypes.c_ulong(_CLOSE_ON_EXEC),
        )
    )
    if descriptor < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return descriptor
