"""Kernel trials through a real worker: entrants that cheat, crash, hang or raise have no times, the others do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.errors import InfrastructureError, UsageError
from bench.store.status import Status
from bench.worker.client import Worker
from bench.worker.contest import FAR_BEHIND, _near
from bench.worker.contest_timing import LEAST_BLOCKS
from bench.worker.protocol import Call
from bench.worker.settings import Settings
from bench.worker.trial import Entrant, EntrantOutcome, Trial
from impls import ConvProblem
from tests.bench.worker.plugins import write_plugin

pytestmark = pytest.mark.slow

BROKEN = Path(__file__).parents[1] / "gate" / "broken.py"
PROBLEM = ConvProblem.parse("mb1ic8ih12oc8kh3ph1")
LAYOUTS = ("nchw", "nhwc")
# No plan and no call here takes a tenth of it, even on a loaded machine.
STEP_TIMEOUT_S = 4.0
# A plan that is not timed in blocks has nine calls: eight at the gate and a timed one.
BODY = """
class Later(Base):
    # Right for some calls of each plan: only timing in blocks gets further.

    def plan(self, case, weight, bias):
        calls = []

        def run(x):
            calls.append(1)
            if len(calls) > 12:
                return self.later(x, weight, bias, case)
            return right(x, weight, bias, case)

        return run


@impls.register
class ExitsLater(Later):
    name = "exits-later"

    def later(self, x, weight, bias, case):
        if case.layout == "nhwc":
            os._exit(3)
        return right(x, weight, bias, case)


@impls.register
class HangsLater(Later):
    name = "hangs-later"

    def later(self, *given):
        time.sleep(1000)


@impls.register
class RaisesLater(Later):
    name = "raises-later"

    def later(self, *given):
        raise RuntimeError("tired")


@impls.register
class RefusesLaterPlans(Base):
    name = "refuses-later-plans"
    plans = 0

    def plan(self, *given):
        RefusesLaterPlans.plans += 1
        if RefusesLaterPlans.plans > 2:
            raise RuntimeError("no more plans")
        return super().plan(*given)


@impls.register
class OneElementAtATime(Base):
    # Knows only inputs that differ from its first one in a single element.

    name = "one-element-at-a-time"

    def plan(self, case, weight, bias):
        first = []

        def run(x):
            first.append(first[0] if first else x.clone())
            known = x if (x != first[0]).sum() <= 1 else first[0]
            return right(known, weight, bias, case)

        return run


@impls.register
class SlowRemembers(Base):
    # So far behind that it is timed by one call.

    name = "slow-remembers"
    known = {}

    def call(self, x, weight, bias, case):
        time.sleep(0.05)
        if case.layout not in self.known:
            self.known[case.layout] = right(x, weight, bias, case)
        return self.known[case.layout].clone()


@impls.register
class Slow(Base):
    name = "slow"

    def call(self, *given):
        time.sleep(0.05)
        return right(*given)


@impls.register
class Rival(Base):
    # So slow that noise makes no other entrant far behind it, and so fast that the slow ones are.
    name = "rival"

    def call(self, *given):
        time.sleep(0.005)
        return right(*given)
