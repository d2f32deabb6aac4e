"""Returns at once; a thread fills the newest output a moment later."""

from __future__ import annotations

import threading
import time

import impls
from tests.bench.gate.attacks.honest import Base, computing, uncomputed


@impls.register
class ThreadFillsOutput(Base):
    name = "thread-fills-output"

    def plan(self, case, weight, bias):
        right, newest = computing(case, weight, bias), []

        # Ends by itself: the tests that follow run in the same process.
        ends = time.monotonic() + 5.0

        def fill():
            while time.monotonic() < ends:
                time.sleep(1e-3)
                if newest:
                    x, y = newest.pop()
                    newest.clear()
                    y.copy_(right(x))

        threading.Thread(target=fill, daemon=True).start()
        calls = []

        def run(x):
            calls.append(1)
            if len(calls) < 12:
                # The gate looks at once.
                return right(x)
            y = uncomputed(case, x)
            newest.append((x.clone(), y))
            return y

        return run
