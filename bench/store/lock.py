"""One writer a run: a file in its folder that names the process which writes, held by a lock of the system.

The system frees the lock when its process ends, however it ends. The file tells who held it: on a file system that
does not share locks between machines, a process of another machine cannot be seen, so its file must be removed by hand.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from bench.bounds import is_finite, json_value
from bench.errors import InfrastructureError
from bench.store.files import require_one_name

try:
    import fcntl
except ImportError:
    # Windows: the name of the owner alone decides.
    fcntl = None  # type: ignore[assignment]

FILE_NAME = "writer.lock"
# Start times are read from a clock of the system: they agree to its ticks.
_SAME_START_S = 1.0
# The system's type has 32 bits.
_LAST_PID = 2**31 - 1


class _Removed(Exception):
    """The file has no name any more."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The process that writes a run; `started_s` is its start in seconds of Unix time."""

    host: str
    pid: int
    started_s: float

    @classmethod
    def here(cls) -> Owner:
        return cls(socket.gethostname(), os.getpid(), psutil.Process().create_time())

    @property
    def is_alive(self) -> bool:
        """Whether the process still runs; one of another machine counts as alive."""
        if self.host != socket.gethostname():
            return True
        try:
            return abs(psutil.Process(self.pid).create_time() - self.started_s) < _SAME_START_S
        except psutil.NoSuchProcess:
            return False
        except psutil.AccessDenied:
            return True


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the lock of a run's folder. Raises InfrastructureError, in one sentence, if another process holds it."""
    path = folder / FILE_NAME
    try:
        descriptor = _locked(path)
    except OSError as error:
        raise InfrastructureError(f"{path} cannot be written: {error}") from error
    try:
        yield
    finally:
        # Before the lock is free: nobody may find the file of a process that no longer writes.
        path.unlink(missing_ok=True)
        os.close(descriptor)


def owner_of(folder: Path) -> Owner | None:
    """The process that writes a run, None if there is none; a file that cannot be read names none."""
    try:
        found = Owner(**json_value((folder / FILE_NAME).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    is_one = isinstance(found.host, str) and type(found.pid) is int and 0 < found.pid <= _LAST_PID
    return found if is_one and is_finite(found.started_s) else None


def _locked(path: Path) -> int:
    """A descriptor that holds the lock. Raises OSError, and InfrastructureError if another process holds it."""
    while True:
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        descriptor = os.open(path, flags, 0o666)
        try:
            if fcntl is not None:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not _is_still(path, descriptor):
                # Its owner has ended and removed it in between.
                raise _Removed
            known = owner_of(path.parent)
            if known is not None and known != Owner.here() and known.is_alive:
                raise _refusal(path)
            require_one_name(descriptor)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(asdict(Owner.here())).encode(), 0)
            return descriptor
        except _Removed:
            os.close(descriptor)
        except BlockingIOError as error:
            os.close(descriptor)
            raise _refusal(path) from error
        except BaseException:
            os.close(descriptor)
            raise


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))  # noqa: PTH116
    except FileNotFoundError:
        return False


def _refusal(path: Path) -> InfrastructureError:
    owner = owner_of(path.parent)
    who = "another process" if owner is None else f"process {owner.pid} on {owner.host}"
    advice = "wait for its end, or stop it"
    if owner is not None and owner.host != socket.gethostname():
        advice += f"; if it is gone: remove {path}"
    return InfrastructureError(f"{path.parent} is being written by {who}; {advice}")
