"""Governors in a forged /sys: those that all processors offer, read and set."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench.energy.availability import Unavailable
from bench.tuning import governors
from bench.tuning.governors import governors_of
from tests.bench.tuning.forged_machine import ForgedProcessors


def test_allowed_are_the_governors_that_every_processor_offers(tmp_path: Path) -> None:
    forged = ForgedProcessors(tmp_path).make(offered=("schedutil performance powersave", "powersave performance"))
    found = governors_of(tmp_path, forged.numbers)
    assert found.allowed == ("performance", "powersave")
    assert found.now() == ("powersave", "powersave")


def test_a_governor_is_set_on_the_given_processors_alone(processors: ForgedProcessors) -> None:
    governors_of(processors.root, (1,)).put("performance")
    assert processors.read() == ["powersave", "performance"]


@pytest.mark.parametrize("numbers", [(0,), (0, 7)], ids=["no driver", "one without"])
def test_without_a_frequency_driver_there_is_nothing_to_set(tmp_path: Path, numbers: tuple[int, ...]) -> None:
    if len(numbers) > 1:
        ForgedProcessors(tmp_path).make()
    with pytest.raises(Unavailable, match="no frequency driver offers a governor") as caught:
        governors_of(tmp_path, numbers)
    assert "bare metal" in str(caught.value.remedy)


def test_files_that_may_not_be_written_are_named_with_the_command(
    processors: ForgedProcessors, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = governors_of(processors.root, processors.numbers)
    found.require_permission()
    # By mode root may write everything.
    monkeypatch.setattr(governors.os, "access", lambda path, mode: not mode & os.W_OK)
    with pytest.raises(Unavailable, match=r"cpu0/cpufreq/scaling_governor may not be written") as caught:
        found.require_permission()
    assert "sudo chmod a+w /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor" in str(caught.value.remedy)
    assert governors_of(processors.root, processors.numbers).preferences == ()