"""


def _trial(*entrants: Entrant, max_seconds: float, rivals: tuple[str, ...]) -> Trial:
    """Without a rival, all right entrants are timed in blocks."""
    return Trial(PROBLEM, "fp32", "cpu", entrants, 0, max_seconds, rivals)


def _in_both_layouts(*names: str) -> tuple[Entrant, ...]:
    return tuple(Entrant(name, layout) for name in names for layout in LAYOUTS)


def _require_times(outcome: EntrantOutcome) -> None:
    """Right, and timed in at least two blocks of every draw."""
    assert (outcome.status, outcome.reason, outcome.is_single) == (Status.OK, None, False), outcome
    assert {sample.draw for sample in outcome.samples} == {0, 1, 2}
    assert len(outcome.samples) >= 3 * LEAST_BLOCKS
    assert all(sample.time_s > 0 for sample in outcome.samples)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Entrant, EntrantOutcome]]:
    """All behaviours in both layouts in one trial."""
    path = write_plugin(tmp_path_factory.mktemp("plugin"), BODY)
    names = [
        "good", "exits-later", "raises-later", "refuses-later-plans", "one-element-at-a-time", "slow",
        "slow-remembers", "rival",
    ]  # fmt: skip
    entrants = (*_in_both_layouts(*names), Entrant("hangs-later", "nchw"))
    with Worker(Settings(1, (path,), step_timeout_s=STEP_TIMEOUT_S)) as worker:
        found = worker.trial(_trial(*entrants, max_seconds=1.0, rivals=("rival",)))
        assert [outcome.entrant for outcome in found] == list(entrants)
        # The first process, and one after each that was lost.
        assert worker.processes_started == 3
        yield {outcome.entrant: outcome for outcome in found}


@pytest.mark.parametrize(
    ("entrant", "status", "reason"),
    [
        (Entrant("exits-later", "nhwc"), Status.CRASHED, "exit code 3"),
        (Entrant("hangs-later", "nchw"), Status.TIMEOUT, "one step took more than 4 s"),
        (Entrant("raises-later", "nchw"), Status.FAILED, "RuntimeError: tired (plugin.py, line "),
        (Entrant("refuses-later-plans", "nhwc"), Status.FAILED, "RuntimeError: no more plans"),
        (Entrant("one-element-at-a-time", "nchw"), Status.WRONG, "does it remember results?"),
        (Entrant("one-element-at-a-time", "nhwc"), Status.WRONG, "does it remember results?"),
        (Entrant("slow-remembers", "nchw"), Status.WRONG, "does it remember results?"),
        (Entrant("slow-remembers", "nhwc"), Status.WRONG, "does it remember results?"),
    ],
    ids=str,
)
def test_each_fault_has_its_status_and_no_times(
    outcomes: dict[Entrant, EntrantOutcome], entrant: Entrant, status: Status, reason: str
) -> None:
    outcome = outcomes[entrant]
    assert (outcome.status, outcome.samples) == (status, ()), outcome.reason
    assert reason in (outcome.reason or "")


@pytest.mark.parametrize("entrant", [*_in_both_layouts("good", "rival"), Entrant("exits-later", "nchw")], ids=str)
def test_right_entrants_are_timed_in_both_layouts(outcomes: dict[Entrant, EntrantOutcome], entrant: Entrant) -> None:
    _require_times(outcomes[entrant])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_entrant_far_behind_is_timed_by_one_call(outcomes: dict[Entrant, EntrantOutcome], layout: str) -> None:
    slow = outcomes[Entrant("slow", layout)]
    assert (slow.status, slow.is_single, len(slow.samples)) == (Status.OK, True, 1)
    assert slow.samples[0].time_s >= 0.05


def test_both_layouts_are_timed_in_the_same_blocks(outcomes: dict[Entrant, EntrantOutcome]) -> None:
    places = [
        {(sample.draw, sample.block) for sample in outcomes[entrant].samples}
        for entrant in _in_both_layouts("good", "rival")
    ]
    assert {draw for draw, _ in set.intersection(*places)} == {0, 1, 2}


# (name, why it is wrong); each passes the gate.
CHEATS = {
    "memoising": "the last timed output",
    "memoising-by-version": "the last timed output",
    "memoising-by-checksum": "the last timed output",
    "lazy-later": "the last timed output",
    "spoils-its-weight": "the last timed output",
    "writes-input-later": "the input was written to while it was timed",
}


@pytest.mark.parametrize("max_seconds", [0.3, pytest.param(1e-6, marks=pytest.mark.full)])
def test_cheats_have_no_times_and_the_others_are_timed_without_them(max_seconds: float) -> None:
    entrants = tuple(Entrant(name, "nchw") for name in ("writes-input", *CHEATS, "good", "torch"))
    with Worker(Settings(1, (BROKEN,))) as worker:
        found = {
            o.entrant.implementation: o for o in worker.trial(_trial(*entrants, max_seconds=max_seconds, rivals=()))
        }
        assert worker.processes_started == 1
    assert (found["writes-input"].status, found["writes-input"].reason) == (Status.WRONG, "the input was written to")
    for name, reason in CHEATS.items():
        assert (found[name].status, found[name].samples) == (Status.WRONG, ()), (name, found[name].reason)
        assert reason in (found[name].reason or ""), name
    for name in ("good", "torch"):
        assert found[name].status is Status.OK, found[name].reason
        assert {sample.draw for sample in found[name].samples} == {0, 1, 2}


WATCHES = """
@impls.register
class Watches(Base):
    name = "watches"
    plans = []

    def plan(self, case, weight, bias):
        seen = []
        self.plans.append((case.layout, seen))

        def watching(x):
            seen.append(x.clone())
            return right(x, weight, bias, case)

        return watching


