"""A model survives JSON; other versions, missing and impossible values are refused by name."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from bench.energy.executed.form import as_dict, from_dict
from tests.bench.energy.executed.forged import MODEL


def changed(**changes: Any) -> dict[str, Any]:
    return {**as_dict(MODEL), **changes}


def test_a_model_survives_json() -> None:
    text = json.dumps(as_dict(MODEL), allow_nan=False)
    assert from_dict(json.loads(text)) == MODEL


def test_units_are_in_the_names_and_the_version_comes_first() -> None:
    names = list(as_dict(MODEL))
    assert names[0] == "format_version"
    assert {"idle_w", "flop_j", "byte_j"} < set(names)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ([], "the whole is no table"),
        ({}, "format_version is None; this convcost reads '1.0'"),
        (changed(format_version="2.0"), "format_version is '2.0'"),
        ({"format_version": "1.0"}, "it lacks device, microarchitecture"),
        (changed(device="tpu"), "device is 'tpu'; allowed: cpu, cuda"),
        (changed(microarchitecture=""), "microarchitecture is ''"),
        (changed(scope=3), "scope is 3; allowed: a name"),
        (changed(threads=0), "threads is 0; allowed: a whole number of at least 1"),
        (changed(rows=True), "rows is True"),
        (changed(implementations=1.5), "implementations is 1.5"),
        (changed(idle_w=-1.0), r"idle_w is -1\.0; allowed: a number of at least 0, finite"),
        (changed(idle_w=math.nan), "idle_w is nan"),
        (changed(idle_w=math.inf), "idle_w is inf"),
        (changed(idle_w="20"), "idle_w is '20'"),
        (changed(flop_j={"AVX512": {"fp32": -1e-12}}), "flop_j of AVX512, fp32, is -1e-12"),
        (changed(flop_j={"AVX512": 1e-12}), "flop_j of AVX512 is no table"),
        (changed(byte_j={"L2": math.nan}), "byte_j, L2, is nan"),
        (changed(byte_j=None), "byte_j is no table"),
        (changed(left_out_error={"median": 0.1, "rows": 9}), "left_out_error lacks quantile_90"),
        (changed(left_out_error={"median": 0.1, "quantile_90": 0.5, "rows": 9}), r"quantile_90 is 0\.5.*below 0\.5"),
        (changed(left_out_error={"median": -0.1, "quantile_90": 0.2, "rows": 9}), r"median is -0\.1"),
        (changed(left_out_error_by_implementation={"fft": 3}), "left_out_error_by_implementation of fft is no table"),
    ],
)
def test_what_is_wrong_is_named(data: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        from_dict(data)


def test_one_implementation_may_be_far_off() -> None:
    far = {"median": 2.0, "quantile_90": 3.0, "rows": 4}
    assert from_dict(changed(left_out_error_by_implementation={"fft": far})).left_out_error == MODEL.left_out_error


def test_a_model_of_a_gpu_has_no_threads() -> None:
    assert from_dict(changed(device="cuda", threads=None)).threads is None
