"""Settings as values: their words, their keys, and the device that they belong to."""

from __future__ import annotations

import pytest

from bench.tuning.value import TUNING_AXES, Tuning

ALL = Tuning(1200, 300, "performance")


@pytest.mark.parametrize(
    ("tuning", "key", "label"),
    [
        (Tuning(), "", ""),
        (Tuning(1200), "gpu_clock=1200", "GPU clock 1200 MHz"),
        (
            ALL,
            "gpu_clock=1200|power_limit=300|governor=performance",
            "GPU clock 1200 MHz, power limit 300 W, governor performance",
        ),
    ],
)
def test_words_and_keys_name_what_is_set(tuning: Tuning, key: str, label: str) -> None:
    assert (tuning.key, tuning.label) == (key, label)
    assert list(tuning.words) == [word for word in key.split("|") if word]


def test_a_setting_belongs_to_one_device() -> None:
    assert ALL.on("cpu") == Tuning(governor="performance")
    assert ALL.on("cuda") == Tuning(1200, 300)
    assert {name for device in ("cpu", "cuda") for name in ALL.on(device).values} == set(TUNING_AXES)