def changes():
    # For each plan: its layout, and from call to call how many input values changed.
    return [[layout, [int((a != b).sum()) for a, b in zip(seen, seen[1:])]] for layout, seen in Watches.plans]
"""


@pytest.mark.parametrize("max_seconds", [0.1, pytest.param(1e-6, marks=pytest.mark.full)])
def test_two_input_values_change_before_every_timed_call(tmp_path: Path, max_seconds: float) -> None:
    entrants = _in_both_layouts("watches", "torch")
    with Worker(Settings(1, (write_plugin(tmp_path, WATCHES),))) as worker:
        found = worker.trial(_trial(*entrants, max_seconds=max_seconds, rivals=()))
        plans = worker.call(Call("convcost_plugin_plugin:changes", {}))
    assert [outcome.status for outcome in found] == [Status.OK] * 4
    for layout in LAYOUTS:
        proven, *draws = [changes for own, changes in plans if own == layout]
        # The gate changes nothing; each of the three timed calls after it changes two values.
        assert proven[-3:] == [2, 2, 2]
        assert set(proven[:-3]) == {0}
        assert len(draws) == 3
        # The last plan is called once more, with all values changed.
        assert draws[-1].pop() > 100
        assert all(2 in changes and all(c == 2 or c > 100 for c in changes) for changes in draws)


@pytest.mark.full
@pytest.mark.parametrize(
    ("body", "error", "said"),
    [
        ("raise RuntimeError('broken plug-in')", UsageError, "RuntimeError: broken plug-in"),
        ("torch.set_num_threads(3)", InfrastructureError, r"torch.get_num_threads\(\) did not take effect"),
    ],
)
def test_a_refused_plugin_or_setting_is_an_error(tmp_path: Path, body: str, error: type[Exception], said: str) -> None:
    with Worker(Settings(1, (write_plugin(tmp_path, body),))) as worker, pytest.raises(error, match=said):
        worker.trial(_trial(Entrant("torch", "nchw"), max_seconds=0.1, rivals=()))


def test_rivals_decide_which_entrants_are_far_behind() -> None:
    fast, slow, far = Entrant("a", "nchw"), Entrant("b", "nchw"), Entrant("c", "nchw")
    calls_s = {fast: 1.0, slow: 3.0, far: 1.01 * FAR_BEHIND}
    assert _near(calls_s, ("a",)) == [fast, slow]
    # The slowest rival counts, in its better layout.
    assert _near(calls_s, ("a", "b")) == [fast, slow, far]
    assert _near({**calls_s, Entrant("a", "nhwc"): 100.0}, ("a",)) == [fast, slow]
    # Without a rival's time, all are timed.
    assert _near(calls_s, ("d",)) == [fast, slow, far]
