"""Measures how long a fit of 5,000 rows, 100,000 predictions and one take: python -m bench.predict.judged.speed.

The times that are fitted follow a law with noise; how long it takes does not depend on them.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from bench.predict.predictors.law_process import LawProcess
from bench.predict.random_shapes import shapes
from impls.cost_model.cost_table import CostTable, Subject, table_of

ROWS, PREDICTIONS, SINGLE = 5_000, 100_000, 200
_CALL_S, _FLOP_S, _BYTE_S, _NOISE = 5e-6, 1e-11, 5e-11, 0.05


def simulated(rows: int) -> CostTable:
    """Random shapes in both layouts with the times of a law."""
    drawn = shapes(rows, 1, {"fp32": 1.0})
    cases = [shape.case(("nchw", "nhwc")[number % 2]) for number, shape in enumerate(drawn)]
    table = table_of(Subject("cpu", "torch", threads=2), cases)
    law_s = _CALL_S + _FLOP_S * table.flops + _BYTE_S * table.compulsory_bytes
    return replace(table, time_s=law_s * np.exp(np.random.default_rng(0).normal(0, _NOISE, rows)))


def main() -> None:
    """Print the three durations, each also as seconds of a processor."""
    table = simulated(ROWS)
    begun, used = time.perf_counter(), time.process_time()
    fitted = LawProcess().fit(table)
    _say(f"fit of {ROWS} rows", begun, used, 1)
    asked = table.only(np.resize(np.arange(ROWS), PREDICTIONS))
    begun, used = time.perf_counter(), time.process_time()
    fitted.predict(asked)
    _say(f"{PREDICTIONS} predictions", begun, used, 1)
    one = table.only(np.arange(1))
    begun, used = time.perf_counter(), time.process_time()
    for _ in range(SINGLE):
        fitted.predict(one)
    _say("one prediction", begun, used, SINGLE)


def _say(what: str, begun: float, used: float, times: int) -> None:

    passed, processor = (time.perf_counter() - begun) / times, (time.process_time() - used) / times
    print(f"{what}: {passed:.4g} s ({processor:.4g} s of a processor)")


if __name__ == "__main__":
    main()
