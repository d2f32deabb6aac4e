"""An honest plug-in, as slow as the attacks would be if they computed everything."""

from __future__ import annotations

import impls
from tests.bench.gate.attacks.honest import Base, computing_slowly


@impls.register
class HonestOnCuda(Base):
    name = "honest-on-cuda"
    devices = ("cuda",)

    def plan(self, case, weight, bias):
        return computing_slowly(case, weight, bias)
