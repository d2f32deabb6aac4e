"""Keeps another process busy, as one that computes for it on a processor that it may not use."""

from __future__ import annotations

import os
import time

import impls
from tests.bench.gate.attacks.honest import Base, computing


@impls.register
class OtherProcess(Base):
    name = "other-process"

    def plan(self, case, weight, bias):
        parent = os.getpid()
        child = os.fork()
        if child == 0:
            # Burns a processor, as a helper that computes would, for some seconds.
            ends = time.monotonic() + 5.0
            while os.getppid() == parent and time.monotonic() < ends:
                sum(range(1000))
            os._exit(0)
        return computing(case, weight, bias)
