"""Errors are summarised over the checked rows, wrong results included."""

from __future__ import annotations

from bench.report.findings.accuracies import accuracies
from bench.report.findings.results import read
from tests.bench.report.synthetic_run import fault, make_run, ok


def test_accuracies_keep_wrong_results_and_skip_unchecked_ones() -> None:
    rows = [
        ok("a", "x", 1.0, error_rms=1e-7, error_share=0.3),
        ok("b", "x", 1.0, error_rms=2e-7, error_share=None),
        fault("c", "x", "wrong", "n", error_rms=9e-6, error_rms_limit=2e-6, error_share=4.0),
        fault("d", "x", "unsupported", "n", error_rms=None, error_share=None),
    ]
    (found,) = accuracies(read(make_run(rows).measurements))
    assert (found.checked, found.wrong) == (3, 1)
    assert (found.median_rms, found.largest_rms, found.largest_rms_limit) == (2e-7, 9e-6, 2e-6)
    assert found.largest_share == 4.0
